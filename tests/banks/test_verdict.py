"""The verdict on several matches: what must hold whatever the banks say."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from odzew.banks.data import BankView, EntryView
from odzew.banks.verdict import Hit, Verdict, as_policy_matches, counts, in_share, judge, share_key
from tests.banks.build import NOW

OPINION = st.sampled_from(["confirmed", "seed", "negative"])


def bank(**changes: Any) -> BankView:
    plain = BankView(
        id=uuid.UUID(int=7),
        name="bridges",
        source="",
        opinion="confirmed",
        distance=31,
        enabled_share=1.0,
        hash_types=frozenset({"pdq", "md5", "sha256"}),
        jurisdictions=frozenset(),
        child=None,
        private_too=True,
        own=False,
        flood_floor=50,
        flood_times=20.0,
        created_at=NOW,
    )
    return replace(plain, **changes)


def hit(
    *,
    opinion: Any = "confirmed",
    distance: int = 0,
    type_: Any = "pdq",
    quality: int | None = 100,
    stored_quality: int | None = None,
    quarantined: datetime | None = None,
    number: int = 1,
    of: BankView | None = None,
) -> Hit:
    entry = EntryView(
        id=number,
        bank=of or bank(),
        member="",
        entry_id="",
        type=type_,
        value=b"",
        category="",
        opinion=opinion,
        child=None,
        quality=stored_quality,
        mode="exact",
        turned=False,
        first_seen=NOW,
        updated=NOW,
        quarantined_at=quarantined,
        released_at=None,
        from_case=None,
    )
    return Hit(entry=entry, hash=b"", distance=distance, quality=quality)


HITS = st.lists(
    st.builds(
        lambda opinion, distance, quarantined, limit: hit(
            opinion=opinion, distance=distance, quarantined=NOW if quarantined else None, of=bank(distance=limit)
        ),
        OPINION,
        st.integers(0, 31),
        st.booleans(),
        st.integers(0, 31),
    ),
    max_size=6,
)


def verdict(hits: list[Hit], **how: Any) -> Verdict:
    return judge(hits=hits, **{"complete": True, "jurisdiction": "EU", "key": b"k", **how})


@pytest.mark.parametrize(
    ("opinions", "answer", "opinion"),
    [
        ([], "allow", None),
        (["negative"], "allow", "negative"),
        (["seed"], "hold", "seed"),
        (["confirmed"], "block", "confirmed"),
        (["confirmed", "seed"], "block", "confirmed"),
        (["confirmed", "negative"], "hold", "disputed"),
        (["seed", "negative"], "hold", "disputed"),
        (["confirmed", "seed", "negative"], "hold", "disputed"),
    ],
)
def test_opinions_of_one_picture_add_up(opinions: list[str], answer: str, opinion: str | None) -> None:
    found = verdict([hit(opinion=o, number=n) for n, o in enumerate(opinions)])
    assert (found.answer, found.opinion) == (answer, opinion)


@given(HITS, st.booleans(), st.booleans())
def test_the_answer_is_that_of_the_rules(hits: list[Hit], complete: bool, known_account: bool) -> None:
    found = verdict(hits, complete=complete, known_account=known_account)
    near = [h for h in hits if h.distance <= h.entry.bank.distance]
    live = [h for h in near if h.entry.quarantined_at is None]
    assert sorted(map(id, found.hits)) == sorted(map(id, live))
    if found.answer == "block":
        assert any(h.entry.opinion == "confirmed" for h in live)
    if not complete or known_account or any(h.entry.opinion == "confirmed" for h in near):
        assert found.answer != "allow"
    if found.answer == "allow":
        assert not any(h.entry.opinion == "seed" for h in live)


@given(HITS, HITS)
def test_more_positive_matches_never_weaken_the_answer(hits: list[Hit], more: list[Hit]) -> None:
    rank = {"allow": 0, "hold": 1, "block": 2}
    positive = [h for h in more if h.entry.opinion == "confirmed" and h.entry.quarantined_at is None]
    assume(all(h.entry.opinion != "negative" for h in hits))
    assert rank[verdict([*hits, *positive]).answer] >= rank[verdict(hits).answer]


@given(st.integers(0, 31), st.integers(0, 31))
def test_what_is_only_alike_does_not_speak_for_what_is_nearer(positive: int, negative: int) -> None:
    found = verdict([hit(distance=positive), hit(opinion="negative", distance=negative, number=2)])
    assert found.answer == ("hold" if negative <= positive else "block")


@given(st.integers(0, 31), st.one_of(st.none(), st.integers(0, 100)), st.one_of(st.none(), st.integers(0, 100)))
def test_low_quality_matches_only_what_is_equal(distance: int, asked: int | None, stored: int | None) -> None:
    low = any(q is not None and q < 50 for q in (asked, stored))
    found = hit(distance=distance, quality=asked, stored_quality=stored)
    assert counts(hit=found, jurisdiction="EU", key=b"") == (distance == 0 or not low)


def test_quality_says_nothing_of_a_file_hash() -> None:
    assert verdict([hit(type_="sha256", quality=0, stored_quality=0)]).answer == "block"


@pytest.mark.parametrize(
    ("rules", "how", "answer"),
    [
        ({"jurisdictions": frozenset({"US"})}, {}, "allow"),
        ({"jurisdictions": frozenset({"US", "EU"})}, {}, "block"),
        ({"private_too": False}, {"private": True}, "allow"),
        ({"private_too": False}, {}, "block"),
        ({"hash_types": frozenset({"md5"})}, {}, "allow"),
        ({"enabled_share": 0.0}, {}, "allow"),
    ],
)
def test_a_bank_speaks_only_where_it_holds(rules: dict[str, Any], how: dict[str, Any], answer: str) -> None:
    assert verdict([hit(of=bank(**rules))], **how).answer == answer


@pytest.mark.parametrize(
    ("opinion", "answer"),
    [("confirmed", "hold"), ("seed", "allow"), ("negative", "allow")],
)
def test_quarantine_takes_one_step_away(opinion: str, answer: str) -> None:
    found = verdict([hit(opinion=opinion, quarantined=NOW)])
    assert (found.answer, found.hits, len(found.quarantined)) == (answer, (), 1)


def test_a_quarantined_negative_disputes_nothing() -> None:
    assert verdict([hit(), hit(opinion="negative", quarantined=NOW, number=2)]).answer == "block"


@given(st.binary(min_size=1, max_size=64), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_only_adds(key: bytes, one: float, other: float) -> None:
    less, more = sorted((one, other))
    if in_share(bank=bank(enabled_share=less), key=key):
        assert in_share(bank=bank(enabled_share=more), key=key)
    assert not in_share(bank=bank(enabled_share=0.0), key=key)
    assert in_share(bank=bank(enabled_share=1.0), key=key)


def test_a_share_is_about_that_part_of_all_look_ups() -> None:
    quarter = bank(enabled_share=0.25)
    inside = sum(in_share(bank=quarter, key=n.to_bytes(4)) for n in range(4000))
    assert 850 < inside < 1150


def test_the_same_upload_has_the_same_key_in_any_order() -> None:
    assert share_key(hashes=[("pdq", b"a"), ("md5", b"b")]) == share_key(hashes=[("md5", b"b"), ("pdq", b"a"), ("pdq", b"a")])
    assert share_key(hashes=[("pdq", b"a")]) != share_key(hashes=[("sha256", b"a")])


def test_the_policy_is_told_what_is_disputed_and_of_which_quality() -> None:
    found = verdict([hit(distance=3, quality=90, stored_quality=60), hit(opinion="negative", distance=3, quality=None, number=2)])
    told = as_policy_matches(verdict=found)
    assert [(m.opinion, m.quality, m.distance) for m in told] == [("disputed", 60, 3), ("negative", 100, 3)]
