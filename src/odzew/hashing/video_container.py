"""Opens a film from bytes we hold and from nowhere else.

FFmpeg reads playlists, lists of files, network addresses and devices as readily as films. None of that is wanted: the container is
recognised by its first bytes, named to FFmpeg, and every wish to open a second file is refused. Only decoders on a list are used.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

import av
from av.container import InputContainer
from av.error import FFmpegError

from odzew.hashing.video_data import UnreadableVideo, VideoLimits

HEAD: Final = 1024
CONTAINERS: Final = ("mov", "matroska", "avi", "flv", "asf", "mpeg", "mpegts", "ogg")
DECODERS: Final = frozenset(
    {
        *("h264", "hevc", "vvc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "h263", "mjpeg", "mpeg1video", "mpeg2video", "theora"),
        *("msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "flv", "vp6", "vp6f", "svq1", "svq3", "cinepak"),
        *("prores", "dnxhd", "dvvideo", "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "qtrle", "png", "gif"),
    }
)
PICTURE_BRANDS: Final = frozenset(
    {b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"jp2 "}
)
BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"sidx", b"uuid"})
ASF: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
TS_PACKET: Final = 188


def container_of(*, head: bytes) -> str | None:
    """Return which film container the first bytes (1,024 are enough) belong to: one of `CONTAINERS`, or None.

    Pictures that share a film's box structure (AVIF, HEIC, JPEG 2000) are not films. Playlists never are.
    """
    if head[4:8] in BOXES:
        return None if head[4:8] == b"ftyp" and head[8:12] in PICTURE_BRANDS else "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head[:4] == b"RIFF" and head[8:11] == b"AVI":
        return "avi"
    if head.startswith(b"FLV\x01"):
        return "flv"
    if head.startswith(ASF):
        return "asf"
    if head.startswith(b"OggS"):
        return "ogg"
    if head.startswith((b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")):
        return "mpeg"
    return "mpegts" if _transport_stream(head) else None


def _transport_stream(head: bytes) -> bool:
    return len(head) > 2 * TS_PACKET and all(head[at] == 0x47 for at in range(0, min(len(head), 4 * TS_PACKET + 1), TS_PACKET))


class _Window(io.RawIOBase):
    """A file object without a name, closed to writing, that ends after `most` bytes."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most, self._at = file, most, 0
        file.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._most - self._at)
        piece = self._file.read(left if size < 0 else min(size, left))
        self._at += len(piece)
        return piece

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._file.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        return self._at


def _refuse(url: str, flags: int, options: Mapping[str, str]) -> object:
    raise PermissionError("a film may not open another file")


@contextmanager
def opened(*, file: BinaryIO, limits: VideoLimits) -> Iterator[InputContainer]:
    """Open the film in `file` (seekable, read from its start) with nothing but its own bytes.

    Raises `UnreadableVideo` for a container that is none of `CONTAINERS`, and for one that cannot be opened: an MP4 whose index
    was cut off, for one.
    """
    window = _Window(file, limits.bytes)
    name = container_of(head=window.read(HEAD))
    if name is None:
        raise UnreadableVideo("This is not a film in a container that is read here.")
    window.seek(0)
    try:
        container = av.open(
            window,
            "r",
            format=name,
            io_open=_refuse,
            metadata_errors="replace",
            options={
                "format_whitelist": name,
                "codec_whitelist": ",".join(sorted(DECODERS)),
                "protocol_whitelist": "none",
                "max_streams": "64",
                "max_pixels": str(limits.pixels),
                "threads": "1",
            },
        )
    except (FFmpegError, ValueError, OSError, EOFError, UnicodeError) as problem:
        raise UnreadableVideo("The film is damaged or cut off: it has no readable index.") from problem
    try:
        yield container
    finally:
        with suppress(FFmpegError):
            container.close()
