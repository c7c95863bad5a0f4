"""Opens a film from bytes we hold and from nowhere else.

FFmpeg reads playlists, lists of files, network addresses and devices as readily as films. None of that is wanted: the container is
recognised by its first bytes, named to FFmpeg, and every wish to open a second file is refused. Only decoders on a list are used.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final, cast

import av
from av.container import InputContainer
from av.error import EOFError as EndOfFilm
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from odzew.hashing.canonical import Unreadable
from odzew.hashing.containers import HEAD, container_of
from odzew.hashing.video_data import VideoLimits

DECODERS: Final = frozenset(
    {
        *("h264", "hevc", "vvc", "vp8", "vp9", "libdav1d", "av1", "mpeg4", "h263", "mjpeg", "mpeg1video", "mpeg2video", "theora"),
        *("msmpeg4", "msmpeg4v1", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "flv", "vp6", "vp6f", "svq1", "svq3", "cinepak"),
        *("prores", "dnxhd", "dvvideo", "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "qtrle", "png", "gif"),
    }
)


def size_of(*, codec: VideoCodecContext) -> int:
    """Return how many pixels one picture of a stream has."""
    return codec.width * codec.height


def largest_first(*, streams: Sequence[VideoStream], covers: bool) -> list[VideoStream]:
    """Return streams of pictures, the largest first; cover pictures only with `covers`, or where nothing moves."""
    moving = [stream for stream in streams if not stream.disposition & Disposition.attached_pic]
    return sorted(streams if covers or not moving else moving, key=lambda stream: -size_of(codec=stream.codec_context))


def packets_of(
    *, container: InputContainer, streams: Sequence[VideoStream], damage: Callable[[], None]
) -> Iterator[Packet[VideoStream]]:
    """Yield the packets of streams; empty ones, which some containers have in the middle, are none. Damage ends them, and is told."""
    packets = cast("Iterator[Packet[VideoStream]]", container.demux(streams))
    while True:
        try:
            packet = next(packets)
        except (StopIteration, EndOfFilm):
            return
        except MemoryError:
            raise
        except (FFmpegError, ValueError, PermissionError):
            damage()
            return
        if packet.size:
            yield packet


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

    Raises `Unreadable` (verdict `unknown`) for a container that is none of `CONTAINERS`, and (verdict `damaged`) for one that cannot be
    opened: an MP4 whose index was cut off, for one.
    """
    window = _Window(file, limits.bytes)
    name = container_of(head=window.read(HEAD))
    if name is None:
        raise Unreadable("This is not a film in a container that is read here.", verdict="unknown")
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
        raise Unreadable("The film is damaged or cut off: it has no readable index.", verdict="damaged") from problem
    try:
        yield container
    finally:
        with suppress(FFmpegError):
            container.close()
