"""`odzew hash`, as people and scripts type it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from tests.cli.demos import odzew
from tests.hashing.encode import png
from tests.hashing.vectors import FOLDER, base

ROWS = {row["file"]: row for row in json.loads((FOLDER / "vectors.json").read_text(encoding="utf-8"))}


def test_files_are_named_as_given_and_those_that_fail_have_a_note(tmp_path: Path) -> None:
    good, bad, none = f"{FOLDER}/./rgb.png", str(FOLDER / "text.png"), str(tmp_path / "none.jpg")
    ran = odzew("hash", good, bad, none, str(tmp_path), "--json")
    assert ran.returncode == 0, ran
    found = json.loads(ran.stdout)
    assert [one["file"] for one in found] == [good, bad, none, str(tmp_path)]
    row = ROWS["rgb.png"]
    assert found[0] == {"file": good, "kind": "image", **{k: row[k] for k in ("pdq", "quality", "sha256", "md5")}}
    assert found[1]["pdq"] is None and found[1]["sha256"] == ROWS["text.png"]["sha256"] and "no picture" in found[1]["note"]
    assert found[2]["sha256"] is None and "cannot be read: No such file" in found[2]["note"]
    assert "is a folder: name the files in it" in found[3]["note"]


def test_an_animation_has_frames(tmp_path: Path) -> None:
    found = json.loads(odzew("hash", str(FOLDER / "moving.gif"), "--json").stdout)
    assert found[0]["frames"] == ROWS["moving.gif"]["frames"] and found[0]["kind"] == "image"


def test_it_fails_if_all_fail_and_says_so_in_a_sentence(tmp_path: Path) -> None:
    one = odzew("hash", str(tmp_path))
    assert one.returncode == 1 and one.stderr == f"odzew: {tmp_path} is a folder: name the files in it.\n"
    two = odzew("hash", str(tmp_path), str(FOLDER / "text.png"), "--json")
    assert two.returncode == 1 and len(json.loads(two.stdout)) == 2 and "None of the files" in two.stderr
    assert odzew("hash").returncode == 2


def test_a_person_reads_lines_and_a_name_may_be_anything(tmp_path: Path) -> None:
    odd = tmp_path / "żółta łódka — 1.mp4"
    odd.write_bytes(png(base()))
    ran = odzew("hash", str(odd))
    assert ran.returncode == 0 and ran.stdout.splitlines()[0] == str(odd)
    assert ROWS["rgb.png"]["pdq"] in ran.stdout and hashlib.sha256(odd.read_bytes()).hexdigest() in ran.stdout


def test_it_needs_no_data_folder(tmp_path: Path) -> None:
    ran = odzew("hash", str(FOLDER / "rgb.png"), ODZEW_DATA=str(tmp_path / "none"), ODZEW_DATABASE_URL="")
    assert ran.returncode == 0 and not os.path.lexists(tmp_path / "none")
