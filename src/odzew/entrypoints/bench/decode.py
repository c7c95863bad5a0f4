"""`odzew bench decode`: what it costs that files are opened in confined children, against opening them in the process that asks."""

from __future__ import annotations

import io
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from odzew.entrypoints.bench.data import Figure, lower_is_better, median

if TYPE_CHECKING:
    from odzew.matching.decoder.pool import Decoder

FILES: Final = 60
STARTS: Final = 20
MOST_MORE_MS: Final = 1.0
MOST_BOMB_MS: Final = 500.0
_SIDE: Final = 65_536


def run(*, full: bool = False) -> list[Figure]:
    """Measure, on one child: processor time more than without one, refusing a bomb, and starting a child. Wants a quiet machine."""
    from odzew.matching.decoder.data import Limits
    from odzew.matching.decoder.pool import Decoder

    count = FILES * 10 if full else FILES
    photograph, explosive = _photograph(), bomb()
    with Decoder(children=1, limits=Limits(files=1 << 30)) as decoder:
        more = _more(decoder, photograph, count)
        decoder.hashes(data=explosive)
        refusals = [_milliseconds(lambda: decoder.hashes(data=explosive)) for _ in range(STARTS)]
    with Decoder(children=1, limits=Limits(files=1)) as decoder:
        decoder.hashes(data=b"x")
        starts = [_milliseconds(lambda: decoder.hashes(data=b"x")) for _ in range(STARTS)]
    return [
        lower_is_better(
            figure="more_for_a_photograph",
            ours=median(values=more),
            peer=MOST_MORE_MS,
            unit="ms",
            peer_name=f"the limit; a JPEG of {len(photograph) // 1000} kB, processor time",
            n=count,
        ),
        lower_is_better(
            figure="refusing_12_gibibytes",
            ours=median(values=refusals),
            peer=MOST_BOMB_MS,
            unit="ms",
            peer_name=f"the limit; a PNG of {len(explosive) // 1000} kB",
            n=STARTS,
        ),
        Figure(figure="a_new_child", ours=median(values=starts), peer=None, ratio=None, unit="ms", peer_name="", n=STARTS),
    ]


def bomb() -> bytes:
    """Return a PNG of about 500 kB whose 65,536 x 65,536 pixels would be 12 GiB in RGB; made without ever holding them."""
    row, block = 1 + _SIDE // 8, 1 << 20
    count = row * _SIDE
    packer = zlib.compressobj(9)
    first = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(block)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(bytes(count % block)) + packer.flush(zlib.Z_FINISH)
    check = struct.pack(">I", count % 65_521 << 16 | 1)
    size = struct.pack(">IIBBBBB", _SIDE, _SIDE, 1, 0, 0, 0, 0)
    data = first + again * (count // block - 1) + last[:-4] + check
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _photograph() -> bytes:
    """Return a JPEG of about 600 kB and 2 megapixels: waves and grain."""
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[0:1200, 0:1700].astype(np.float32)
    planes = [np.sin((n + 2) * x / 190 + y / 310) * np.cos((n + 1) * y / 230) * 110 + 128 for n in range(3)]
    grain = np.random.default_rng(5).normal(0, 9, (1200, 1700, 1))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.stack(planes, 2) + grain, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()


def _more(decoder: Decoder, data: bytes, count: int) -> list[float]:
    """Return for each file the processor milliseconds of both processes less those of opening it here, in turns."""
    from odzew.hashing.api import hash_file

    found = []
    for number in range(count + 5):
        begun = time.process_time_ns()
        hash_file(data=data)
        here = time.process_time_ns() - begun
        decoder.hashes(data=b"x")
        child = decoder.processes()[1]
        begun, before = time.process_time_ns(), _used(child)
        decoder.hashes(data=data)
        there = time.process_time_ns() - begun + _used(child) - before
        if number >= 5:
            found.append((there - here) / 1e6)
    return found


def _used(pid: int) -> int:
    """Return the processor time of a process, in nanoseconds."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0])


def _milliseconds(deed: Callable[[], object]) -> float:
    begun = time.perf_counter()
    deed()
    return (time.perf_counter() - begun) * 1000
