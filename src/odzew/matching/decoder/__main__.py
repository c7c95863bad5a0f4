"""`python -m odzew.matching.decoder SOCKET OWNER LIMITS`: the decoder's server; started by `pool.py` alone."""

from __future__ import annotations

import json
import signal
import socket
import sys

from odzew.matching.decoder.data import Limits
from odzew.matching.decoder.server import Server


def main() -> None:
    """Serve the process `OWNER` over the inherited descriptor `SOCKET` until it is gone; `LIMITS` are in JSON."""
    fd, owner, words = sys.argv[1:4]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Server(link=socket.socket(fileno=int(fd)), owner=int(owner), limits=Limits(**json.loads(words))).run()


if __name__ == "__main__":
    main()
