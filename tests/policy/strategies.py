"""Arbitrary but possible facts, and what a further notice may make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odzew.policy.data import Facts, Match, Trigger
from odzew.policy.load import load_policy
from odzew.policy.rules import Policy
from odzew.policy.shipped import shipped_policy_text
from odzew.policy.vocabulary import CHILD_KINDS, CLAIMANTS, DESKS, FLAGS, KINDS, REGIMES, SOURCES

DAY = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)
NEW_FACTS = ("match", "hotline", "trusted_flagger", "authority", "changed_media")
PERSON = frozenset({"depicted", "guardian"})


@cache
def shipped() -> Policy:
    return load_policy(text=shipped_policy_text())


def notice(**changes: Any) -> Facts:
    """One notice by a bystander on a team: a child-safety kind, age known, published, little seen; `changes` say the rest."""
    kind = changes.pop("kind", "csam")
    claimant = changes.pop("claimant", "other")
    source = changes.pop("source", "user")
    minor = changes.pop("minor", True)
    flags = changes.get("flags", frozenset())
    base: dict[str, Any] = {
        "now": DAY,
        "opened_at": DAY,
        "trigger": Trigger(what="notice", source=source, kind=kind, minor=minor, claimant=claimant, flags=flags),
        "desk": "team",
        "jurisdiction": "PL",
        "kinds": frozenset({kind}),
        "minor": minor,
        "flags": frozenset(),
        "claimants": frozenset({claimant}),
        "sources": frozenset({source}),
        "claimed_by_person": claimant in PERSON,
        "views": 100,
    }
    return Facts(**{**base, **changes})


def adult(**changes: Any) -> Facts:
    """The same about adult intimate images."""
    return notice(**{"kind": "ncii", "minor": False, **changes})


def match(opinion: Any = "confirmed", distance: int = 0, **changes: Any) -> Match:
    return Match(**{"bank": "example", "opinion": opinion, "type": "pdq", "distance": distance, "quality": 100, **changes})


def _some(values: Any) -> st.SearchStrategy[frozenset[str]]:
    """Give any subset, drawn as one number because that is quick."""
    names = sorted(values)
    return st.integers(0, 2 ** len(names) - 1).map(lambda bits: frozenset(n for i, n in enumerate(names) if bits >> i & 1))


def _few(values: Any) -> st.SearchStrategy[frozenset[str]]:
    names = sorted(values)
    return st.sampled_from([frozenset(), *(frozenset({a, b}) for a in names for b in names if a <= b)])


def for_all(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Hypothesis's `given`, on machines that are busy with other things too."""
    calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return lambda test: calm(given(*strategies)(test))


def matches(*, wide: bool = True) -> st.SearchStrategy[Match]:
    return st.builds(
        Match,
        bank=st.sampled_from(["one", "two"]),
        opinion=st.sampled_from(["confirmed", "seed", "disputed", "negative"]),
        type=st.sampled_from(["pdq", "md5", "sha256"]),
        distance=st.integers(0, 40),
        quality=st.integers(0, 100),
        child=st.sampled_from([True, False, None]),
        wide=st.booleans() if wide else st.just(False),
    )


def triggers(*, what: str | None = None) -> st.SearchStrategy[Trigger]:
    others = ["spread", "registered", "changed_media", "match", "account_marked", "appeal", "clock"]
    return st.builds(
        Trigger,
        what=st.just(what) if what else st.sampled_from(["notice"] * 5 + others),
        source=st.sampled_from(sorted(SOURCES)),
        kind=st.sampled_from(sorted(KINDS)),
        minor=st.sampled_from([True, False, None]),
        claimant=st.sampled_from(sorted(CLAIMANTS)),
        flags=_few(FLAGS),
        heard_before=st.booleans(),
        instant_lost=st.booleans(),
    )


speeds = st.floats(0, 1e7, allow_nan=False)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    trigger = draw(triggers())
    own = trigger if trigger.what == "notice" else draw(triggers(what="notice"))
    notices = draw(st.integers(1, 1000))
    claimants = draw(_some(CLAIMANTS)) | {own.claimant}
    clearances = draw(st.sampled_from([0, 0, 0, 1, 2]))
    ages = {own.minor, draw(st.sampled_from([True, False, None]))} if notices > 1 else {own.minor}
    return Facts(
        now=DAY + timedelta(minutes=draw(st.integers(0, 100_000))),
        opened_at=DAY,
        trigger=trigger,
        desk=draw(st.sampled_from(DESKS)),
        jurisdiction=draw(st.sampled_from(["", "PL", "US", "GB", "AU"])),
        kinds=draw(_few(KINDS)) | {own.kind},
        minor=True if True in ages else None if None in ages else False,
        flags=draw(_few(FLAGS)) | own.flags,
        claimants=claimants,
        sources=draw(_some(SOURCES)) | {own.source},
        regimes=draw(_some(REGIMES)),
        notices=notices,
        independent=draw(st.integers(1, notices)),
        same_reporter=draw(st.integers(1, notices)),
        claimed_by_person=bool(claimants & PERSON) and draw(st.booleans()),
        views=draw(st.integers(0, 10**8)),
        reposts=draw(st.integers(0, 10**6)),
        views_per_hour=draw(speeds),
        published=draw(st.sampled_from([True, True, True, False])),
        private=draw(st.booleans()),
        account_marked=draw(st.booleans()),
        account_minor=draw(st.booleans()),
        matches=tuple(draw(st.lists(matches(), max_size=2))),
        clearances=clearances,
        hides_since_clearance=draw(st.integers(0, 2)) if clearances else 0,
        new_facts=draw(_some(NEW_FACTS)) if clearances else frozenset(),
        on_watch_until=draw(st.none() | st.just(DAY + timedelta(days=14))) if clearances else None,
        watch_hide_used=draw(st.booleans()) if clearances else False,
        withheld=draw(st.booleans()),
        raised_by_trusted=draw(st.booleans()),
        unverified_hides_last_hour=draw(st.sampled_from([0, 9, 10, 600])),
        hourly_peak_30_days=draw(st.sampled_from([0, 3, 4, 300])),
        seen_by=draw(st.none() | st.integers(0, 1000)),
        reporter_is_uploader=draw(st.booleans()),
    )


@st.composite
def raised(draw: st.DrawFn, before: Facts) -> Facts:
    """What the case may be after one further notice, with whatever else has become known meanwhile."""
    said = replace(draw(triggers(what="notice")), instant_lost=False)
    minor = _joined(before.minor, said.minor)
    kinds = before.kinds | {said.kind}
    if kinds & CHILD_KINDS and (before.minor, minor) == (False, None):
        minor = before.minor  # see test_a_child_kind_called_adult_runs_the_known_ages_clock
    claimants = before.claimants | {said.claimant}
    person = before.claimed_by_person or (said.claimant in PERSON and draw(st.booleans()))
    return replace(
        before,
        trigger=said,
        kinds=kinds,
        minor=minor,
        flags=before.flags | said.flags,
        claimants=claimants,
        sources=before.sources | {said.source},
        regimes=before.regimes | draw(_some(REGIMES)),
        notices=before.notices + 1,
        independent=before.independent + draw(st.integers(0, 1)),
        same_reporter=before.same_reporter + draw(st.integers(0, 1)),
        claimed_by_person=person,
        views=before.views + draw(st.integers(0, 10**6)),
        reposts=before.reposts + draw(st.integers(0, 10**4)),
        views_per_hour=before.views_per_hour + draw(speeds),
        published=before.published or draw(st.booleans()),
        account_marked=before.account_marked or draw(st.booleans()),
        matches=before.matches + tuple(draw(st.lists(matches(wide=False), max_size=2))),
        new_facts=before.new_facts | (draw(_some(NEW_FACTS)) if before.clearances else frozenset()),
    )


def _joined(one: bool | None, other: bool | None) -> bool | None:
    return True if True in (one, other) else None if None in (one, other) else False
