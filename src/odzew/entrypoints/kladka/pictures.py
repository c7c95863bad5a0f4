"""Draws harmless pictures: bridges over rivers, and patterns. The same seed gives the same picture."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from PIL import Image, ImageDraw, ImageFilter

Colour: TypeAlias = tuple[int, int, int]
Size: TypeAlias = tuple[int, int]
Format: TypeAlias = Literal["PNG", "JPEG"]
SIZE: Final[Size] = (960, 720)
FINER: Final = 2
# sky above, sky below, sun, far hills, near hills, water, bridge
SCENES: Final[tuple[tuple[str, ...], ...]] = (
    ("#f6c9a0", "#fbeedb", "#fff4dc", "#d9a58c", "#a8705f", "#e2b596", "#4a2f35"),
    ("#8fb8c4", "#f4e7d3", "#fff6e3", "#9db4a8", "#5f7f73", "#a9c6c8", "#2f4348"),
    ("#7b6a8e", "#f2c1a7", "#ffe6c4", "#8f7590", "#594a68", "#b995a2", "#2d2438"),
    ("#c9d8c5", "#fbf3df", "#fffbea", "#a9bf9c", "#6f8c62", "#bcd0c0", "#7a3b2a"),
    ("#e8a87c", "#f9dcc0", "#fff1d6", "#c38370", "#84534f", "#d89f80", "#3b2b3c"),
    ("#a3c4d9", "#f7efe4", "#ffffff", "#b4c3cc", "#6c8596", "#b3cdd9", "#9a4a2f"),
)


def bridge(*, seed: int, size: Size = SIZE, kind: str | None = None, form: Format = "PNG") -> bytes:
    """Draw a bridge: `truss`, `arch`, `suspension`, `footbridge` or, without a kind, the one that belongs to the seed."""
    if kind is not None and kind not in BRIDGES:
        raise ValueError(f"a bridge is one of {', '.join(BRIDGES)}")
    chance = random.Random(f"bridge {seed}")  # noqa: S311
    chosen = kind or list(BRIDGES)[seed % len(BRIDGES)]
    colours = [_colour(text) for text in chance.choice(SCENES)]
    wide, high = size[0] * FINER, size[1] * FINER
    canvas = _sky(wide, high, colours[0], colours[1])
    draw = ImageDraw.Draw(canvas)
    horizon = int(high * chance.uniform(0.55, 0.70))
    _sun(draw, chance, wide, horizon, colours[2])
    _hills(draw, chance, wide, horizon, colours[3], high * 0.20)
    _hills(draw, chance, wide, horizon, colours[4], high * 0.10)
    _trees(draw, chance, wide, horizon, colours[4])
    deck = horizon - int(high * chance.uniform(0.08, 0.13))
    BRIDGES[chosen](draw, chance, wide, high, deck, horizon, colours[6])
    _water(canvas, chance, horizon, colours[5])
    _banks(draw, chance, wide, high, horizon, colours[4])
    return _finish(canvas, size, form)


def pattern(*, seed: int, size: Size = SIZE, form: Format = "PNG") -> bytes:
    """Draw a calm pattern of tiles, waves or rings."""
    chance = random.Random(f"pattern {seed}")  # noqa: S311
    colours = [_colour(text) for text in chance.choice(SCENES)]
    canvas = Image.new("RGB", (size[0] * FINER, size[1] * FINER), colours[1])
    PATTERNS[seed % len(PATTERNS)](canvas, chance, colours)
    return _finish(canvas, size, form)


def _colour(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _mix(one: Colour, other: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _finish(canvas: Image.Image, size: Size, form: Format) -> bytes:
    out = io.BytesIO()
    canvas.resize(size, Image.Resampling.LANCZOS).save(
        out, format=form, optimize=True, **({"quality": 88} if form == "JPEG" else {})
    )
    return out.getvalue()


def _sky(wide: int, high: int, above: Colour, below: Colour) -> Image.Image:
    column = Image.new("RGB", (1, high))
    column.putdata([_mix(above, below, min(1.0, y / (high * 0.65))) for y in range(high)])
    return column.resize((wide, high))


def _sun(draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, horizon: int, colour: Colour) -> None:
    x, y, r = wide * chance.uniform(0.15, 0.85), horizon * chance.uniform(0.25, 0.5), wide * chance.uniform(0.04, 0.07)
    draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _hills(draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, horizon: int, colour: Colour, tall: float) -> None:
    waves = [(chance.uniform(0.6, 3.4), chance.uniform(0, math.tau), chance.uniform(0.3, 1)) for _ in range(3)]
    weight = sum(part for _, _, part in waves)
    line = [
        (
            x,
            horizon
            - tall
            * (0.55 + 0.45 * sum(part * math.sin(often * x / wide * math.tau + shift) for often, shift, part in waves) / weight),
        )
        for x in range(0, wide + 8, 8)
    ]
    draw.polygon([(0, horizon), *line, (wide, horizon)], fill=colour)


def _trees(draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, horizon: int, colour: Colour) -> None:
    dark = _mix(colour, (20, 25, 30), 0.22)
    for _ in range(chance.randint(14, 26)):
        side = chance.random()
        x = wide * (side * 0.24 if chance.random() < 0.5 else 1 - side * 0.24)
        tall = wide * chance.uniform(0.02, 0.06)
        if chance.random() < 0.5:
            draw.polygon([(x - tall * 0.32, horizon), (x, horizon - tall * 1.5), (x + tall * 0.32, horizon)], fill=dark)
        else:
            draw.rectangle((x - tall * 0.05, horizon - tall * 0.5, x + tall * 0.05, horizon), fill=dark)
            draw.ellipse((x - tall * 0.4, horizon - tall * 1.3, x + tall * 0.4, horizon - tall * 0.4), fill=dark)


def _water(canvas: Image.Image, chance: random.Random, horizon: int, colour: Colour) -> None:
    wide, high = canvas.size
    depth = high - horizon
    mirrored = canvas.crop((0, horizon - depth, wide, horizon)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    mirrored = mirrored.filter(ImageFilter.GaussianBlur(wide / 400))
    canvas.paste(Image.blend(mirrored, Image.new("RGB", mirrored.size, colour), 0.55), (0, horizon))
    draw = ImageDraw.Draw(canvas)
    light = _mix(colour, (255, 255, 255), 0.45)
    for _ in range(70):
        near = chance.random()
        y, x = horizon + depth * near**0.8, wide * chance.random()
        length = wide * (0.01 + 0.05 * near) * chance.uniform(0.5, 1.5)
        draw.line((x, y, x + length, y), fill=light, width=max(2, int(wide / 900 * (1 + 2 * near))))


def _banks(draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, high: int, horizon: int, colour: Colour) -> None:
    dark = _mix(colour, (20, 25, 30), 0.30)
    for left in (True, False):
        reach = wide * chance.uniform(0.10, 0.20)
        points = [
            (0.0, horizon - high * 0.012),
            (reach * 0.8, float(horizon)),
            (reach, horizon + high * 0.03),
            (reach * 0.5, horizon + high * 0.07),
        ]
        points += [(reach * 0.22, horizon + high * 0.16), (0.0, horizon + high * 0.22)]
        draw.polygon([(x if left else wide - x, y) for x, y in points], fill=dark)


def _deck(draw: ImageDraw.ImageDraw, wide: int, deck: int, thick: float, colour: Colour) -> None:
    draw.rectangle((0, deck, wide, deck + thick), fill=colour)


def _truss(draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, high: int, deck: int, horizon: int, colour: Colour) -> None:
    bays, tall, line = chance.choice((8, 10, 12)), high * chance.uniform(0.10, 0.15), max(4, wide // 190)
    left, right = wide * chance.uniform(0.06, 0.18), wide * chance.uniform(0.78, 0.94)
    step = (right - left) / bays
    _deck(draw, wide, deck, line * 2, colour)
    draw.line((left + step, deck - tall, right - step, deck - tall), fill=colour, width=line * 2)
    for bay in range(bays):
        x, top = left + bay * step, deck - tall
        low_first = bay < bays / 2
        ends = (x, deck, x + step, top) if low_first else (x, top, x + step, deck)
        draw.line(ends, fill=colour, width=line)
        if bay > 0:
            draw.line((x, deck, x, top), fill=colour, width=line)
    for x in (left, (left + right) / 2, right):
        draw.rectangle((x - line * 3, deck, x + line * 3, horizon), fill=colour)


def _arch(draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, high: int, deck: int, horizon: int, colour: Colour) -> None:
    spans, line = chance.choice((2, 3, 4)), max(4, wide // 190)
    left, right = wide * 0.08, wide * 0.92
    step = (right - left) / spans
    stone = _mix(colour, (255, 240, 220), 0.12)
    for span in range(spans):
        x, rise = left + span * step, horizon - deck - line * 3
        pier = step * 0.07
        curve = [(x + pier + (step - 2 * pier) * n / 40, horizon - rise * math.sin(math.pi * n / 40) ** 0.75) for n in range(41)]
        draw.polygon([(x, deck), (x, horizon), *curve, (x + step, horizon), (x + step, deck)], fill=stone)
    _deck(draw, wide, deck - line, line * 2, colour)
    for n in range(61):
        x = wide * n / 60
        draw.line((x, deck - line, x, deck - line * 5), fill=colour, width=max(2, line // 2))
    draw.line((0, deck - line * 5, wide, deck - line * 5), fill=colour, width=line)


def _suspension(
    draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, high: int, deck: int, horizon: int, colour: Colour
) -> None:
    line, tall = max(4, wide // 200), high * chance.uniform(0.24, 0.32)
    towers = (wide * chance.uniform(0.2, 0.27), wide * chance.uniform(0.73, 0.8))
    top, low = deck - tall, deck - high * 0.02
    cable: list[tuple[float, float]] = []
    for step in range(0, wide + 8, 8):
        x = float(step)
        if x < towers[0]:
            y = deck - tall * (x / towers[0]) ** 1.4
        elif x > towers[1]:
            y = deck - tall * ((wide - x) / (wide - towers[1])) ** 1.4
        else:
            part = (x - towers[0]) / (towers[1] - towers[0]) * 2 - 1
            y = low - (low - top) * part * part
        cable.append((x, y))
    for x, y in cable[:: max(1, wide // 8 // 44)]:
        draw.line((x, y, x, deck), fill=colour, width=max(2, line // 2))
    draw.line(cable, fill=colour, width=line, joint="curve")
    _deck(draw, wide, deck, line * 2, colour)
    for x in towers:
        draw.rectangle((x - line * 2.5, top - line * 3, x + line * 2.5, horizon), fill=colour)


def _footbridge(
    draw: ImageDraw.ImageDraw, chance: random.Random, wide: int, high: int, deck: int, horizon: int, colour: Colour
) -> None:
    line, rise = max(5, wide // 170), high * chance.uniform(0.07, 0.12)
    rail = high * 0.055
    walk = [(wide * n / 60, deck + rise * 0.5 - rise * math.sin(math.pi * n / 60)) for n in range(61)]
    for n in range(0, 61, 10):
        x, y = walk[n]
        draw.rectangle((x - line, y, x + line, horizon + line * 2), fill=colour)
    for x, y in walk[::2]:
        draw.line((x, y, x, y - rail), fill=colour, width=max(2, line // 2))
    for up, width in ((0.0, line * 3), (rail, line), (rail * 0.5, line // 2)):
        draw.line([(x, y - up) for x, y in walk], fill=colour, width=width, joint="curve")


def _tiles(canvas: Image.Image, chance: random.Random, colours: list[Colour]) -> None:
    draw, (wide, high) = ImageDraw.Draw(canvas), canvas.size
    side = wide // chance.choice((6, 8, 10))
    for y in range(0, high + side, side):
        for x in range(0, wide + side, side):
            draw.rectangle((x, y, x + side, y + side), fill=chance.choice(colours[:6]))
            turn, ink = chance.choice((0, 90, 180, 270)), chance.choice(colours[2:])
            centre = {0: (x, y), 90: (x + side, y), 180: (x + side, y + side), 270: (x, y + side)}[turn]
            draw.pieslice((centre[0] - side, centre[1] - side, centre[0] + side, centre[1] + side), turn, turn + 90, fill=ink)


def _waves(canvas: Image.Image, chance: random.Random, colours: list[Colour]) -> None:
    draw, (wide, high) = ImageDraw.Draw(canvas), canvas.size
    rows = chance.randint(9, 15)
    for row in range(rows + 2):
        often, shift, tall = chance.uniform(1, 3), chance.uniform(0, math.tau), high / rows * chance.uniform(0.3, 0.9)
        base = high * row / rows
        line = [(x, base + tall * math.sin(often * x / wide * math.tau + shift)) for x in range(0, wide + 8, 8)]
        draw.polygon([(0, high), *line, (wide, high)], fill=chance.choice(colours))


def _rings(canvas: Image.Image, chance: random.Random, colours: list[Colour]) -> None:
    draw, (wide, high) = ImageDraw.Draw(canvas), canvas.size
    for _ in range(chance.randint(9, 14)):
        x, y, r = wide * chance.random(), high * chance.random(), wide * chance.uniform(0.08, 0.26)
        for ring in range(5):
            part = r * (1 - ring / 5)
            draw.ellipse((x - part, y - part, x + part, y + part), fill=colours[(ring + int(x)) % len(colours)])


Drawer: TypeAlias = Callable[[ImageDraw.ImageDraw, random.Random, int, int, int, int, Colour], None]
BRIDGES: Final[dict[str, Drawer]] = {"truss": _truss, "arch": _arch, "suspension": _suspension, "footbridge": _footbridge}
PATTERNS: Final[tuple[Callable[[Image.Image, random.Random, list[Colour]], None], ...]] = (_tiles, _waves, _rings)
