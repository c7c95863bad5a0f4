"""The hashes that the reference gives for `patterns`: `python -m tests.hashing.golden` writes golden.json where `pdqhash` is installed."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from odzew.hashing.orientation import upright
from odzew.hashing.turns import AS_ORIENTATION
from tests.hashing.patterns import KINDS, Pixels, pattern

FILE: Final = Path(__file__).with_name("golden.json")
SIDES: Final = (1, 4, 5, 6, 31, 63, 64, 65, 100, 127, 128, 129, 191, 255, 257, 300, 512, 513, 700, 1023, 1025, 1500, 2047, 3000)


def wanted() -> Iterator[dict[str, Any]]:
    """Name the patterns: every kind at sides from 1 to 3,000, odd and even, square, tall and flat."""
    for n in range(160):
        side, other = SIDES[n % len(SIDES)], SIDES[(n * 7 + n // 24) % len(SIDES)]
        if side * other <= 1_600_000:
            yield {"kind": KINDS[(n + n // 24) % len(KINDS)], "seed": n, "height": side, "width": other}


def theirs(pixels: Pixels) -> tuple[str, int]:
    """Hash with the reference, in hex, and its quality."""
    bits, quality = importlib.import_module("pdqhash").compute(np.ascontiguousarray(pixels))
    return np.packbits(bits.astype(np.uint8)).tobytes().hex(), int(quality)


def their_dihedral(pixels: Pixels) -> list[str]:
    """Return the reference's eight estimates."""
    found, _ = importlib.import_module("pdqhash").compute_dihedral(np.ascontiguousarray(pixels))
    return [np.packbits(bits.astype(np.uint8)).tobytes().hex() for bits in found]


def main() -> None:
    """Write golden.json."""
    rows = []
    for name in wanted():
        pixels = pattern(**name)
        pdq, quality = theirs(pixels)
        row = name | {"pdq": pdq, "quality": quality}
        if name["seed"] % 2:
            row["turned"] = [theirs(upright(pixels=pixels, orientation=o))[0] for o in AS_ORIENTATION]
        elif min(pixels.shape[:2]) >= 5:
            row["dihedral"] = their_dihedral(pixels)
        rows.append(row)
    FILE.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n", encoding="utf-8")
    print(f"{len(rows)} patterns")


if __name__ == "__main__":
    main()
