"""`odzew bench hash`: pictures from bytes to PDQ, beside Pillow with pdqhash, in processor time on one core.

The peer is what most programs do: decode with Pillow, hand the pixels to `pdqhash.compute`. Without pdqhash (the extra `odzew[peers]`;
on some Pythons it has to be compiled) the figures stand alone.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image

from odzew.entrypoints.bench.data import Figure, lower_is_better, median
from odzew.entrypoints.bench.processor import in_turns, one_processor
from odzew.hashing.api import hash_picture, warm
from odzew.hashing.data import Mode
from odzew.hashing.pdq import pdq_of_grey, pdq_of_rgb

ROUNDS: Final = 5
PEER: Final = "Pillow and pdqhash"
SIZES: Final[Mapping[str, tuple[int, int]]] = {"0.3 MP": (640, 480), "2 MP": (1800, 1200), "12 MP": (4000, 3000)}
QUALITIES: Final = (75, 85, 92)
_UNIT: Final = "ms"


def run(*, full: bool = False) -> list[Figure]:
    """Measure JPEG at three sizes, PNG and WebP at 2 MP, and the kernel alone; `full`: three times as many pictures and rounds."""
    pictures, rounds = (9, 3 * ROUNDS) if full else (3, ROUNDS)
    warm()
    with one_processor():
        figures = [figure for name, size in SIZES.items() for figure in _jpeg(name, size, pictures, rounds)]
        for form, how in (("PNG", {}), ("WebP", {"quality": 80})):
            figures += _other(form, how, pictures, rounds)
        figures += _kernel(rounds)
    return figures


def photo(*, seed: int, size: tuple[int, int]) -> Image.Image:
    """Make something with the statistics of a photograph: soft light and colour, finer detail ever fainter, grain."""
    rng, (width, height) = np.random.default_rng(seed), size
    total, cells = np.zeros((height, width, 3), np.float32), 4
    while cells < max(size):
        rows, columns = max(2, cells * height // max(size)), max(2, cells * width // max(size))
        light = rng.normal(size=(rows, columns, 1)) + 0.3 * rng.normal(size=(rows, columns, 3))
        planes = [Image.fromarray(light[:, :, c].astype(np.float32)).resize(size, Image.Resampling.BICUBIC) for c in range(3)]
        total += np.stack([np.asarray(plane) for plane in planes], axis=2) / cells**0.9
        cells *= 2
    shown = (total - total.mean()) / total.std() * 50 + 120 + 4 * rng.standard_normal((height, width, 1), np.float32)
    return Image.fromarray(np.clip(shown, 0, 255).astype(np.uint8))


def _jpeg(name: str, size: tuple[int, int], pictures: int, rounds: int) -> list[Figure]:
    files = [_encoded(photo(seed=n, size=size), "JPEG", {"quality": QUALITIES[n % 3]}) for n in range(pictures)]
    return _beside(f"JPEG, {name}", files, ("exact", "fast"), rounds)


def _other(form: str, how: Mapping[str, Any], pictures: int, rounds: int) -> list[Figure]:
    files = [_encoded(photo(seed=n, size=SIZES["2 MP"]), form, how) for n in range(pictures)]
    return _beside(f"{form}, 2 MP", files, ("exact",), rounds)


def _encoded(image: Image.Image, form: str, how: Mapping[str, Any]) -> bytes:
    file = BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


def _beside(name: str, files: list[bytes], modes: tuple[Mode, ...], rounds: int) -> list[Figure]:
    """Hash each file in each mode, in turns with the peer; say also in how many bits the exact hashes differ from the peer's."""
    spent: dict[str, list[float]] = {}
    for data in files:
        ways: dict[str, Callable[[], object]] = {mode: partial(hash_picture, data=data, mode=mode) for mode in modes}
        if find_spec("pdqhash"):
            ways[PEER] = partial(_peer, data)
        for way, times in in_turns(ways=ways, rounds=rounds).items():
            spent.setdefault(way, []).extend(times)
    figures = [_figure(f"{name}, {mode}", spent[mode], spent.get(PEER)) for mode in modes]
    if PEER in spent:
        apart = sum((int.from_bytes(hash_picture(data=d).pdq.bits) ^ int.from_bytes(_peer(d)[0])).bit_count() for d in files)
        figures.append(
            Figure(figure=f"{name}, bits apart", ours=apart, peer=0, ratio=None, unit="bits", peer_name=PEER, n=len(files))
        )
    return figures


def _kernel(rounds: int) -> list[Figure]:
    """Hash pixels that are already decoded."""
    figures = []
    for name, size in SIZES.items():
        colours = np.asarray(photo(seed=1, size=size))
        grey = np.ascontiguousarray(colours[:, :, 1])
        same = np.repeat(grey[:, :, None], 3, axis=2)
        for what, ours, pixels in (
            ("RGB", partial(pdq_of_rgb, pixels=colours), colours),
            ("grey", partial(pdq_of_grey, plane=grey), same),
        ):
            ways: dict[str, Callable[[], object]] = {"ours": ours}
            if find_spec("pdqhash"):
                ways["peer"] = partial(importlib.import_module("pdqhash").compute, pixels)
            spent = in_turns(ways=ways, rounds=rounds)
            figures.append(_figure(f"{what} pixels, {name}", spent["ours"], spent.get("peer"), "pdqhash"))
    return figures


def _peer(data: bytes) -> tuple[bytes, int]:
    with Image.open(BytesIO(data)) as image:
        bits, quality = importlib.import_module("pdqhash").compute(np.asarray(image.convert("RGB")))
    return np.packbits(bits.astype(np.uint8)).tobytes(), int(quality)


def _figure(name: str, ours: list[float], peer: list[float] | None, peer_name: str = PEER) -> Figure:
    mine = 1000 * median(values=ours)
    if not peer:
        return Figure(figure=name, ours=mine, peer=None, ratio=None, unit=_UNIT, peer_name="pdqhash: absent", n=len(ours))
    theirs = 1000 * median(values=peer)
    return lower_is_better(figure=name, ours=mine, peer=theirs, unit=_UNIT, peer_name=peer_name, n=len(ours))
