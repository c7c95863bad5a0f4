"""`python -m odzew.matching.decoder SOCKET OWNER MEMORY SECONDS FILES`: the decoder's server; started by `pool.py` alone."""

from __future__ import annotations

import signal
import socket
import sys

from odzew.matching.decoder.data import Limits
from odzew.matching.decoder.server import Server


def main() -> None:
    """Serve the process `OWNER` over the inherited descriptor `SOCKET` until it is gone."""
    link, owner, memory, seconds, files = map(int, sys.argv[1:6])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limits = Limits(memory_bytes=memory, processor_seconds=seconds, files=files)
    Server(link=socket.socket(fileno=link), owner=owner, limits=limits).run()


if __name__ == "__main__":
    main()
