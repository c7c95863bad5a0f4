"""The benchmark measures what it names, and says where its peer is absent."""

from __future__ import annotations

import numpy as np
import pytest

from odzew.entrypoints.bench import hash as bench
from odzew.hashing.pdq import pdq_of_rgb


def test_every_promised_figure_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "SIZES", dict.fromkeys(bench.SIZES, (120, 80)))
    monkeypatch.setattr(bench, "ROUNDS", 1)
    monkeypatch.setattr(bench, "find_spec", lambda name: None)
    found = {figure.figure: figure for figure in bench.run()}
    jpeg = {f"JPEG, {size}, {mode}" for size in ("0.3 MP", "2 MP", "12 MP") for mode in ("exact", "fast")}
    assert jpeg | {"PNG, 2 MP, exact", "WebP, 2 MP, exact"} <= set(found)
    for figure in found.values():
        assert figure.unit == "ms" and figure.ours > 0 and figure.peer is None and figure.peer_name == "pdqhash: absent"


def test_a_photo_is_the_same_again_and_has_structure() -> None:
    one, again = (bench.photo(seed=4, size=(300, 200)) for _ in range(2))
    assert one.tobytes() == again.tobytes()
    assert pdq_of_rgb(pixels=np.asarray(one)).pdq.quality == 100
