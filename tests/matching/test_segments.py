"""A segment gives back what went into it, and whoever changed a byte is noticed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.matching.data import MD5, PDQ, SHA256, WIDTHS
from odzew.matching.segments import TABLES_FROM, Broken, Made, Opened, Rows, open_segment, path_of, without, write
from tests.matching.data import KINDS, generated

Pairs = set[tuple[bytes, int]]


def _rows(pairs: list[tuple[bytes, int]], type_: str) -> Rows:
    words = np.frombuffer(b"".join(h for h, _ in pairs), np.uint64).reshape(-1, WIDTHS[type_] // 8)
    return Rows(hashes=words, owners=np.array([o for _, o in pairs], np.int64))


def _pairs(rows: Rows) -> list[tuple[bytes, int]]:
    return [(h.tobytes(), o) for h, o in zip(rows.hashes, rows.owners.tolist(), strict=True)]


def _by_owners_of(opened: Opened) -> list[tuple[bytes, int]]:
    hashes = opened.part.hashes
    return [(hashes[n].tobytes(), owner) for n in range(len(hashes)) for owner in opened.owners_of(place=n)]


@settings(max_examples=80, deadline=None)
@given(
    type_=st.sampled_from([PDQ, SHA256, MD5]),
    numbers=st.lists(
        st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 4) | st.integers(0, (1 << 63) - 1)), max_size=60
    ),
    data=st.data(),
)
def test_what_goes_in_comes_out_sorted_and_once(
    tmp_path_factory: pytest.TempPathFactory, type_: str, numbers: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("index")
    width = WIDTHS[type_]
    pairs = [(bytes([a]) * (width - 1) + bytes([b]), owner) for a, b, owner in numbers]
    made = write(folder=folder, type=type_, rows=_rows(pairs, type_))
    opened = open_segment(folder=folder, type=type_, sha256=made.sha256)
    assert sorted(set(pairs)) == sorted(_pairs(opened.rows())) == sorted(_by_owners_of(opened))
    assert made.hashes == len({h for h, _ in pairs}) == len(opened.part.hashes) and made.pairs == len(set(pairs))
    words = opened.part.hashes.tolist()
    assert words == sorted(words)
    other = data.draw(st.permutations(pairs))
    assert write(folder=folder, type=type_, rows=_rows([*other, *other[:3]], type_)) == made
    gone = {owner for _, owner in pairs[:2]}
    rest = without(rows=opened.rows(), owners=np.array(sorted(gone), np.int64))
    assert sorted(_pairs(rest)) == sorted(p for p in set(pairs) if p[1] not in gone)
    assert [p.name for p in folder.iterdir()] == [path_of(folder=folder, sha256=made.sha256).name]


def _large(folder: Path, kind: str = "uniform", n: int = TABLES_FROM + 5) -> Made:
    return write(folder=folder, type=PDQ, rows=Rows(hashes=generated(kind=kind, n=n, seed=1), owners=np.arange(n)))


@pytest.mark.parametrize("kind", KINDS)
def test_many_different_hashes_have_tables(tmp_path: Path, kind: str) -> None:
    made = _large(tmp_path, kind)
    opened = open_segment(folder=tmp_path, type=PDQ, sha256=made.sha256)
    assert (opened.part.tables is not None) == (made.hashes >= TABLES_FROM)


def test_a_file_of_an_older_layout_is_set_aside(tmp_path: Path) -> None:
    content = path_of(folder=tmp_path, sha256=_large(tmp_path).sha256).read_bytes().replace(b"odzewix2", b"odzewix1", 1)
    sha256 = hashlib.sha256(content).digest()
    path_of(folder=tmp_path, sha256=sha256).write_bytes(content)
    with pytest.raises(Broken, match="another version"):
        open_segment(folder=tmp_path, type=PDQ, sha256=sha256)
    assert not path_of(folder=tmp_path, sha256=sha256).exists()


def test_a_hash_takes_at_most_130_bytes(tmp_path: Path) -> None:
    made = _large(tmp_path, n=500_000)
    assert made.size == path_of(folder=tmp_path, sha256=made.sha256).stat().st_size
    assert made.size / made.hashes <= 130


def test_a_mapped_segment_cannot_be_written(tmp_path: Path) -> None:
    opened = open_segment(folder=tmp_path, type=PDQ, sha256=_large(tmp_path).sha256)
    with pytest.raises(ValueError, match="read-only"):
        opened.part.hashes[0, 0] = 1


@pytest.mark.parametrize("harm", ("gone", "byte", "short", "empty", "long"))
def test_a_segment_that_is_not_what_it_was_is_set_aside(tmp_path: Path, harm: str) -> None:
    made = _large(tmp_path)
    path = path_of(folder=tmp_path, sha256=made.sha256)
    whole = path.read_bytes()
    path.unlink()
    if harm != "gone":
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        path.write_bytes({"byte": bytes(changed), "short": whole[:-64], "empty": b"", "long": whole + b"x"}[harm])
    with pytest.raises(Broken):
        open_segment(folder=tmp_path, type=PDQ, sha256=made.sha256)
    assert not path.exists()


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space"):
        _large(tmp_path)
    assert list(tmp_path.iterdir()) == []
