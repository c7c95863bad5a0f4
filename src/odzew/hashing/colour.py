"""Colours to 8-bit sRGB, and transparency to white.

Transformations of embedded profiles are those of LittleCMS, with the perceptual intent. A profile that moves no colour by more than three
levels counts as sRGB, whatever it calls itself, and one that cannot be used is ignored, as browsers do.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

NEAR: Final = 3
LARGEST_PROFILE: Final = 4 << 20
_STEPS: Final = np.linspace(0, 255, 17).round().astype(np.uint8)


def pixels_of(*, image: Image.Image) -> NDArray[np.uint8]:
    """Return height x width x 3 bytes of sRGB, or height x width where the picture has no colours; not turned.

    16-bit values keep their upper byte. Whole numbers of 32 bits and floating-point values, which only measuring instruments write, are
    stretched from their least to their greatest. Transparent pixels lie over white.
    """
    mode = image.mode
    if mode.startswith("I;16"):
        return _sixteen_bits(image)
    if mode in ("I", "F"):
        return _stretched(np.asarray(image, np.float64))
    if mode == "P" or mode == "PA" or "transparency" in image.info or mode in ("LA", "La", "RGBA", "RGBa"):
        return _over_white(image)
    if mode in ("1", "L"):
        return np.asarray(managed(image=image.convert("L")))
    if mode == "LAB":
        return np.asarray(_from_lab(image))
    if mode != "CMYK":
        image = image.convert("RGB")
    return np.asarray(managed(image=image).convert("RGB"))


def managed(*, image: Image.Image) -> Image.Image:
    """Return the picture in sRGB, by its profile; as it is where there is none that matters."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or not profile:
        return image
    transform = transform_of(profile, image.mode)
    return image if transform is None else _applied(image, transform)


@lru_cache(maxsize=16)
def transform_of(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transformation of `mode` ("L", "RGB" or "CMYK") to sRGB; None if it changes nothing to speak of, or cannot be made."""
    if mode not in ("L", "RGB", "CMYK") or len(profile) > LARGEST_PROFILE:
        return None
    try:
        made = ImageCms.buildTransform(ImageCms.ImageCmsProfile(BytesIO(profile)), _srgb(), mode, "RGB", ImageCms.Intent.PERCEPTUAL)
        if mode == "CMYK":
            return made
        probe = _probe(mode)
        moved = np.asarray(_applied(probe, made), np.int16) - np.asarray(probe.convert("RGB"), np.int16)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    return made if np.abs(moved).max() > NEAR else None


def _probe(mode: str) -> Image.Image:
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None, :])
    grid = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), axis=-1)
    return Image.fromarray(np.ascontiguousarray(grid.reshape(17, 17 * 17, 3)))


@lru_cache(maxsize=1)
def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    done = ImageCms.applyTransform(image, transform)
    return image if done is None else done


def _from_lab(image: Image.Image) -> Image.Image:
    to_srgb = ImageCms.buildTransform(ImageCms.createProfile("LAB"), _srgb(), "LAB", "RGB")
    return _applied(image, to_srgb)


def _sixteen_bits(image: Image.Image) -> NDArray[np.uint8]:
    wide = np.asarray(image)
    plane = (wide >> 8).astype(np.uint8)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        plane[wide == clear] = 255
    return plane


def _stretched(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    if not high > low:
        return np.zeros(values.shape, np.uint8)
    return np.asarray(np.rint((finite - low) * (255.0 / (high - low))), np.uint8)


def _over_white(image: Image.Image) -> NDArray[np.uint8]:
    whole = image.convert("RGBA")
    colours, alpha = whole.convert("RGB"), whole.getchannel("A")
    colours.info["icc_profile"] = image.info.get("icc_profile")
    colours = managed(image=colours)
    if alpha.getextrema()[0] == 255:
        return np.asarray(colours)
    white = Image.new("RGB", whole.size, "white")
    white.paste(colours, mask=alpha)
    return np.asarray(white)
