"""A film is opened from its own bytes and from nothing else, within limits, and damage never ends in anything but a verdict."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from odzew.entrypoints.bench.clips import encode
from odzew.hashing.canonical import Unreadable
from odzew.hashing.containers import container_of
from odzew.hashing.sniff import kind_of
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import TIERS, VideoLimits
from tests.video.build import few, film_file, mutated, muxed

SMALL_FILMS = ("mp4", "matroska", "avi", "mpegts", "flv")

LISTS = {
    "hls": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n",
    "concat": b"ffconcat version 1.0\nfile /etc/hostname\n",
    "sdp": b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 9 RTP/AVP 96\r\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1:9/</BaseURL></MPD>',
    "smil": b"<smil><body><video src='http://127.0.0.1:9/x.mp4'/></body></smil>",
    "reference": b"[Reference]\r\nRef1=http://127.0.0.1:9/x\r\n",
    "name": b"http://127.0.0.1:9/film.mp4",
    "subtitles": b"1\n00:00:01,000 --> 00:00:02,000\nhello\n",
    "nothing": b"",
}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_of_other_files_are_no_films(kind: str) -> None:
    data = LISTS[kind] * 40
    assert container_of(head=data) is None
    assert kind_of(head=data) == "unknown"
    with pytest.raises(Unreadable) as caught:
        hash_video(file=data)
    assert caught.value.detail["verdict"] == "unknown"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give a list of what was opened, which must stay empty."""
    opened: list[str] = []

    def note(*words: object, **_: object) -> None:
        opened.append(repr(words))
        raise OSError("closed")

    for owner, name in ((os, "open"), (io, "open"), (socket, "socket"), (subprocess, "Popen")):
        monkeypatch.setattr(owner, name, note)
    monkeypatch.setattr("builtins.open", note)
    return opened


def test_a_film_that_names_another_file_reads_only_itself(closed: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    other = b"/etc/hostname"
    data = encode(frames=few(), fps=10, container="mov")
    place = data.index(b"url \0\0\0\1")
    points_away = data[: place + 4] + b"\0\0\0\0" + data[place + 8 :]
    playlist_inside = data.replace(b"mdat", b"mdat", 1) + b"#EXTM3U\n" + other
    for film in (points_away, playlist_inside):
        for tier in TIERS:
            try:
                hash_video(file=film, tier=tier)
            except Unreadable:
                continue
    assert closed == []


def test_a_film_behind_a_list_is_never_handed_to_the_reader_of_lists(closed: list[str]) -> None:
    with pytest.raises(Unreadable):
        hash_video(file=LISTS["hls"] + film_file())
    assert closed == []


def test_the_file_object_is_left_to_its_owner() -> None:
    file = io.BytesIO(film_file())
    file.seek(100)
    hash_video(file=file)
    assert not file.closed
    with Path("/dev/null").open("rb") as empty, pytest.raises(Unreadable):
        hash_video(file=empty)


def test_no_pictures_larger_than_allowed() -> None:
    data = film_file()
    with pytest.raises(Unreadable) as caught:
        hash_video(file=data, limits=VideoLimits(pixels=256 * 144 - 1))
    assert "36,863 pixels" in caught.value.sentence
    assert hash_video(file=data, limits=VideoLimits(pixels=256 * 144)).frames


@cache
def long_film() -> bytes:
    return muxed(packets=[(100 * n, 100 * n) for n in range(100)])


@pytest.mark.parametrize(
    ("limits", "looked", "seconds"),
    [
        (VideoLimits(seconds=3.0), 32, 3.1),
        (VideoLimits(decoded=20), 20, 1.9),
        (VideoLimits(work=256 * 144 * 20), 20, 1.9),
    ],
)
def test_what_was_left_out_is_said(limits: VideoLimits, looked: int, seconds: float) -> None:
    found = hash_video(file=long_film(), tier="known", limits=limits)
    assert not found.whole
    assert abs(found.looked - looked) <= 1
    assert abs(found.seconds - seconds) <= 0.11
    assert f"only its first {found.seconds:.0f} seconds" in found.note
    assert hash_video(file=long_film(), tier="known").note == ""


def test_never_more_frames_than_allowed() -> None:
    every = hash_video(file=long_film(), tier="known").frames
    found = hash_video(file=long_film(), tier="known", limits=VideoLimits(frames=7))
    assert found.frames == every[:7]
    assert not found.whole
    assert "first 7 different pictures" in found.note
    wide = hash_video(file=long_film(), tier="full", limits=VideoLimits(frames=5))
    assert (len(wide.frames), wide.whole) == (5, True)
    assert wide.frames[-1].at >= 7


def test_only_so_many_bytes_are_read() -> None:
    data = encode(frames=few(seconds=3), fps=10, container="mpegts", codec="mpeg2video")
    whole = hash_video(file=data, tier="known")
    part = hash_video(file=data, tier="known", limits=replace(VideoLimits(), bytes=len(data) // 2))
    assert 0 < part.looked < whole.looked
    assert part.frames[:-1] == whole.frames[: len(part.frames) - 1]


FUZZ = """
import sys
from odzew.entrypoints.bench.clips import encode
from odzew.hashing.canonical import Unreadable
from odzew.hashing.video import hash_video
from odzew.hashing.video_data import TIERS, VideoLimits
from tests.video.build import few, mutated
many, containers = int(sys.argv[1]), sys.argv[2:]
frames = few(seconds=1, size=(64, 48))
for container in containers:
    data, hashed = encode(frames=frames, fps=10, container=container), 0
    for seed in range(many):
        try:
            found = hash_video(file=mutated(data=data, seed=seed), tier=TIERS[seed % 4], limits=VideoLimits(pixels=1_000_000))
            assert found.looked and len(found.frames) <= found.looked
            hashed += 1
        except Unreadable as error:
            assert error.sentence and error.detail["verdict"] in ("unknown", "damaged", "no_picture")
    print(container, hashed)
"""


def test_mutated_films_end_in_hashes_or_a_verdict() -> None:
    many = int(os.environ.get("ODZEW_FUZZ_FILMS", "80"))
    words = [sys.executable, "-c", FUZZ, str(many), *SMALL_FILMS]
    done = subprocess.run(words, capture_output=True, text=True, timeout=250 + many, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    hashed = {container: int(number) for container, number in (line.split() for line in done.stdout.splitlines())}
    assert set(hashed) == set(SMALL_FILMS)
    assert min(hashed.values()) > many // 10


def test_the_mutations_change_something() -> None:
    data = film_file()
    assert len({mutated(data=data, seed=seed) for seed in range(50)}) >= 48
