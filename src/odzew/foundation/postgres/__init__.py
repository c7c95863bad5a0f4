"""A PostgreSQL of our own in the data folder, for a desk that was not given one.

`ensure` attaches to the cluster in `data/postgres` if it runs, else starts it and stops it afterwards; `throwaway` gives one in a
temporary folder; `check_server` says whether a server that somebody else runs is new enough. What lies where:

- `data/postgres`           the cluster (0700), with checksums, letters sorted and folded by Unicode whatever LANG says
- `data/postgres.password`  the random password (0600); the only way in is the socket with this password (scram)
- `data/postgres.log`       the server's log, kept small; never holds a statement, a parameter or a value
- `data/postgres.lock`      held while somebody is starting or attaching
- `data/postgres.held`      held by every process of a running cluster, so that a free one proves that nobody runs it
- `data/postgres.elsewhere` only if the cluster had to be put under `/var/lib/odzew` (see `accounts`): where it is

The server is a child of a small keeper process, which is a child of whoever called `ensure`. It outlives neither: when the caller
dies, however it dies, the keeper stops the server in order; when the keeper is killed, the kernel does it.
"""

from odzew.foundation.postgres.binaries import Binaries, check_server, find_binaries
from odzew.foundation.postgres.cluster import Running, ensure, throwaway

__all__ = ["Binaries", "Running", "check_server", "ensure", "find_binaries", "throwaway"]
