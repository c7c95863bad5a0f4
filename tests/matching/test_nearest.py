"""The search finds exactly what looking at everything finds: by our own scan, and by that of FAISS."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.hashing import nearest, nearest_plain, nearest_tables
from odzew.hashing.nearest import HITS, Part, Parts, Room, tables_of
from odzew.hashing.nearest_tables import ALL, CHUNKS, FIRST, FIRSTS, HEAD, IN_ORDER, KEYS, MOST, TAIL, shape_of
from tests.matching.data import KINDS, Words, generated, in_order, moved

SIZES = (0, 1, 2, 3, 17, 1_000, 20_000, 100_000)


def _with_tables(hashes: Words) -> Part:
    return Part(hashes=hashes, in_order=True, tables=tables_of(hashes=hashes))


def _near(parts: Parts, query: Words, radius: int) -> list[tuple[int, int, int]]:
    """Ask in both ways; they say the same."""
    found = parts.near(queries=query[None], radii=np.array([radius]))
    rows, room = found.rows.tolist(), Room()
    assert all(label == 0 for label, *_ in rows)
    asked = query.tobytes()
    count = parts.count(asked, radius, room.address, HITS) if parts.count is not None else None
    assert sorted(parts.found(count=count, query=asked, radius=radius, room=room)) == sorted(rows)
    assert room.counts.tolist() == [found.postings, found.compared, found.scans]
    return sorted((part, place, distance) for _, part, place, distance in rows)


def _flat(hashes: Words, query: Words, radius: int) -> list[tuple[int, int, int]]:
    places, distances = nearest_plain.flat(hashes=hashes, query=query, radius=radius)
    return [(0, place, distance) for place, distance in zip(places.tolist(), distances.tolist(), strict=True)]


def _queries(hashes: Words, rng: np.random.Generator) -> list[Words]:
    away = rng.integers(0, 1 << 64, (4, 4), np.uint64)
    if not len(hashes):
        return list(away)
    return [
        *away,
        *(moved(hashes[rng.integers(len(hashes))], d, rng=rng, spread=s) for d in range(36) for s in (False, True)),
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", SIZES)
def test_the_result_set_is_that_of_looking_at_everything(kind: str, n: int) -> None:
    hashes = in_order(generated(kind=kind, n=n, seed=n))
    parts = Parts(parts=[_with_tables(hashes)], width=4)
    rng = np.random.default_rng(n)
    queries = _queries(hashes, rng)
    for query in queries[:: 1 if n < 20_000 else 5]:
        assert _near(parts, query, 31) == _flat(hashes, query, 31)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    n=st.integers(0, 400),
    seed=st.integers(0, 1 << 30),
    radius=st.integers(0, 47),
    distance=st.integers(0, 48),
    spread=st.booleans(),
)
def test_at_every_radius(kind: str, n: int, seed: int, radius: int, distance: int, spread: bool) -> None:
    hashes = in_order(generated(kind=kind, n=n, seed=seed))
    rng = np.random.default_rng(seed)
    query = moved(hashes[rng.integers(n)] if n else np.zeros(4, np.uint64), distance, rng=rng, spread=spread)
    assert _near(Parts(parts=[_with_tables(hashes)], width=4), query, radius) == _flat(hashes, query, radius)


@pytest.mark.parametrize("radius", range(32))
def test_what_lies_at_a_distance_is_found_within_it_and_not_within_one_less(radius: int) -> None:
    rng = np.random.default_rng(radius)
    hashes = in_order(generated(kind="uniform", n=5_000, seed=7))
    parts = Parts(parts=[_with_tables(hashes)], width=4)
    for spread in (False, True):
        for place in rng.integers(0, 5_000, 20).tolist():
            query = moved(hashes[place], radius, rng=rng, spread=spread)
            assert (0, place, radius) in _near(parts, query, radius)
            if radius:
                assert (0, place, radius) not in _near(parts, query, radius - 1)


@pytest.mark.parametrize("kind", KINDS)
def test_faiss_finds_the_same(kind: str) -> None:
    hashes = in_order(generated(kind=kind, n=30_000, seed=3))
    parts = Parts(parts=[_with_tables(hashes)], width=4)
    flat = faiss.IndexBinaryFlat(256)
    flat.add(hashes.view(np.uint8).reshape(-1, 32))
    for query in _queries(hashes, np.random.default_rng(5))[::7]:
        bounds, distances, places = flat.range_search(query.view(np.uint8)[None], 32)
        theirs = sorted((0, int(p), int(d)) for p, d in zip(places, distances, strict=True) if d <= 31)
        assert bounds[-1] == len(places)
        assert _near(parts, query, 31) == theirs


def test_near_duplicates_by_the_ten_thousand_are_all_found_and_the_scan_takes_over() -> None:
    rng = np.random.default_rng(1)
    centre = rng.integers(0, 1 << 64, 4, np.uint64)
    near = np.stack([moved(centre, d, rng=rng, spread=False) for d in rng.integers(0, 60, 20_000).tolist()])
    hashes = in_order(np.concatenate([near, generated(kind="uniform", n=20_000, seed=2)]))
    parts = Parts(parts=[_with_tables(hashes)], width=4)
    found = parts.near(queries=centre[None], radii=np.array([31]))
    assert found.scans == 1
    assert len(found.rows) > 8_000
    assert _near(parts, centre, 31) == _flat(hashes, centre, 31)


def test_several_parts_and_queries_in_one_call() -> None:
    sorted_ = [in_order(generated(kind=k, n=n, seed=n)) for k, n in (("uniform", 3_000), ("clustered", 500), ("duplicated", 40))]
    parts = Parts(parts=[_with_tables(sorted_[0]), _with_tables(sorted_[1]), Part(hashes=sorted_[2])], width=4)
    rng = np.random.default_rng(9)
    queries = np.stack([moved(h[3], d, rng=rng, spread=False) for h in sorted_ for d in (0, 9, 31)])
    radii = np.arange(9) * 5
    rows = {tuple(r) for r in parts.near(queries=queries, radii=radii).rows.tolist()}
    expected = {
        (label, number, place, distance)
        for label, (query, radius) in enumerate(zip(queries, radii.tolist(), strict=True))
        for number, hashes in enumerate(sorted_)
        for _, place, distance in _flat(hashes, query, radius)
    }
    assert rows == expected and len(expected) > 9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", (0, 1, 2, 5_000))
def test_numpy_finds_the_same(kind: str, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = in_order(generated(kind=kind, n=n, seed=n))
    ours = _with_tables(hashes)
    query = _queries(hashes, np.random.default_rng(2))[-30 if n else 0]
    near = _near(Parts(parts=[ours], width=4), query, 31)
    monkeypatch.setattr(nearest, "_kernels", lambda: None)
    assert _near(Parts(parts=[ours], width=4), query, 31) == near


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", (1, 5_000, 300_000))
def test_each_block_holds_the_partners_of_its_chunk_and_where_they_lie(kind: str, n: int) -> None:
    hashes = in_order(generated(kind=kind, n=n, seed=n))
    tables, chunks = tables_of(hashes=hashes), hashes.view(np.uint16).reshape(-1, CHUNKS)
    assert (tables.words, tables.rows) == shape_of(n=len(hashes))
    blocks = tables.blocks.reshape(CHUNKS, KEYS, tables.words)
    rows = iter(tables.places.reshape(-1, len(hashes), 3).astype(np.int64) @ [1, 1 << 8, 1 << 16])
    for k in range(CHUNKS):
        order = np.lexsort((chunks[:, k ^ 1], chunks[:, k]))
        if k == IN_ORDER or k in FIRST or tables.rows == ALL:
            assert np.array_equal(order, np.arange(len(hashes)) if k == IN_ORDER else next(rows))
        values, starts, counts = np.unique(chunks[order, k], return_index=True, return_counts=True)
        heads = blocks[k, :, :HEAD].copy().view(np.uint32)
        assert np.array_equal(np.flatnonzero(heads[:, 1]), values) and np.array_equal(
            heads[values], np.stack([starts, counts], axis=1)
        )
        for value, start, count in zip(values[::97], starts[::97], counts[::97], strict=True):
            block = blocks[k, value]
            inside = count if count <= tables.words - HEAD else tables.words - HEAD - TAIL
            begin = int(block[-TAIL]) | int(block[-1]) << 16
            there = [*block[HEAD : HEAD + inside].tolist(), *tables.more[begin : begin + count - inside].tolist()]
            assert there == chunks[order[start : start + count], k ^ 1].tolist()


@given(st.integers(0, MOST))
def test_a_block_is_whole_lines_or_divides_one_and_is_not_dear(n: int) -> None:
    words, rows = shape_of(n=n)
    assert words % 32 == 0 or 32 % words == 0
    assert rows in (FIRSTS, ALL)
    assert words == 8 or 32 + 8 + 3 * rows + 2 * words * CHUNKS * KEYS / n <= 130


@pytest.mark.parametrize("kind", KINDS)
def test_with_places_for_all_chunks_the_same_is_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = in_order(generated(kind=kind, n=5_000, seed=6))
    monkeypatch.setattr(nearest_tables, "shape_of", lambda *, n: (8, ALL))
    parts = Parts(parts=[_with_tables(hashes)], width=4)
    for query in _queries(hashes, np.random.default_rng(4)):
        for radius in (31, 17, 3, 0):
            assert _near(parts, query, radius) == _flat(hashes, query, radius)


@pytest.mark.parametrize("width", (2, 4))
@pytest.mark.parametrize("sorted_", (True, False))
@pytest.mark.parametrize("fast", (True, False))
def test_equal_rows_are_all_found(width: int, sorted_: bool, fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not fast:
        monkeypatch.setattr(nearest, "_kernels", lambda: None)
    rng = np.random.default_rng(4)
    hashes = rng.integers(0, 3, (9_000, width), np.uint64)
    hashes = in_order(hashes) if sorted_ else hashes
    parts = Parts(parts=[Part(hashes=hashes, in_order=sorted_), Part(hashes=hashes[:0], in_order=sorted_)], width=width)
    for query in (hashes[0], hashes[-1], hashes[77], np.full(width, 9, np.uint64), np.zeros(width, np.uint64)):
        expected = [[0, place] for place in np.flatnonzero((hashes == query).all(axis=1)).tolist()]
        assert sorted(parts.equal(query=query).tolist()) == expected
