"""Cohen's kappa: against values worked out by hand and published ones, and what holds of any answers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odzew.decisions.kappa import kappa

WORDS = ("remove", "keep_withheld", "no_violation")
TABLES = st.dictionaries(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)), st.integers(0, 60), max_size=9)


def _of(*, yes_yes: int, yes_no: int, no_yes: int, no_no: int) -> dict[tuple[str, str], int]:
    return {("y", "y"): yes_yes, ("y", "n"): yes_no, ("n", "y"): no_yes, ("n", "n"): no_no}


def test_by_hand() -> None:
    """Of 50 cases 35 alike; the first says yes to 25, the second to 30: by chance 0.5 are alike, so kappa is 0.2 / 0.5.

    The error is that of Fleiss, Cohen and Everitt, term by term.
    """
    found = kappa(pairs=_of(yes_yes=20, yes_no=5, no_yes=10, no_no=15))
    assert found is not None and found.n == 50
    assert found.value == pytest.approx(0.4)
    diagonal = 0.4 * (0.5 - 1.1 * 0.3) ** 2 + 0.3 * (0.5 - 0.9 * 0.3) ** 2
    apart = 0.09 * (0.1 * (0.6 + 0.5) ** 2 + 0.2 * (0.4 + 0.5) ** 2)
    shift = (0.7 * 0.5 - 2 * 0.5 + 0.7) ** 2
    error = math.sqrt((diagonal + apart - shift) / 50) / 0.25
    assert found.low == pytest.approx(0.4 - 1.959964 * error, abs=1e-5)
    assert found.high == pytest.approx(0.4 + 1.959964 * error, abs=1e-5)


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        # Two ways to have 60 of 100 alike, by how the answers are spread: the example of the paradox of kappa.
        (_of(yes_yes=45, yes_no=15, no_yes=25, no_no=15), 0.1304),
        (_of(yes_yes=25, yes_no=35, no_yes=5, no_no=35), 0.2593),
        (_of(yes_yes=0, yes_no=50, no_yes=50, no_no=0), -1.0),
        (_of(yes_yes=25, yes_no=25, no_yes=25, no_no=25), 0.0),
    ],
)
def test_known_values(pairs: dict[tuple[str, str], int], value: float) -> None:
    found = kappa(pairs=pairs)
    assert found is not None and found.value == pytest.approx(value, abs=5e-5)


def test_where_it_says_nothing() -> None:
    assert kappa(pairs={}) is None
    assert kappa(pairs={("remove", "remove"): 500}) is None, "always one answer: chance alone explains it"
    perfect = kappa(pairs={("remove", "remove"): 30, ("no_violation", "no_violation"): 70})
    assert perfect is not None and (perfect.value, perfect.low, perfect.high) == (1.0, 1.0, 1.0)


@given(TABLES)
def test_what_holds_of_any_answers(pairs: dict[tuple[str, str], int]) -> None:
    found = kappa(pairs=pairs)
    if found is None:
        assert len({w for pair, n in pairs.items() if n for w in pair}) <= 1
        return
    assert -1 - 1e-9 <= found.low <= found.value + 1e-9 <= found.high + 2e-9 <= 1 + 3e-9
    swapped = kappa(pairs={(b, a): n for (a, b), n in pairs.items()})
    renamed = kappa(pairs={(a[::-1], b[::-1]): n for (a, b), n in pairs.items()})
    for other in (swapped, renamed):
        assert other is not None
        assert other.value == pytest.approx(found.value)
        assert (other.low, other.high) == pytest.approx((found.low, found.high), abs=1e-6)
    more = kappa(pairs={pair: 100 * n for pair, n in pairs.items()})
    assert more is not None and more.value == pytest.approx(found.value)
    assert more.high - more.low <= found.high - found.low + 1e-9, "more looks say it closer"
    agreed, n = sum(c for (a, b), c in pairs.items() if a == b), sum(pairs.values())
    assert (found.value > 1 - 1e-12) == (agreed == n)
