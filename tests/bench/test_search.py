"""The benchmarks of searches, with few hashes: every promised figure is there, and what is said to be found is found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.entrypoints.bench import lookups, match, scan
from odzew.entrypoints.bench.bits import KINDS, generated
from odzew.entrypoints.bench.data import Figure
from odzew.entrypoints.bench.filling import apart
from odzew.entrypoints.bench.ground import Ground, _platform
from odzew.entrypoints.bench.recall import recall
from odzew.foundation.settings import settings
from odzew.matching import segments
from odzew.matching.api import Answer, Index

N = 6_000


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few hashes have tables too."""
    monkeypatch.setattr(segments, "TABLES_FROM", 200)
    for module, name, value in (
        (match, "QUESTIONS", 8),
        (match, "_FIRST", 2),
        (match, "ADDITIONS", 2),
        (lookups, "SPILL", 1 << 16),
    ):
        monkeypatch.setattr(module, name, value)


def _by_name(figures: Sequence[Figure]) -> dict[str, Figure]:
    return {figure.figure: figure for figure in figures}


@pytest.mark.usefixtures("transactional_db")
def test_every_figure_of_a_look_up_is_there(tmp_path: Path) -> None:
    found = _by_name(match._at(N, tmp_path))
    for heat in ("warm", "cold"):
        for state in ("", "_worst"):
            alone, beside = found[f"lookup_{heat}{state}"], found[f"lookup_{heat}{state}_flat"]
            assert alone.ours == beside.ours > 0 and alone.n == beside.n == N and alone.unit == "us"
            assert beside.peer and beside.ratio == pytest.approx(beside.peer / beside.ours)
            assert alone.peer or alone.peer_name == "threatexchange: absent"
    for kind in KINDS:
        assert found[f"recall_{kind}"].ours == 1.0
    assert found["found_beyond"].ours == 0
    assert found["addition_matchable"].ours > 0 and found["bytes_per_hash"].ours > 0


@pytest.mark.usefixtures("transactional_db")
def test_an_index_that_misses_or_invents_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Index.near

    def worse(index: Index, **asked: Any) -> Answer:
        answer = honest(index, **asked)
        hits = tuple(tuple(h._replace(distance=h.distance - (h.distance > 29)) for h in some) for some in answer.hits)
        return Answer(hits=hits, complete=answer.complete, as_of=answer.as_of)

    monkeypatch.setattr(Index, "near", worse)
    found = _by_name(recall(folder=tmp_path, n=N))
    assert found["recall_uniform"].ours == 0 and found["found_beyond"].ours > 0


def test_growth_is_held_against_the_number_of_hashes() -> None:
    def figure(name: str, n: int, ours: float) -> Figure:
        return Figure(figure=name, ours=ours, peer=None, ratio=None, unit="us", peer_name="", n=n)

    figures = [figure("lookup_warm", 100, 10.0), figure("lookup_warm", 1_000, 20.0), figure("bytes_per_hash", 100, 130.0)]
    (step,) = match._growth(figures)
    assert (step.figure, step.ours, step.peer, step.ratio, step.n) == ("lookup_warm_growth", 2.0, 10.0, 5.0, 1_000)


def test_ways_that_do_not_find_the_same_are_not_measured() -> None:
    asked = lookups.questions(words=generated(kind="uniform", n=10, seed=1), number=4, seed=2)
    with pytest.raises(RuntimeError, match="do not find the same"):
        lookups.warm(ways={"one": lambda _: 1, "other": lambda _: 0}, asked=asked)


@given(total=st.integers(0, 20_000_000))
def test_the_worst_state_is_one_that_is_never_merged(total: int) -> None:
    sizes = apart(total=total)
    assert sum(sizes) == total and all(size > 0 for size in sizes)


@pytest.mark.usefixtures("transactional_db")
def test_every_figure_of_a_scan_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "FILES", 200)
    monkeypatch.setattr(scan, "ROUNDS", 1)
    found = _by_name(scan._back_search(N, tmp_path))
    assert {"back_search_warm", "back_search_cold", "back_search_limit", "back_search_kernel_warm"} == set(found)
    assert found["back_search_cold"].peer_name == "FAISS flat" and found["back_search_limit"].unit == "us"
    desk = Ground(url="", admin_url="", api_key=_platform(), folder=settings().data)
    assert scan._scanned(desk).ours > 0
