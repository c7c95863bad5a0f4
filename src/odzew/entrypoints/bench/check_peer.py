"""The peer of `odzew bench check`: python-threatexchange's index behind the barest HTTP server that can be, in one process.

No key is checked, nothing is counted, no database is asked. `python -m odzew.entrypoints.bench.check_peer PORT HASHES` serves the
hashes of a file of 32 bytes each: `POST /hash` takes one hash in hex, `POST /file` a picture; the answer is how many hits there are.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

from odzew.entrypoints.bench.load import LENGTH
from odzew.entrypoints.bench.peers import Peer, pdq_index


class Bare(asyncio.Protocol):
    """One connection: a request is answered as soon as it is whole."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._got = bytearray()
        self._to: asyncio.WriteTransport | None = None

    def connection_made(self, transport: Any) -> None:
        """Keep where answers go."""
        self._to = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is whole by now."""
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0 or self._to is None:
            return
        length = LENGTH.search(self._got, 0, end)
        body = bytes(self._got[end + 4 :])
        if length is None or len(body) < int(length[1]):
            return
        by_file = self._got.startswith(b"POST /file")
        self._got.clear()
        said = b'{"hits":%d}' % self._peer.ask(_hashed(body) if by_file else body.decode("ascii"))
        self._to.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said) + said)


def _hashed(data: bytes) -> str:
    found: tuple[str, int] = importlib.import_module("threatexchange.signal_type.pdq.pdq_hasher").pdq_from_bytes(data)
    return found[0]


async def serve(*, port: int, peer: Peer) -> None:
    """Serve this machine until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Bare(peer), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the hashes, fill the index, serve."""
    port, path = int(sys.argv[1]), Path(sys.argv[2])
    words = np.frombuffer(path.read_bytes(), np.uint64).reshape(-1, 4)
    asyncio.run(serve(port=port, peer=pdq_index(words)))


if __name__ == "__main__":
    main()
