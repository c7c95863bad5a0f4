"""Odd films, made here: benign pictures only."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Sequence
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from odzew.entrypoints.bench.clips import encode, film

Rgb = NDArray[np.uint8]
SMALL = (256, 144)


def few(*, seed: int = 1, seconds: float = 2.0, fps: int = 10, size: tuple[int, int] = SMALL, scene: float = 0.5) -> list[Rgb]:
    """Return a few frames with a new drawing every half second."""
    return list(film(seed=seed, seconds=seconds, fps=fps, size=size, scene=scene))


def film_file(*, seed: int = 1, seconds: float = 4.0, fps: int = 10, **words: str) -> bytes:
    """Return a small MP4 in H.264; `words` are the encoder's."""
    return encode(frames=few(seed=seed, seconds=seconds, fps=fps), fps=fps, options=words)


def lossless(
    *, pictures: Iterable[Rgb], pix_fmt: str, matrix: str | None, full: bool = False, display: Sequence[int] | None = None
) -> bytes:
    """Return the pictures in FFV1, stored in the colours asked for and tagged so (`matrix` None: stored as BT.601 below 720 lines, as
    BT.709 from there on, and not tagged)."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as made:
        stream = made.add_stream("ffv1", rate=Fraction(10))
        stream.pix_fmt = pix_fmt
        if display is not None:
            stream.set_display_matrix(display)
        for number, pixels in enumerate(pictures):
            lines = pixels.shape[0]
            stored = matrix or ("ITU709" if lines >= 720 else "ITU601")
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if not pix_fmt.startswith("gbr"):
                frame = frame.reformat(
                    format=pix_fmt,
                    src_color_range="JPEG",
                    dst_colorspace=stored,
                    dst_color_range="JPEG" if full else "MPEG",
                    interpolation="AREA",
                )
            else:
                frame = frame.reformat(format=pix_fmt)
            if number == 0:
                stream.width, stream.height = pixels.shape[1], lines
                if matrix is not None:
                    stream.codec_context.colorspace = TAGS[matrix]
                stream.codec_context.color_range = 2 if full else 1
            frame.pts, frame.time_base = number, Fraction(1, 10)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return out.getvalue()


TAGS = {"ITU601": 6, "ITU709": 1, "SMPTE240M": 7, "FCC": 4, "BT2020": 9}


def muxed(*, packets: Sequence[tuple[int, int]], container: str = "matroska", fps: int = 10, seed: int = 1) -> bytes:
    """Return a film of one key frame a packet (MPEG-4), whose (dts, pts), in milliseconds, are the ones given."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as made:
        stream = made.add_stream("mpeg4", rate=fps, options={"g": "1", "bf": "0"})
        stream.width, stream.height = SMALL
        stream.codec_context.time_base = Fraction(1, fps)
        made_packets = []
        for number, pixels in enumerate(few(seed=seed, seconds=len(packets) / fps, fps=fps)):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            made_packets += stream.encode(frame)
        made_packets += stream.encode(None)
        for packet, (dts, pts) in zip(made_packets, packets, strict=True):
            packet.time_base = Fraction(1, 1000)
            packet.dts, packet.pts = dts, pts
            made.mux(packet)
    return out.getvalue()


def sound_only(*, container: str = "mp4", cover: bytes | None = None) -> bytes:
    """Return a second of quiet noise, with a cover picture (JPEG) if asked."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as made:
        stream = made.add_stream("aac", rate=44100, layout="mono")
        art = None
        if cover is not None:
            art = made.add_stream("mjpeg", rate=1)
            with av.open(io.BytesIO(cover), "r") as source:
                still = next(source.decode(video=0))
            art.width, art.height, art.pix_fmt = still.width, still.height, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
            still = still.reformat(format="yuvj420p")
            still.pts, still.time_base = 0, Fraction(1, 1)
        noise = (np.random.default_rng(1).normal(0, 300, (1, 44100))).astype(np.int16)
        for start in range(0, 44100, 1024):
            piece = av.AudioFrame.from_ndarray(np.ascontiguousarray(noise[:, start : start + 1024]), format="s16", layout="mono")
            piece.sample_rate, piece.pts = 44100, start
            made.mux(stream.encode(piece))
        if art is not None:
            made.mux(art.encode(still))
            made.mux(art.encode(None))
        made.mux(stream.encode(None))
    return out.getvalue()


def mutated(*, data: bytes, seed: int) -> bytes:
    """Return the bytes with a few flips, a cut, a splice or a doubled piece."""
    chance = random.Random(seed)
    out = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        kind, at = chance.randrange(5), chance.randrange(len(out))
        if kind <= 1:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            out[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
        elif kind == 3:
            piece = out[at : at + chance.randrange(1, 200)]
            put = chance.randrange(len(out))
            out[put:put] = piece
        else:
            del out[at : at + chance.randrange(1, 200)]
    return bytes(out[: chance.randrange(len(out) // 2, len(out) + 1)] if chance.random() < 0.2 else out)


def colourful(*, seed: int, size: tuple[int, int] = SMALL) -> Rgb:
    """Return soft patches of strong colours, where a wrong colour matrix shows."""
    patches = np.random.default_rng(seed).choice(np.array([20, 230], np.uint8), (9, 16, 3))
    return np.asarray(Image.fromarray(patches).resize(size, Image.Resampling.BICUBIC))
