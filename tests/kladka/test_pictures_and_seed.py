"""Pictures are drawn, the first posts are put in once, and the program runs by itself."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from odzew.entrypoints.kladka import multipart, seed
from odzew.entrypoints.kladka.pictures import BRIDGES, bridge, pattern
from tests.kladka.helpers import KEY, SECRET, Desk, Site

SMALL = (160, 120)


def test_the_same_seed_draws_the_same_picture_and_another_does_not() -> None:
    for draw in (bridge, pattern):
        drawn = [draw(seed=number, size=SMALL) for number in range(8)]
        assert drawn == [draw(seed=number, size=SMALL) for number in range(8)]
        assert len(set(drawn)) == 8


@pytest.mark.parametrize("kind", list(BRIDGES))
def test_every_bridge_is_a_picture_of_the_size_asked_for(kind: str) -> None:
    for form, mime in (("PNG", "image/png"), ("JPEG", "image/jpeg")):
        content = bridge(seed=5, size=SMALL, kind=kind, form="PNG" if form == "PNG" else "JPEG")
        assert multipart.sniff(content) == mime
        with Image.open(io.BytesIO(content)) as image:
            assert image.size == SMALL


def test_there_is_no_bridge_to_nowhere() -> None:
    with pytest.raises(ValueError, match="a bridge is one of"):
        bridge(seed=1, kind="nowhere")


def test_sniffing_knows_four_kinds() -> None:
    assert multipart.sniff(b"GIF89a...") == "image/gif"
    assert multipart.sniff(b"RIFF0000WEBPVP8 ") == "image/webp"
    assert multipart.sniff(b"RIFF0000WAVE") is None
    assert multipart.sniff(b"") is None


def test_the_first_posts_are_put_in_once(site: Site, desk: Desk) -> None:
    seed(site.app)
    seed(site.app)
    posts = site.app.store.posts()
    assert len(posts) == 8
    assert len({post.account for post in posts}) >= 3
    assert [post.repost_of for post in posts if post.repost_of] == ["kladka-w-parku"]
    assert all(post.registered for post in posts)
    assert len(desk.at("/check")) == 8
    page = site.get("/", accept_language="pl").text
    assert "Kładka w parku, ta przy kaczkach" in page
    assert page.count("<img ") == 8


def test_the_program_runs_prints_its_address_and_stops_when_told(desk: Desk, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "odzew.entrypoints.kladka", "--port", "0", "--desk", desk.url, "--state", str(tmp_path)]
    environment = {**os.environ, "KLADKA_API_KEY": KEY, "KLADKA_WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        url = program.stdout.readline().strip()
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            assert answer.status == 200
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=10) == 0
        assert program.stderr.read() == ""


@pytest.mark.parametrize(
    ("key", "secret", "url", "code"),
    [
        ("", SECRET, "http://127.0.0.1:1", 2),
        (KEY, "", "http://127.0.0.1:1", 2),
        (KEY, "whsec_", "http://127.0.0.1:1", 1),
        (KEY, SECRET, "ftp://x", 1),
    ],
)
def test_wrong_use_is_one_sentence(tmp_path: Path, key: str, secret: str, url: str, code: int) -> None:
    command = [sys.executable, "-m", "odzew.entrypoints.kladka", "--port", "0", "--desk", url, "--state", str(tmp_path)]
    environment = {**os.environ, "KLADKA_API_KEY": key, "KLADKA_WEBHOOK_SECRET": secret}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == code
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_broken_state_file_is_said_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    command = [
        sys.executable,
        "-m",
        "odzew.entrypoints.kladka",
        "--port",
        "0",
        "--desk",
        "http://127.0.0.1:1",
        "--state",
        str(tmp_path),
    ]
    environment = {**os.environ, "KLADKA_API_KEY": KEY, "KLADKA_WEBHOOK_SECRET": SECRET}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "cannot be read" in done.stderr
    assert (tmp_path / "state.json").read_text() == "{"
