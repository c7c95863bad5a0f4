"""Bytes of a picture to canonical pixels: what a person would see, in one agreed form.

The rule is in docs/hashing.md: the first frame, 8-bit sRGB, transparency over white, turned as EXIF says. Names of files play no part.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from odzew.foundation.errors import Invalid
from odzew.hashing.colour import pixels_of, transform_of
from odzew.hashing.jpeg import Header, read_header
from odzew.hashing.orientation import exif_orientation, upright
from odzew.hashing.sniff import Format, is_heif, picture_format

Pixels = NDArray[np.uint8]

_PLUGINS: Final = (
    AvifImagePlugin, BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin,
)  # fmt: skip
"""Imported so that Pillow need not look for others: some of its other forms call programs."""

Image.MAX_IMAGE_PIXELS = None  # `Limits` is asked instead, before anything is decoded


class Unreadable(Invalid):
    """A file that cannot be hashed as a picture or as a film.

    `detail["verdict"]` is one of `empty`, `unknown`, `damaged`, `too_large`, `too_many_pixels`, `too_small`, `no_picture`.
    """

    code = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is refused before decoding: bytes of the file, pixels and longest side of a frame.

    Of an animation at most `frames`, and `all_pixels` in all of them, are looked at.
    """

    size: int = 100_000_000
    pixels: int = 100_000_000
    side: int = 65_535
    frames: int = 1_000
    all_pixels: int = 400_000_000


LIMITS: Final = Limits()
CUT_OFF: Final = "The file is cut off; what there is of it was hashed."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Canonical:
    """Pixels in sRGB: height x width x 3, or height x width where the picture has no colours.

    They are stored as `orientation` says (EXIF, 1 to 8); `shown()` turns them. `note` is a sentence, or empty.
    """

    pixels: Pixels
    orientation: int = 1
    note: str = ""

    def shown(self) -> Pixels:
        """Return the pixels as a person sees them."""
        return upright(pixels=self.pixels, orientation=self.orientation)


def canonical(*, data: bytes, limits: Limits = LIMITS) -> Canonical:
    """Decode the picture, or the first frame of an animation.

    Raises `Unreadable` with a verdict and one sentence.
    """
    form = form_of(data=data, limits=limits)
    if form == "JPEG":
        header = read_header(data=data)
        found = header and _plain_jpeg(data, header, limits)
        if found:
            return found
    with opened(data=data, form=form, limits=limits) as image:
        note = load(image=image)
        return Canonical(pixels=_pixels(image), orientation=orientation_of(image=image), note=note)


def form_of(*, data: bytes, limits: Limits) -> Format:
    """Return the form of the file; raises `Unreadable` if it is empty, too large, or none that is decoded here."""
    if not data:
        raise Unreadable("The file is empty.", verdict="empty")
    check_bytes(size=len(data), limits=limits)
    form = picture_format(head=data[:4096])
    if form:
        return form
    if is_heif(head=data[:4096]):
        raise Unreadable("HEIC pictures cannot be decoded here; save it as JPEG.", verdict="unknown")
    raise Unreadable("This is no picture of a known form (JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP).", verdict="unknown")


def check_bytes(*, size: int, limits: Limits) -> None:
    """Raise `Unreadable` if a file of so many bytes is not to be decoded."""
    if size > limits.size:
        raise Unreadable(f"The file has {size:,} bytes; at most {limits.size:,} are decoded.", verdict="too_large")


def check_size(*, width: int, height: int, limits: Limits) -> None:
    """Raise `Unreadable` if a frame of this size is not to be decoded."""
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise Unreadable(
            f"The picture has {width:,} x {height:,} pixels; at most {limits.pixels:,} pixels and {limits.side:,} on a side are decoded.",
            verdict="too_many_pixels",
        )
    if min(width, height) < 1:
        raise Unreadable("The picture has no pixels.", verdict="damaged")


@contextlib.contextmanager
def opened(*, data: bytes, form: Format, limits: Limits) -> Iterator[Image.Image]:
    """Open a picture with Pillow, its size checked and nothing decoded yet; whatever fails inside is `Unreadable`."""
    try:
        with Image.open(BytesIO(data), formats=(form,)) as image:
            check_size(width=image.width, height=image.height, limits=limits)
            yield image
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable("The picture is damaged and cannot be decoded.", verdict="damaged") from error


def load(*, image: Image.Image) -> str:
    """Decode; return a note. A file that is cut off gives what could be decoded of it, as a viewer would show."""
    try:
        image.load()
    except OSError as error:
        if "truncated" not in str(error).lower() or image._im is None:
            raise
        image.tile = []  # type: ignore[attr-defined]
        image.load()
        return CUT_OFF
    return ""


def orientation_of(*, image: Image.Image) -> int:
    """Return how a decoded picture is to be turned; Pillow has already turned TIFF."""
    block = image.info.get("exif")
    if image.format == "TIFF" or not isinstance(block, bytes):
        return 1
    return exif_orientation(block=block)


def _plain_jpeg(data: bytes, header: Header, limits: Limits) -> Canonical | None:
    """Decode a JPEG that needs no care, straight into an array; the pixels are those that Pillow gives."""
    check_size(width=header.width, height=header.height, limits=limits)
    grey = header.components == 1
    if not header.plain or (header.profile and transform_of(header.profile, "L" if grey else "RGB") is not None):
        return None
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, "GRAY" if grey else "RGB")
    except ValueError:  # a warning too; Pillow knows what can be ignored
        return None
    return Canonical(pixels=pixels[:, :, 0] if grey else pixels, orientation=exif_orientation(block=header.exif))


def _pixels(image: Image.Image) -> Pixels:
    return pixels_of(image=image)
