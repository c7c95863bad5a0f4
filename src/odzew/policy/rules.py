"""The policy as frozen values: what the file says, checked for form, with every clock's plan ready made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, Literal

from odzew.policy.data import ClockPlan, Desk, Regime, Step

DEEDS: Final = frozenset({"warn", "withhold", "withhold_item", "escalate", "answer", "resend", "close_window"})
HIDING_DEEDS: Final = frozenset({"withhold", "withhold_item"})
REGIME_NAMES: Final[tuple[Regime, ...]] = ("child", "intimate", "other")
VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ack": (),
    "child_withhold": ("age_unknown", "person_age_unknown"),
    "child_decide": ("solo",),
    "repeat": (),
    "hash_look": (),
    "ncii_policy": ("person",),
    "ncii_decide": ("solo",),
    "ncii_tida": (),
    "ncii_uk": (),
    "au_complaint": (),
    "threat_decide": (),
    "tf_priority": (),
    "other_decide": (),
    "danger": (),
    "decision_notice": (),
    "sor_user": (),
    "appeal_window": ("person",),
    "appeal_decide": ("other", "uploader", "uploader_solo"),
    "watch": (),
    "statement_review": (),
    "outside_opinion": (),
}
USUAL_SHARE: Final = 0.05
BREAKER_CLOCKS: Final = frozenset({"child_withhold", "ncii_policy"})
DECIDING: Final[Mapping[Regime, str]] = {"child": "child_decide", "intimate": "ncii_decide", "other": "other_decide"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """One clock of the file; `variants` are its other lengths by name (`solo`, `person`, ...), `steps` what it does on the way."""

    name: str
    length: timedelta
    variants: Mapping[str, timedelta]
    steps: tuple[Step, ...]
    deed: str
    news_every: timedelta | None
    statutory: bool
    statutory_hours: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRule:
    """Who must sign to clear a child-safety case on a desk of one size."""

    people: int
    rounds: int
    apart: timedelta
    apart_person: timedelta
    trusted_outside: bool
    tie_breaker: Literal["third", "outside"]
    watch: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRule:
    """Points and factors of the place in the queue."""

    bound: timedelta
    half: float
    confirmed_match: int
    trusted_source: int
    person: int
    account_marked: int
    minor: int
    minor_unknown: int
    speed_views_per_hour: float
    speed: float
    reach_views: float
    reach: float
    repeat: float
    minor_factor: float
    minor_unknown_factor: float
    kinds: Mapping[str, int]
    flags: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRule:
    """Against weaponised reports: how many unverified hides in an hour are too many, and what waits then."""

    floor: int
    times_peak: float
    wait: timedelta
    low_views: int
    low_views_per_hour: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRule:
    """How near counts as equal, and how near as near."""

    pdq_equal: int
    quality: int
    pdq_near: int
    wide_hits: int
    wide_age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubleRule:
    """What part of the final decisions is drawn for a second look: by kind of harm, else by queue, else `share`."""

    share: float
    queues: Mapping[str, float]
    kinds: Mapping[str, float]


PlanKey = tuple[str, str, bool, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the policy. `digest` is the SHA-256 of its text; `grounds` maps a ground to its name by language.

    `private_checked`: the jurisdictions where uploads in private are checked. `banks_may_leave`: the banks that may be exported.
    `exchanges_may_hear`: the exchanges that may be asked about hashes of reported items, and told what became of their own.

    `plans` holds every clock ready made, by name, variant, whether it may hide, and whether it halves; use `plan`.
    """

    version: int
    name: str
    digest: str
    sign: Mapping[Desk, SignRule]
    adult_people: int
    uk_request_people: int
    triggers: Mapping[Regime, frozenset[str]]
    fast_views_per_hour: float
    few_viewers: int
    hides_after_clearance: int
    warn: tuple[float, ...]
    clocks: Mapping[str, ClockRule]
    probes: tuple[timedelta, ...]
    probe_every: timedelta
    grounds: Mapping[str, Mapping[str, str]]
    severity: SeverityRule
    breaker: BreakerRule
    match: MatchRule
    private_checked: frozenset[str]
    marks_expire: timedelta
    words_kept: timedelta
    banks_may_leave: frozenset[str]
    plans: Mapping[PlanKey, ClockPlan]
    exchanges_may_hear: frozenset[str] = frozenset()
    double: DoubleRule = DoubleRule(share=USUAL_SHARE, queues=MappingProxyType({}), kinds=MappingProxyType({}))

    def plan(self, name: str, variant: str = "", *, hides: bool = True, halve: bool = False) -> ClockPlan:
        """Give the plan of a clock; `hides=False` replaces what would hide by an alarm."""
        return self.plans[name, variant, hides, halve]


def build_plan(*, rule: ClockRule, variant: str, warn: tuple[float, ...], hides: bool, halve: bool) -> ClockPlan:
    """Lay out the steps of one clock in order of time: warnings, news, what it does on the way, and its deed at the end.

    `hides=False` keeps the times: a hide on the way becomes a warning, and at the end an escalation.
    """
    length = rule.variants.get(variant, rule.length)
    steps = [Step(after=length * part, deed="warn") for part in warn]
    if rule.news_every is not None:
        steps += [Step(after=at, deed="answer") for at in _every(rule.news_every, below=length)]
    steps += [step if hides or step.deed not in HIDING_DEEDS else Step(after=step.after, deed="warn") for step in rule.steps]
    steps.sort(key=lambda step: step.after)
    last = "escalate" if not hides and rule.deed in HIDING_DEEDS else rule.deed
    steps.append(Step(after=length, deed=last))
    return ClockPlan(name=rule.name, length=length, steps=tuple(steps), statutory=rule.statutory, halve=halve)


def build_plans(*, clocks: Mapping[str, ClockRule], warn: tuple[float, ...]) -> dict[PlanKey, ClockPlan]:
    """Make every plan once, so that a judgement only looks them up."""
    return {
        (name, variant, hides, halve): build_plan(rule=rule, variant=variant, warn=warn, hides=hides, halve=halve)
        for name, rule in clocks.items()
        for variant in ("", *rule.variants)
        for hides in (True, False)
        for halve in (False, True)
    }


def _every(period: timedelta, *, below: timedelta) -> Iterator[timedelta]:
    at = period
    while at < below:
        yield at
        at += period
