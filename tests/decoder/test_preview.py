"""What a person may be shown of a stranger's file: little, grey, plain pixels, whatever the file is and whatever the child says."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from odzew.hashing.stills import FRAMES, SIDE
from odzew.matching.decoder.messages import BadAnswer, Request
from odzew.matching.decoder.pool import Decoder
from odzew.matching.decoder.preview import Previewed, read_preview
from tests.decoder import bombs
from tests.decoder.pictures import encoded, waves
from tests.video.build import film_file

ASKED = Request(task="preview", token=bytes(16))


@contextmanager
def held(data: bytes) -> Iterator[int]:
    """The bytes as a file in memory."""
    fd = os.memfd_create("test", os.MFD_CLOEXEC)
    try:
        os.write(fd, data)
        yield fd
    finally:
        os.close(fd)


def shown(decoder: Decoder, data: bytes) -> Previewed:
    """What is shown of these bytes."""
    with held(data) as fd:
        return decoder.preview(data=fd)


@pytest.mark.parametrize(
    ("size", "most"), [((900, 600), (320, 213)), ((96, 64), (48, 32)), ((5, 5), (2, 2)), ((4000, 3), (320, 1))]
)
def test_a_picture_is_small_grey_and_never_whole(decoder: Decoder, size: tuple[int, int], most: tuple[int, int]) -> None:
    found = shown(decoder, encoded(picture=waves(width=size[0], height=size[1]), form="PNG"))
    (one,) = found.pictures
    assert (found.verdict, one.width, one.height, len(one.pixels)) == ("ok", *most, most[0] * most[1])


def test_it_is_turned_as_a_person_would_see_it(decoder: Decoder) -> None:
    half = Image.new("RGB", (400, 200), "black")
    half.paste("white", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    (one,) = shown(decoder, encoded(picture=half, form="JPEG", exif=exif.tobytes())).pictures
    pixels = np.frombuffer(one.pixels, np.uint8).reshape(one.height, one.width)
    assert one.height > one.width and pixels[: one.height // 3].mean() > 200 > 50 > pixels[-one.height // 3 :].mean()


def test_a_film_is_six_stills_over_its_length(decoder: Decoder) -> None:
    found = shown(decoder, film_file(seconds=8.0))
    times = [p.at for p in found.pictures]
    assert (found.kind, len(times)) == ("video", FRAMES)
    assert times == sorted(times) and times[0] < 1 and times[-1] > 6
    assert all(max(p.width, p.height) <= SIDE for p in found.pictures)


def _covered() -> bytes:
    """A small film of eight seconds behind a large cover."""
    out, cover = io.BytesIO(), np.asarray(waves(seed=7, width=1200, height=1200).convert("RGB"))
    with av.open(out, "w", format="mp4") as made:
        film, art = made.add_stream("libx264", rate=10), made.add_stream("mjpeg", rate=1)
        film.width, film.height, art.width, art.height, art.pix_fmt = 320, 240, 1200, 1200, "yuvj420p"
        art.disposition = av.stream.Disposition.attached_pic
        for n in range(80):
            pixels = np.asarray(waves(seed=n // 10, width=320, height=240).convert("RGB"))
            made.mux(film.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        made.mux(film.encode(None))
        made.mux(art.encode(av.VideoFrame.from_ndarray(cover, format="rgb24").reformat(format="yuvj420p")))
        made.mux(art.encode(None))
    return out.getvalue()


def test_no_cover_hides_a_film(decoder: Decoder) -> None:
    found = shown(decoder, _covered())
    assert len(found.pictures) == FRAMES and found.pictures[-1].at > 6
    assert all((p.width, p.height) == (160, 120) for p in found.pictures)


def test_an_animation_is_up_to_six_of_its_frames(decoder: Decoder) -> None:
    frames = [waves(seed=n, width=200, height=100) for n in range(30)]
    found = shown(decoder, encoded(picture=frames[0], form="GIF", save_all=True, append_images=frames[1:], duration=50))
    assert [p.at for p in found.pictures][::5] == [0.0, 28.0] and len(found.pictures) == FRAMES


def test_hostile_files_show_nothing_and_end_nobody(decoder: Decoder) -> None:
    good = encoded(picture=waves(), form="JPEG")
    for data in (b"", b"x" * 1000, b"<svg onload=alert(1)>", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 200, good[:50]):
        found = shown(decoder, data)
        assert found.verdict != "ok" and not found.pictures, data[:20]
    assert shown(decoder, good).verdict == "ok"


def test_a_bomb_is_stopped(decoder: Decoder) -> None:
    found = shown(decoder, bombs.twelve_gibibytes())
    assert found.verdict == "too_many_pixels" and not found.pictures


def _body(count: int, *pictures: tuple[int, int, float, int]) -> bytes:
    return bytes([count]) + b"".join(struct.pack("<HHd", w, h, at) + bytes(n) for w, h, at, n in pictures)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        _body(7, *[(1, 1, 0.0, 1)] * 7),
        _body(1, (321, 1, 0.0, 321)),
        _body(1, (1, 0, 0.0, 0)),
        _body(1, (2, 2, 0.0, 3)),
        _body(1, (2, 2, 0.0, 5)),
        _body(2, (1, 1, 0.0, 1)),
        _body(1, (1, 1, float("nan"), 1)),
        _body(1, (1, 1, 0.0, 1))[:6],
    ],
)
def test_a_child_that_lies_is_not_believed(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        read_preview(body=body, request=ASKED, verdict="ok")


@given(st.binary(max_size=200))
def test_whatever_a_child_says_is_pixels_or_no_answer(body: bytes) -> None:
    try:
        pictures, _said = read_preview(body=body, request=ASKED, verdict="ok")
    except BadAnswer:
        return
    assert all(len(p.pixels) == p.width * p.height and max(p.width, p.height) <= SIDE for p in pictures)
