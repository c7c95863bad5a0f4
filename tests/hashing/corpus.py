"""Varied benign pictures made by code: picture N is the same on every machine, up to rounding.

Fourteen kinds in turn: soft noise as in photographs, gradients, weaves, pages of text, bridges and chairs in lines, screens with windows,
fractals, blurred lights, blends, mosaics, charts, hills in haze, interference, plaids.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Field = NDArray[np.float64]
Rng = np.random.Generator
_FONTS: Final = {size: ImageFont.load_default(size) for size in (9, 12, 16, 22, 34)}
_WORDS: Final = [
    "bridge",
    "chair",
    "pen",
    "river",
    "stone",
    "lamp",
    "window",
    "garden",
    "paper",
    "tree",
    "table",
    "cloud",
    "harbour",
    "kettle",
    "ladder",
]


def picture(number: int, size: tuple[int, int] | None = None) -> Image.Image:
    """Make picture `number`, in RGB; of a size of its own, or of `size` (width, height)."""
    rng = np.random.default_rng([number, 20])
    width, height = size or _size(number, rng)
    return KINDS[number % len(KINDS)](rng, width, height)


def _size(number: int, rng: Rng) -> tuple[int, int]:
    short = int(2 ** rng.uniform(6.5, 10.3)) if number % 41 != 40 else int(rng.integers(2048, 2200))
    long = int(short * rng.choice([1.0, 1.25, 4 / 3, 1.5, 16 / 9])) + int(rng.integers(0, 3))
    return (long, short) if rng.integers(3) else (short, long)


def _clipped(values: Field) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _colour(rng: Rng) -> tuple[int, int, int]:
    red, green, blue = rng.integers(0, 256, 3)
    return int(red), int(green), int(blue)


def _grid(width: int, height: int) -> tuple[Field, Field]:
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    return y, x


def _octaves(rng: Rng, width: int, height: int, roughness: float) -> Field:
    """Sum random planes from coarse to fine; the finer, the fainter."""
    total, cells = np.zeros((height, width)), 3
    while cells < max(width, height):
        rows, columns = max(2, cells * height // max(width, height)), max(2, cells * width // max(width, height))
        plane = Image.fromarray(rng.normal(size=(rows, columns)).astype(np.float32))
        total += np.asarray(plane.resize((width, height), Image.Resampling.BICUBIC)) / cells**roughness
        cells *= 2
    return np.asarray((total - total.mean()) / (total.std() + 1e-9))


def _noise(rng: Rng, width: int, height: int) -> Image.Image:
    roughness = rng.uniform(0.7, 1.3)
    light = _octaves(rng, width, height, roughness) * rng.uniform(25, 60) + rng.uniform(80, 170)
    tint = [_octaves(rng, width, height, roughness + 0.2) * rng.uniform(2, 25) for _ in range(3)]
    return _clipped(np.stack([light + t for t in tint], axis=2) + rng.normal(size=(height, width, 1)) * rng.uniform(0, 5))


def _gradient(rng: Rng, width: int, height: int) -> Image.Image:
    y, x = _grid(width, height)
    ramp = (x / width * rng.uniform(-1, 1) + y / height * rng.uniform(-1, 1)) ** rng.integers(1, 4)
    disc = np.hypot(x / width - rng.uniform(), y / height - rng.uniform())
    return _clipped(np.stack([128 + rng.uniform(-200, 200) * ramp + rng.uniform(-150, 150) * disc for _ in range(3)], axis=2))


def _weave(rng: Rng, width: int, height: int) -> Image.Image:
    y, x = _grid(width, height)
    bend = _octaves(rng, width, height, 1.5) * rng.uniform(1, 25)
    threads = np.sin((x + bend) / rng.uniform(1.5, 20)) + np.sin((y - bend) / rng.uniform(1.5, 20))
    shade = _octaves(rng, width, height, 1.1) * rng.uniform(5, 40)
    base = rng.uniform(60, 190, 3)
    return _clipped(base + (threads * rng.uniform(10, 40) + shade)[:, :, None] * rng.uniform(0.6, 1.2, 3))


def _text(rng: Rng, width: int, height: int) -> Image.Image:
    page = Image.new("RGB", (width, height), "white" if rng.integers(2) else _colour(rng))
    draw, y = ImageDraw.Draw(page), int(rng.integers(2, 20))
    while y < height:
        size = int(rng.choice(list(_FONTS)))
        words = " ".join(rng.choice(_WORDS, int(rng.integers(1, 3 + width // (4 * size)))))
        ink = int(rng.integers(0, 90))
        draw.text((int(rng.integers(2, 3 + width // 6)), y), words, fill=(ink, ink, ink), font=_FONTS[size])
        y += int(size * rng.uniform(1.1, 2.5))
    return page


def _lines(rng: Rng, width: int, height: int) -> Image.Image:
    sheet = Image.new("RGB", (width, height), tuple(int(v) for v in rng.integers(200, 256, 3)))
    draw, pen = ImageDraw.Draw(sheet), int(rng.integers(1, 5))
    deck, left, right = height * rng.uniform(0.5, 0.8), width * 0.05, width * 0.95
    draw.line((0, deck, width, deck), fill=(30, 30, 40), width=pen * 2)
    for tower in (width * rng.uniform(0.2, 0.35), width * rng.uniform(0.65, 0.8)):
        top = height * rng.uniform(0.1, 0.3)
        draw.line((tower, top, tower, height), fill=_colour(rng), width=pen * 3)
        for foot in np.linspace(left, right, int(rng.integers(8, 30))):
            draw.line((tower, top, foot, deck), fill=(60, 60, 70), width=pen)
    for _ in range(rng.integers(1, 4)):
        x, y, seat = rng.uniform(0, width), rng.uniform(height * 0.6, height), height * rng.uniform(0.06, 0.2)
        for line in ((x, y, x, y - 2 * seat), (x, y - seat, x + seat, y - seat), (x + seat, y - seat, x + seat, y)):
            draw.line(line, fill=_colour(rng), width=pen * 2)
    return sheet


def _screen(rng: Rng, width: int, height: int) -> Image.Image:
    desk = Image.new("RGB", (width, height), _colour(rng))
    draw = ImageDraw.Draw(desk)
    for _ in range(rng.integers(3, 9)):
        x, y = int(rng.integers(-20, width)), int(rng.integers(-20, height))
        w, h = int(rng.integers(30, 30 + width // 2)), int(rng.integers(30, 30 + height // 2))
        draw.rounded_rectangle((x, y, x + w, y + h), 8, fill=tuple(int(v) for v in rng.integers(180, 256, 3)), outline=(90, 90, 90))
        draw.rectangle((x, y, x + w, y + 14), fill=_colour(rng))
        for row in range(y + 22, y + h - 8, 16):
            draw.text((x + 8, row), str(rng.choice(_WORDS)), fill=(20, 20, 20), font=_FONTS[12])
            draw.rectangle((x + w // 2, row, x + w - 8, row + 9), fill=_colour(rng))
    return desk


def _fractal(rng: Rng, width: int, height: int) -> Image.Image:
    side = max(width, height)
    y, x = _grid(width // 2 + 1, height // 2 + 1)
    z = ((x - width / 4) + 1j * (y - height / 4)) / side * rng.uniform(3, 7)
    c, steps = complex(rng.uniform(-0.8, -0.1), rng.uniform(0.3, 0.75)), np.zeros(z.shape)
    for _ in range(40):
        inside = np.abs(z) < 4
        z = np.where(inside, z * z + c, z)
        steps += inside
    small = _clipped(steps[:, :, None] * rng.uniform(2, 6.3, 3))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def _lights(rng: Rng, width: int, height: int) -> Image.Image:
    night = Image.new("RGB", (width, height), tuple(int(v) for v in rng.integers(0, 70, 3)))
    draw = ImageDraw.Draw(night)
    for _ in range(rng.integers(8, 50)):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), min(width, height) * rng.uniform(0.02, 0.2)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=_colour(rng))
    return night.filter(ImageFilter.BoxBlur(min(width, height) * rng.uniform(0.005, 0.05)))


def _blend(rng: Rng, width: int, height: int) -> Image.Image:
    makers = [KINDS[int(n)] for n in rng.choice([0, 1, 2, 5, 7, 9, 11, 12], 2, replace=False)]
    one, other = (make(rng, width, height) for make in makers)
    mask = _clipped(128 + 90 * _octaves(rng, width, height, 1.4))
    return Image.composite(one, other, mask)


def _mosaic(rng: Rng, width: int, height: int) -> Image.Image:
    cells = rng.integers(0, 256, (int(rng.integers(3, 40)), int(rng.integers(3, 40)), 3), dtype=np.uint8)
    tiles = Image.fromarray(cells).resize((width, height), Image.Resampling.NEAREST)
    return tiles.rotate(float(rng.uniform(0, 90)), Image.Resampling.BILINEAR, fillcolor=_colour(rng))


def _chart(rng: Rng, width: int, height: int) -> Image.Image:
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    bars = int(rng.integers(4, 25))
    for n in range(bars):
        x, top = width * (0.08 + 0.9 * n / bars), height * rng.uniform(0.1, 0.85)
        draw.rectangle((x, top, x + width * 0.7 / bars, height * 0.9), fill=_colour(rng))
    for level in np.linspace(0.1, 0.9, 6):
        draw.line((width * 0.05, height * level, width, height * level), fill=(190, 190, 190))
        draw.text((2, height * level), f"{level:.1f}", fill=(0, 0, 0), font=_FONTS[9])
    points = [(width * t, height * (0.5 + 0.1 * rng.normal())) for t in np.linspace(0.08, 0.98, 40)]
    draw.line(points, fill=_colour(rng), width=3)
    return sheet


def _hills(rng: Rng, width: int, height: int) -> Image.Image:
    y, _ = _grid(width, height)
    view = np.stack([180 + 60 * y / height - shade for shade in rng.uniform(0, 70, 3)], axis=2)
    for depth in range(1, int(rng.integers(3, 7))):
        ridge = _octaves(rng, width, 2, 1.0)[0] * height * 0.08 + height * (0.3 + 0.12 * depth)
        ground = _octaves(rng, width, height, 0.8) * 9 + 150 - 22 * depth
        view = np.where((y > ridge)[:, :, None], ground[:, :, None] * rng.uniform(0.7, 1.1, 3), view)
    return _clipped(view + rng.normal(size=view.shape) * rng.uniform(0, 4))


def _waves(rng: Rng, width: int, height: int) -> Image.Image:
    y, x = _grid(width, height)
    total = np.zeros((height, width))
    for _ in range(rng.integers(2, 6)):
        away = np.hypot(x - rng.uniform(-1, 2) * width, y - rng.uniform(-1, 2) * height)
        total += np.sin(away / rng.uniform(4, 60))
    return _clipped(rng.uniform(90, 160, 3) + total[:, :, None] * rng.uniform(15, 60, 3))


def _plaid(rng: Rng, width: int, height: int) -> Image.Image:
    across, down = (np.repeat(rng.uniform(0, 255, (40, 3)), n // 40 + 1, axis=0)[:n] for n in (width, height))
    share = rng.uniform(0.3, 0.7)
    return _clipped(share * across[None, :, :] + (1 - share) * down[:, None, :])


KINDS: Final[tuple[Callable[[Any, int, int], Image.Image], ...]] = (
    _noise, _gradient, _weave, _text, _lines, _screen, _fractal, _lights, _blend, _mosaic, _chart, _hills, _waves, _plaid,
)  # fmt: skip
