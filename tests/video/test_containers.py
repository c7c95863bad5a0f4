"""Films as they come: containers, coders, broken clocks, sound, covers, damage."""

from __future__ import annotations

import io
from collections.abc import Mapping

import av
import pytest
from PIL import Image

from odzew.entrypoints.bench.clips import encode
from odzew.hashing.api import hash_file
from odzew.hashing.canonical import Unreadable
from odzew.hashing.containers import CONTAINERS, container_of
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import TIERS, Tier
from odzew.hashing.video_match import judge_frames
from tests.video.build import few, film_file, muxed, sound_only
from tests.video.near import bits_apart, hits_of

QUIET = {"x265-params": "log-level=none"}
FAST = {"cpu-used": "8", "deadline": "realtime"}
WAYS: tuple[tuple[str, str, Mapping[str, str], str], ...] = (
    ("libx264", "mp4", {}, "yuv420p"),
    ("libx264", "mp4", {"movflags": "frag_keyframe+empty_moov"}, "yuv420p"),
    ("libx264", "mov", {}, "yuv444p"),
    ("libx264", "3gp", {}, "yuv420p"),
    ("libx264", "matroska", {}, "yuv420p10le"),
    ("libx264", "flv", {}, "yuv420p"),
    ("libx264", "mpegts", {}, "yuv420p"),
    ("libx265", "mp4", QUIET, "yuv420p10le"),
    ("libvpx", "webm", FAST, "yuv420p"),
    ("libvpx-vp9", "webm", FAST, "yuv420p"),
    ("mpeg4", "avi", {}, "yuv420p"),
    ("mjpeg", "mov", {}, "yuvj420p"),
    ("mjpeg", "avi", {}, "yuvj422p"),
    ("flv1", "flv", {}, "yuv420p"),
    ("wmv2", "asf", {}, "yuv420p"),
    ("mpeg2video", "mpeg", {}, "yuv420p"),
    ("mpeg1video", "mpeg1video", {}, "yuv420p"),
    ("prores_ks", "mov", {}, "yuv422p10le"),
    ("ffv1", "matroska", {}, "yuv420p"),
    ("png", "mov", {}, "rgb24"),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way[0]}-{way[1]}-{way[3]}")
def test_a_film_is_found_in_any_container_and_coder(way: tuple[str, str, Mapping[str, str], str]) -> None:
    codec, container, options, form = way
    frames = few(seconds=3, fps=25)
    plain = hash_video(file=encode(frames=frames, fps=25, codec="ffv1", container="matroska"), tier="known").frames
    data = encode(frames=frames, fps=25, codec=codec, container=container, options=options, pix_fmt=form)
    assert container_of(head=data) in CONTAINERS
    for tier in TIERS:
        found = hash_video(file=data, tier=tier)
        assert len(found.frames) >= 3
        (match,) = judge_frames(query=found.frames, hits=hits_of(query=found.frames, known={1: plain}))
        assert match.share >= 0.9, (tier, match)
        assert sorted(frame.at for frame in found.frames) == [frame.at for frame in found.frames]


def test_av1() -> None:
    frames = few(seconds=2, fps=10, size=(320, 192))
    data = encode(frames=frames, fps=10, codec="libsvtav1", container="webm", options={"preset": "12", "svtav1-params": "lp=1"})
    with av.open(io.BytesIO(data), "r") as film:
        assert film.streams.video[0].codec_context.name == "libdav1d"
    assert len(hash_video(file=data, tier="known").frames) >= 3
    assert hash_video(file=data, tier="key").frames


CLOCKS = {
    "negative": [(100 * n - 1000, 100 * n - 1000) for n in range(20)],
    "variable": [(100 * n * n, 100 * n * n) for n in range(20)],
    "a leap of twelve days": [(100 * n + (10**9 if n > 5 else 0),) * 2 for n in range(20)],
    "nearly still": [(n, n) for n in range(20)],
}


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_hashes_do_not_depend_on_the_clock(clock: str) -> None:
    usual = hash_video(file=muxed(packets=[(100 * n, 100 * n) for n in range(20)]), tier="known")
    odd = hash_video(file=muxed(packets=[(dts, pts) for dts, pts in CLOCKS[clock]]), tier="known")
    assert [frame.pdq for frame in odd.frames] == [frame.pdq for frame in usual.frames]
    times = [frame.at for frame in odd.frames]
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] < 60


def test_a_film_that_hardly_lasts_is_seen_all_the_same() -> None:
    still = muxed(packets=[(n // 50, n // 50) for n in range(800)], container="avi")
    for tier in TIERS:
        assert hash_video(file=still, tier=tier).looked >= 2


def test_sound_alone_has_no_picture() -> None:
    with pytest.raises(Unreadable) as caught:
        hash_video(file=sound_only())
    assert caught.value.detail["verdict"] == "no_picture"
    found = hash_file(data=sound_only(container="matroska"))
    assert (found.kind, found.picture, found.frames) == ("video", None, ())
    assert "no picture" in found.note


def test_a_cover_is_looked_at_where_it_is_all_there_is() -> None:
    cover = io.BytesIO()
    Image.fromarray(few()[0]).save(cover, "JPEG", quality=95)
    found = hash_video(file=sound_only(cover=cover.getvalue()), tier="known")
    assert len(found.frames) == 1


@pytest.mark.parametrize("tier", TIERS)
def test_a_film_of_one_picture(tier: Tier) -> None:
    found = hash_video(file=encode(frames=few()[:1], fps=10), tier=tier)
    assert [frame.at for frame in found.frames] == [0.0]


def test_a_short_film_is_seen_eight_times() -> None:
    data = encode(frames=few(seconds=1, fps=30, scene=0.1), fps=30)
    for tier in ("nonref", "full"):
        assert len(hash_video(file=data, tier=tier).frames) >= 7


@pytest.mark.parametrize("container", ["mp4", "matroska", "avi", "mpegts", "flv"])
def test_a_film_cut_off_anywhere_gives_hashes_or_a_clear_verdict(container: str) -> None:
    data = encode(frames=few(seconds=2), fps=10, container=container, codec="libx264")
    whole = {frame.pdq.bits for frame in hash_video(file=data, tier="known").frames}
    seen = 0
    for part in range(40):
        piece = data[: len(data) * part // 40]
        for tier in ("known", "key"):
            try:
                found = hash_video(file=piece, tier=tier)
            except Unreadable as verdict:
                assert verdict.detail["verdict"] in ("unknown", "damaged", "no_picture")
                continue
            seen += 1
            if tier == "known":
                assert {frame.pdq.bits for frame in found.frames[:-2]} <= whole
    assert seen > 10 or container == "mp4"


def test_an_mp4_without_its_index_is_damaged() -> None:
    data = film_file()
    with pytest.raises(Unreadable) as caught:
        hash_video(file=data[: data.rindex(b"moov") - 4])
    assert caught.value.detail["verdict"] == "damaged"


def test_an_unknown_coder_is_named() -> None:
    data = film_file().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC")
    with pytest.raises(Unreadable) as caught:
        hash_video(file=data)
    assert caught.value.detail["verdict"] == "no_picture"
    assert "not read here" in caught.value.sentence


def test_several_streams_are_all_looked_at() -> None:
    first, second = few(seed=1), few(seed=2)
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as made:
        streams = [made.add_stream("mpeg4", rate=10) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height = 256, 144
        for pair in zip(first, second, strict=True):
            for stream, pixels in zip(streams, pair, strict=True):
                made.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        for stream in streams:
            made.mux(stream.encode(None))
    both = hash_video(file=out.getvalue(), tier="known").frames
    for frames in (first, second):
        for known in hash_video(file=encode(frames=frames, fps=10), tier="known").frames:
            assert min(bits_apart(one=known, other=other) for other in both) <= 28
