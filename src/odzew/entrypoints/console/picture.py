"""Small grey pixels to the picture that one person is shown: blurred, marked with who and when, encoded by us."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from odzew.matching.decoder.preview import Small

SIDE: Final = 320
STILL: Final = 160
_LEAST: Final = 40
_VEILED_SIDE: Final = 48
_BLUR: Final = 5
_ROW: Final = 34
_LETTERS: Final = 11
_COLUMNS: Final = 3


def render(*, pictures: Sequence[Small], clear: str, name: str, at: datetime) -> tuple[bytes, int, int]:
    """Return a JPEG in grey, its width and its height: one picture of up to 320 pixels, or a sheet of stills of up to 160.

    `veiled` keeps at most 48 pixels a side of what there was and blurs them. The mark is `name` and the second, tiled over everything.
    """
    side = SIDE if len(pictures) == 1 else STILL
    sheet = _sheet([_one(small, side, veiled=clear != "clearer") for small in pictures], side)
    marked = _marked(sheet, f"{name} {at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z")
    out = io.BytesIO()
    marked.save(out, "JPEG", quality=72)
    return out.getvalue(), marked.width, marked.height


def _one(small: Small, side: int, *, veiled: bool) -> Image.Image:
    picture = Image.frombytes("L", (small.width, small.height), small.pixels)
    part = side / max(small.width, small.height)
    size = (max(_LEAST, round(small.width * part)), max(_LEAST, round(small.height * part)))
    if not veiled:
        return picture.resize(size, Image.Resampling.BICUBIC)
    picture.thumbnail((_VEILED_SIDE, _VEILED_SIDE), Image.Resampling.BOX)
    return picture.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(_BLUR * side / SIDE))


def _sheet(pictures: Sequence[Image.Image], side: int) -> Image.Image:
    if len(pictures) == 1:
        return pictures[0]
    across = min(_COLUMNS, len(pictures))
    sheet = Image.new("L", (across * side, -(-len(pictures) // across) * side), 128)
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % across * side, number // across * side))
    return sheet


def _marked(picture: Image.Image, text: str) -> Image.Image:
    """Lay the text over the picture in rows, each shifted, dark and light, so that no part of it is without."""
    letters = ImageFont.load_default(size=_LETTERS)
    wide = round(letters.getlength(text)) + 16
    layer = Image.new("LA", picture.size, (0, 0))
    draw = ImageDraw.Draw(layer)
    for row, y in enumerate(range(2, picture.height + _ROW, _ROW)):
        for x in range(-wide + row * wide * 2 // 5 % wide, picture.width, wide):
            draw.text((x + 1, y + 1), text, fill=(0, 120), font=letters)
            draw.text((x, y), text, fill=(255, 120), font=letters)
    return Image.alpha_composite(picture.convert("RGBA"), layer.convert("RGBA")).convert("L")
