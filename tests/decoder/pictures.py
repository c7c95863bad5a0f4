"""Harmless pictures made by code: waves of colour, in the formats that are decoded."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP")


def waves(*, width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """Return crossing waves of colour; another seed, another picture."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for _ in range(3):
        a, b, c, d = chance.uniform(0.02, 0.4, 4)
        planes.append(np.sin(a * x + b * y) * np.cos(c * x - d * y) * 120 + 128)
    noise = chance.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(np.stack(planes, 2) + noise, 0, 255).astype(np.uint8))


def encoded(*, picture: Image.Image, form: str, **how: Any) -> bytes:
    """Return the picture as a file."""
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()
