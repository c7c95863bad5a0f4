"""A catalogue of any files is hashed once each, whatever they are called, and however often it is stopped."""

from __future__ import annotations

import io
import json
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from odzew.entrypoints.catalogue.book import Book, path_in, path_said
from odzew.entrypoints.catalogue.entries import Entry, listed, walk
from odzew.entrypoints.cli.main import app
from odzew.foundation.errors import Conflict, Invalid
from odzew.matching.decoder import one
from tests.cli.demos import ODZEW, odzew, surroundings, until
from tests.hashing.vectors import FOLDER

PICTURE = (FOLDER / "rgb.png").read_bytes()
ROW = next(r for r in json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8")) if r["file"] == "rgb.png")


def lines(out: Path) -> list[dict[str, Any]]:
    """Return the lines of a catalogue."""
    text = out.read_bytes()
    assert text.endswith(b"\n")
    return [json.loads(line) for line in text.splitlines()]


def write(out: Path, entries: list[Entry] | None = None, *, folder: bytes = b"") -> None:
    """Write a catalogue's lines without hashing anything, from where it stands."""
    with Book(path=out, resume=True) as book:
        found = walk(folder=folder, after=book.last) if entries is None else iter(entries[book.lines :])
        for entry in found:
            book.write(line={**path_said(path=entry.path), "note": entry.note})


NAME = st.one_of(
    st.sampled_from([b"a", b"a!", b"a0", b"b", "żółw".encode(), b"new\nline", b"\xff\xfe", b'quo"te', b"-"]),
    st.binary(min_size=1, max_size=3).filter(lambda n: b"/" not in n and b"\0" not in n and n not in (b".", b"..")),
)
PATHS = st.lists(st.lists(NAME, min_size=1, max_size=3), max_size=12)


def plant(top: Path, paths: list[list[bytes]]) -> bytes:
    """Make files; where a folder or a file is in the way, leave it."""
    root = os.fsencode(top)
    for path in paths:
        *above, name = path
        place = Path(os.fsdecode(b"/".join([root, *above])))
        try:
            place.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(place / os.fsdecode(name)):
                (place / os.fsdecode(name)).touch()
        except (FileExistsError, NotADirectoryError):
            continue
    return root


@settings(deadline=None, max_examples=60)
@given(paths=PATHS, data=st.data())
def test_stopped_at_any_byte_it_goes_on_to_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, paths: list[list[bytes]], data: st.DataObject
) -> None:
    base = tmp_path_factory.mktemp("catalogue")
    (base / "files").mkdir()
    folder, out = plant(base / "files", paths), base / "out"
    write(out, folder=folder)
    whole = out.read_bytes()
    expected = sorted(b"/".join([top, n]) for top, _, names in os.walk(folder) for n in names)
    assert sorted(path_in(line=json.loads(line)) for line in whole.split(b"\n")[:-1]) == expected
    for _ in range(3):
        os.truncate(out, int(len(whole) * data.draw(st.floats(0, 1))))
        write(out, folder=folder)
        assert out.read_bytes() == whole


@settings(deadline=None, max_examples=40)
@given(names=st.lists(NAME, max_size=8), end=st.booleans(), data=st.data())
def test_a_list_says_each_path_once_and_goes_on_in_its_middle(names: list[bytes], end: bool, data: st.DataObject) -> None:
    names = [*names, b"new\nline"]
    text = b"\0".join(names) + (b"\0" if end else b"")
    if len(names) > 1 or end:
        assert [e.path for e in listed(lines=io.BytesIO(text))] == names
        skip = data.draw(st.integers(0, len(names)))
        rest = listed(lines=io.BytesIO(text), skip=skip, last=names[skip - 1] if skip else None)
        assert [e.path for e in rest] == names[skip:]
    plain = [n for n in names if b"\n" not in n]
    assert [e.path for e in listed(lines=io.BytesIO(b"\n".join(plain)))] == plain


def test_another_list_or_folder_than_the_one_begun_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Conflict):
        list(listed(lines=io.BytesIO(b"a\nb\nc\n"), skip=2, last=b"x"))
    with pytest.raises(Conflict):
        list(walk(folder=os.fsencode(tmp_path), after=b"/elsewhere/a"))
    with pytest.raises(Invalid):
        list(listed(lines=io.BytesIO(b"x" * (1 << 25))))


def test_a_folder_as_deep_as_it_can_be_stops_nothing(tmp_path: Path) -> None:
    steps = [os.open(tmp_path, os.O_RDONLY)]
    try:
        for _ in range(300):
            os.mkdir("d", dir_fd=steps[-1])
            steps.append(os.open("d", os.O_RDONLY, dir_fd=steps[-1]))
        os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=steps[-1]))
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(250)
        try:
            (found,) = walk(folder=os.fsencode(tmp_path))
        finally:
            sys.setrecursionlimit(limit)
    finally:
        for step in steps:
            os.close(step)
    assert found.path.endswith(b"/d" * 300 + b"/f") and not found.note


def test_a_book_is_written_by_one_alone_and_not_over(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Book(path=out, resume=False) as book:
        with pytest.raises(Conflict):
            Book(path=out, resume=True)
        book.write(line={"path": "a"})
    with pytest.raises(Conflict):
        Book(path=out, resume=False)
    out.write_text("not a catalogue\n")
    with pytest.raises(Conflict):
        Book(path=out, resume=True)
    with pytest.raises(Invalid):
        Book(path=tmp_path / "none" / "out", resume=True)


def test_every_kind_of_thing_is_a_line_and_none_stops_it(tmp_path: Path) -> None:
    files, out = tmp_path / "files", tmp_path / "files" / "out.ndjson"
    files.mkdir()
    (files / "żółw\nnowy.png").write_bytes(PICTURE)
    (files / "film.gif").write_bytes((FOLDER / "moving.gif").read_bytes())
    (files / "empty.jpg").touch()
    Path(os.fsdecode(os.fsencode(files) + b"/\xff.png")).write_bytes(PICTURE)
    (files / "loop").symlink_to(files)
    (files / "nowhere").symlink_to(tmp_path / "nothing")
    os.mkfifo(files / "pipe")
    with (files / "huge.png").open("wb") as huge:
        huge.write(PICTURE)
        huge.truncate(5 << 30)
    ran = odzew("hash", "--catalogue", str(files), "--out", str(out), "--turned", "--json", "--processes", "2")
    assert ran.returncode == 0, ran
    said = json.loads(ran.stdout)
    assert (said["files"], said["hashed"], said["before"]) == (8, 3, 0)
    assert said["verdicts"] == {"ok": 3, "too_large": 1, "unread": 3, "unreadable": 1}
    by = {path_in(line=line).rpartition(b"/")[2]: line for line in lines(out)}
    for name in ("żółw\nnowy.png".encode(), b"\xff.png"):
        assert {k: by[name][k] for k in ("pdq", "quality", "sha256", "md5")} == {
            k: ROW[k] for k in ("pdq", "quality", "sha256", "md5")
        }
        assert len(by[name]["turned"]) == 8 and by[name]["turned"][0] == ROW["pdq"]
    assert len(by[b"film.gif"]["frames"]) == 3
    assert all(by[n]["note"] and by[n]["pdq"] is None for n in (b"empty.jpg", b"loop", b"nowhere", b"pipe", b"huge.png"))
    again = odzew("hash", "--catalogue", str(files), "--out", str(out))
    assert again.returncode == 1 and "--resume" in again.stderr and again.stderr.count("\n") == 1


def test_a_list_may_name_what_is_gone(tmp_path: Path) -> None:
    listing, out = tmp_path / "list", tmp_path / "out"
    listing.write_bytes(b"\0".join(os.fsencode(p) for p in (FOLDER / "rgb.png", tmp_path / "gone\nfor good", tmp_path)))
    ran = CliRunner().invoke(app, ["hash", "--catalogue", str(listing), "--out", str(out)])
    assert ran.exit_code == 0 and ran.stdout == "3 files: 1 hashed, 2 unread.\n"
    assert [bool(line["pdq"]) for line in lines(out)] == [True, False, False]
    assert "No such file" in lines(out)[1]["note"] and "folder" in lines(out)[2]["note"]


def test_wrong_use_is_said(tmp_path: Path) -> None:
    for words in (["--catalogue", str(tmp_path)], ["--catalogue", str(tmp_path), "x.png", "--out", "o"], ["x.png", "--resume"], []):
        assert CliRunner().invoke(app, ["hash", *words]).exit_code == 2, words


def test_killed_at_any_moment_no_file_is_missing_and_none_is_there_twice(tmp_path: Path) -> None:
    files, out = tmp_path / "files", tmp_path / "out"
    files.mkdir()
    for n in range(300):
        (files / f"{n}.png").write_bytes(PICTURE + bytes([n % 256, n // 256]))
    words = [ODZEW, "hash", "--catalogue", str(files), "--out", str(out), "--resume", "--processes", "2"]
    with subprocess.Popen(words, env=surroundings(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        assert until(lambda: out.exists() and out.read_bytes().count(b"\n") >= 40, within=100)
        running.send_signal(signal.SIGKILL)
        running.wait(60)
    ran = odzew(*words[1:], "--json")
    assert ran.returncode == 0, ran
    found = [line["path"] for line in lines(out)]
    assert sorted(found) == sorted(str(p) for p in files.iterdir()) and len(found) == 300
    assert {line["pdq"] for line in lines(out)} == {ROW["pdq"]}


def test_the_function_for_one_file_can_be_sent_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(one.hash_one)) is one.hash_one  # noqa: S301
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        by_path, by_bytes = pool.map(one.hash_one, [str(FOLDER / "rgb.png"), PICTURE])
    assert by_path == by_bytes and by_path["pdq"] == ROW["pdq"] and by_path["verdict"] == "ok"
    assert json.loads(json.dumps(by_path)) == by_path
