"""What a child does with a file: the only place from which strangers' pictures and films reach a decoder."""

from __future__ import annotations

import codecs
import contextlib
import importlib
import io
import os
import pkgutil
import warnings
from typing import TYPE_CHECKING, Final

import av
from PIL import AvifImagePlugin

from odzew.hashing.api import Content, hash_film, hash_still, warm
from odzew.hashing.canonical import Limits as PictureLimits
from odzew.hashing.canonical import Unreadable
from odzew.hashing.sniff import HEAD, kind_of
from odzew.hashing.stills import Still, stills_of_film, stills_of_picture
from odzew.hashing.video_data import VideoLimits
from odzew.matching.decoder import samples
from odzew.matching.decoder.data import Limits, Verdict
from odzew.matching.decoder.messages import MOST_FRAMES, Request, Said

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BROKEN: Final = (
    b"",
    b"RIFF\0\0\0\0WEBP",
    b"GIF89a",
    b"\xff\xd8\xff",
    b"BM",
    b"II*\0",
    b"\x89PNG\r\n\x1a\n",
    b"\0\0\0\x18ftypavif",
)
_PIECE: Final = 1 << 24
_STILL_PIXELS_A_SECOND: Final = 15_000_000
_FILM_PIXELS_A_SECOND: Final = 300_000_000
_NO_MEMORY: Final = Said(note="It needs more memory than one file may use.")
_ODD: Final = "It cannot be decoded: what is in it was not foreseen ({kind})."
_NO_FRAMES: Final = "There is no picture in it that could be hashed."
_VERDICTS: Final[dict[str, Verdict]] = {"too_large": "too_large", "too_many_pixels": "too_many_pixels"}


class FileBehind(io.RawIOBase):
    """The file behind a descriptor, read in place: the descriptor's own position, which others may share, is left alone."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd
        self._at = 0
        self.size = os.fstat(fd).st_size

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read into `buffer` from where it stands."""
        view = memoryview(buffer)
        piece = os.pread(self._fd, len(view), self._at)
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to `offset` from the start, from here or from the end."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("There is nothing before the start of a file.")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return where it stands."""
        return self._at


def prepare() -> None:
    """Load every decoder, table and module and compile every kernel, on harmless pictures and films of our own.

    Afterwards a child can open nothing: what was forgotten here would make good files unreadable. A test holds against it.
    """
    warnings.simplefilter("ignore")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name != "av.__main__":
            importlib.import_module(module.name)
    for name in ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252", "raw_unicode_escape"):
        codecs.lookup(name)
    warm()
    limits, plain, fast = Limits(), Request(task="hashes", token=b""), Request(task="hashes", token=b"", mode="fast", turned=True)
    for data in (*samples.pictures(), *_BROKEN):
        _content(data, plain, limits)
        _content(data, fast, limits)
        with contextlib.suppress(Unreadable):
            stills_of_picture(data=data)
    for data in samples.films():
        hash_film(data=io.BytesIO(data), mode="exact")
        stills_of_film(file=io.BytesIO(data))


def hashes(*, fd: int, request: Request, limits: Limits) -> tuple[Verdict, Said]:
    """Return the verdict and the hashes of the file behind `fd`; never raises."""
    try:
        data = _data(fd, limits)
        return data if isinstance(data, tuple) else _content(data, request, limits)
    except MemoryError:
        return "out_of_memory", _NO_MEMORY


def preview(*, fd: int, limits: Limits) -> tuple[Verdict, Said, tuple[Still, ...]]:
    """Return the verdict and small grey pictures of the file behind `fd`; never raises."""
    try:
        data = _data(fd, limits)
        if isinstance(data, tuple):
            return *data, ()
        if isinstance(data, bytes):
            return "ok", Said(), stills_of_picture(data=data, limits=_of_pictures(limits))
        return "ok", Said(), stills_of_film(file=io.BufferedReader(data, _PIECE >> 6), limits=_of_films(limits))
    except Exception as problem:
        return *_trouble(problem), ()


def is_film(*, fd: int) -> bool:
    """Tell whether the file behind `fd` is decoded as a film, and has the time of one."""
    return kind_of(head=os.pread(fd, HEAD, 0)) == "video"


def _content(data: bytes | FileBehind, request: Request, limits: Limits) -> tuple[Verdict, Said]:
    try:
        found = _decoded(data, request, limits)
    except Exception as problem:
        return _trouble(problem)
    if not found.picture and not found.frames:
        return "unreadable", Said(note=found.note or _NO_FRAMES)
    return "ok", Said(picture=found.picture, frames=found.frames[:MOST_FRAMES], note=found.note)


def _trouble(problem: Exception) -> tuple[Verdict, Said]:
    """Say what a file that could not be decoded is."""
    if isinstance(problem, Unreadable):
        return _VERDICTS.get(str(problem.detail.get("verdict")), "unreadable"), Said(note=problem.sentence)
    if isinstance(problem, MemoryError):
        return "out_of_memory", _NO_MEMORY
    return "unreadable", Said(note=_ODD.format(kind=type(problem).__name__))


def _decoded(data: bytes | FileBehind, request: Request, limits: Limits) -> Content:
    if isinstance(data, bytes):
        return hash_still(data=data, mode=request.mode, turned=request.turned, limits=_of_pictures(limits))
    film = io.BufferedReader(data, _PIECE >> 6)
    return hash_film(data=film, mode=request.mode, tier=request.tier, limits=_of_films(limits))


def _of_pictures(limits: Limits) -> PictureLimits:
    return PictureLimits(size=limits.picture_bytes, pixels=limits.pixels, all_pixels=limits.seconds * _STILL_PIXELS_A_SECOND)


def _of_films(limits: Limits) -> VideoLimits:
    return VideoLimits(
        bytes=limits.file_bytes,
        pixels=min(limits.pixels, VideoLimits().pixels),
        work=limits.film_seconds * _FILM_PIXELS_A_SECOND,
    )


def _data(fd: int, limits: Limits) -> bytes | FileBehind | tuple[Verdict, Said]:
    """Return a film to be read in place, the bytes of anything else, or that it is too large."""
    file = FileBehind(fd)
    if is_film(fd=fd):
        return file
    if file.size > limits.picture_bytes:
        return "too_large", Said(note=f"It has {file.size} bytes; the limit for a picture is {limits.picture_bytes}.")
    return _whole(fd, file.size)


def _whole(fd: int, size: int) -> bytes:
    parts, at = [], 0
    while at < size and (part := os.pread(fd, min(size - at, _PIECE), at)):
        parts.append(part)
        at += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
