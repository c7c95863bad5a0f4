"""How the fast hash of a picture's JPEG compares with the exact one.

`python -m tests.hashing.near 1000` prints the distribution that docs/hashing.md states.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from odzew.hashing.api import hash_picture
from odzew.hashing.data import Mode
from odzew.hashing.turns import TURNS, turned_of_bits
from tests.hashing.corpus import KINDS, picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One picture: `bits` between its fast and its exact hash, the quality of both, and which way "fast" took.

    `turned_bits` is the most of its eight orientations; `estimated` how far estimates of the seven others, from its bits alone, are off.
    """

    number: int
    bits: int
    turned_bits: int
    estimated: tuple[int, ...]
    steady: bool
    quality: int
    fast_quality: int
    mode: Mode


def jpeg(number: int) -> bytes:
    """Encode picture `number` in one of many ways: qualities, colour sampling, progressive, grey, turned by EXIF."""
    rng = np.random.default_rng([number, 21])
    image = picture(number).convert("L") if number % 11 == 5 else picture(number)
    exif = Image.Exif()
    exif[0x112] = int(rng.integers(1, 9)) if rng.integers(5) == 0 else 1
    quality, file = int(rng.choice([50, 65, 75, 85, 92, 97])), BytesIO()
    progressive = bool(rng.integers(6) == 0) and quality < 90  # Pillow's buffer is too short for larger ones
    image.save(file, "JPEG", quality=quality, subsampling=int(rng.choice([0, 1, 2, 2])), progressive=progressive, exif=exif)
    return file.getvalue()


def compared(number: int) -> Compared:
    """Hash picture `number` both ways."""
    data = jpeg(number)
    exact, fast = (hash_picture(data=data, mode=mode, turned=True) for mode in ("exact", "fast"))
    apart = [between(a, b) for a, b in zip(exact.turned, fast.turned, strict=True)]
    upright = hash_picture(data=data, mode="fast")
    return Compared(
        number=number,
        bits=between(exact.pdq.bits, upright.pdq.bits),
        turned_bits=max(apart),
        estimated=tuple(map(between, turned_of_bits(bits=exact.pdq.bits)[1:], exact.turned[1:])),
        steady=exact.steady,
        quality=exact.pdq.quality,
        fast_quality=upright.pdq.quality,
        mode=upright.mode,
    )


def between(one: bytes, other: bytes) -> int:
    """Return in how many bits two hashes differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def report(found: list[Compared]) -> Iterator[str]:
    """Say the distribution in lines of text."""
    good = [one for one in found if one.quality >= 50]
    quick = [one for one in good if one.mode == "fast"]
    yield f"{len(found):,} pictures, {len(good):,} of quality 50 or more, {len(good) - len(quick):,} of these hashed the exact way"
    for name, bits in (("upright", [one.bits for one in good]), ("worst of eight", [one.turned_bits for one in good])):
        p50, p95, p99 = np.percentile(bits, [50, 95, 99])
        yield f"{name}: mean {np.mean(bits):.2f}, p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f}, most {max(bits)}"
        yield "  bits: pictures   " + ", ".join(f"{b}: {n}" for b, n in sorted(Counter(bits).items()))
    apart = [abs(one.quality - one.fast_quality) for one in good]
    yield f"quality apart: mean {np.mean(apart):.2f}, most {max(apart)}"
    steady = [one for one in good if one.steady]
    yield f"steady: {len(steady):,} of {len(good):,}"
    for turn, off in zip(TURNS[1:], zip(*(one.estimated for one in steady), strict=True), strict=True):
        p50, p95 = np.percentile(off, [50, 95])
        missed = sum(bits > 31 for bits in off) / len(off)
        yield f"{turn} from bits alone: mean {np.mean(off):.1f}, p50 {p50:.0f}, p95 {p95:.0f}, most {max(off)}, over 31: {missed:.1%}"
    left = Counter(KINDS[one.number % len(KINDS)].__name__.strip("_") for one in good if one.mode == "exact")
    yield "the exact way: " + ", ".join(f"{kind} {n}" for kind, n in left.most_common())


if __name__ == "__main__":
    print("\n".join(report([compared(number) for number in range(int(sys.argv[1]))])))
