"""From the text of a policy file to a `Policy`; every wrong, missing or unknown key is named in one sentence."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, cast, get_type_hints

from odzew.foundation.errors import Invalid
from odzew.policy.data import Step
from odzew.policy.reasons import TRIGGERS
from odzew.policy.rules import (
    BREAKER_CLOCKS,
    DEEDS,
    REGIME_NAMES,
    USUAL_SHARE,
    VARIANTS,
    BreakerRule,
    ClockRule,
    DoubleRule,
    MatchRule,
    Policy,
    SeverityRule,
    SignRule,
    build_plans,
)
from odzew.policy.vocabulary import DESKS, FLAGS, JURISDICTIONS, KINDS

_DURATION: Final = re.compile(r"(\d{1,6}) (s|min|h|d)")
_MOST_NEWS: Final = 1000
_UNITS: Final = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SECTIONS: Final = (
    "version",
    "name",
    "sign",
    "triggers",
    "thresholds",
    "clocks",
    "verify_gone",
    "grounds",
    "severity",
    "breaker",
    "match",
    "private_checked",
    "marks",
    "words",
    "leaving",
    "double",
)
# Of a policy that was written before it had a say in this.
WORDS_KEPT: Final = timedelta(days=90)
_GROUND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


RuleT = TypeVar("RuleT", BreakerRule, MatchRule)


def load_policy(*, text: str) -> Policy:
    """Read a policy from the text of its file.

    Raises `Invalid` with a sentence that names the key. The form is checked here; whether the policy keeps the promises is the
    question of `check_policy`.
    """
    try:
        top = _Table("", tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError, what is nested too deep the other
        raise Invalid(f"The policy is not valid TOML: {error}.") from error
    top.only(_SECTIONS)
    breaker = _plain(BreakerRule, top.table("breaker"))
    warn, clocks = _clocks(top.table("clocks"), wait=breaker.wait)
    sign = top.table("sign").only((*DESKS, "adult"))
    adult = sign.table("adult").only(("people", "uk_request_people"))
    triggers = top.table("triggers").only(REGIME_NAMES)
    thresholds = top.table("thresholds").only(("fast_views_per_hour", "few_viewers", "hides_after_clearance"))
    leaving = top.table("leaving").only(("banks", "exchanges"))
    gone = top.table("verify_gone").only(("probes", "then_every"))
    return Policy(
        version=top.whole("version", least=1),
        name=top.text("name"),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        sign=MappingProxyType({desk: _sign(sign.table(desk)) for desk in DESKS}),
        adult_people=adult.whole("people", least=1),
        uk_request_people=adult.whole("uk_request_people", least=1),
        triggers=MappingProxyType({regime: _now(triggers.table(regime)) for regime in REGIME_NAMES}),
        fast_views_per_hour=thresholds.number("fast_views_per_hour"),
        few_viewers=thresholds.whole("few_viewers"),
        hides_after_clearance=thresholds.whole("hides_after_clearance"),
        warn=warn,
        clocks=MappingProxyType(clocks),
        probes=tuple(_duration(gone.key("probes"), value) for value in gone.array("probes")),
        probe_every=gone.duration("then_every"),
        grounds=MappingProxyType(_grounds(top.table("grounds"))),
        severity=_severity(top.table("severity")),
        breaker=breaker,
        match=_plain(MatchRule, top.table("match")),
        private_checked=_private_checked(top.table("private_checked")),
        words_kept=top.table("words").only(("kept",)).duration("kept") if "words" in top.values else WORDS_KEPT,
        marks_expire=top.table("marks").only(("expire",)).duration("expire"),
        banks_may_leave=_names(leaving, "banks"),
        exchanges_may_hear=_names(leaving, "exchanges") if "exchanges" in leaving.values else frozenset(),
        plans=MappingProxyType(build_plans(clocks=clocks, warn=warn)),
        double=_double(top),
    )


class _Table:
    """A table of the file that knows its own name, so that every complaint can say which key is wrong."""

    def __init__(self, path: str, values: Mapping[str, object]) -> None:
        self.path = path
        self.values = values

    def key(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def only(self, allowed: Iterable[str]) -> _Table:
        for name in self.values:
            if name not in allowed:
                raise Invalid(f"The policy has an unknown key: {self.key(name)}.", key=self.key(name))
        return self

    def get(self, name: str) -> object:
        if name not in self.values:
            raise Invalid(f"The policy lacks the key {self.key(name)}.", key=self.key(name))
        return self.values[name]

    def wrong(self, name: str, wanted: str) -> Invalid:
        return Invalid(f"The policy's {self.key(name)} must be {wanted}.", key=self.key(name))

    def table(self, name: str) -> _Table:
        value = self.get(name)
        if not isinstance(value, dict):
            raise self.wrong(name, "a table")
        return _Table(self.key(name), value)

    def array(self, name: str) -> list[object]:
        value = self.get(name)
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        return value

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(name, "a text that is not empty")
        return value

    def truth(self, name: str) -> bool:
        value = self.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def whole(self, name: str, *, least: int = 0) -> int:
        value = self.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 10**9:
            raise self.wrong(name, f"a whole number from {least} up")
        return value

    def number(self, name: str) -> float:
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1e9:
            raise self.wrong(name, "a number from 0 up")
        return float(value)

    def duration(self, name: str) -> timedelta:
        return _duration(self.key(name), self.get(name))


def _duration(key: str, value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Invalid(f'The policy\'s {key} must be a duration such as "30 s", "15 min", "4 h" or "14 d".', key=key)
    return int(match[1]) * _UNITS[match[2]]


def _sign(table: _Table) -> SignRule:
    table.only(("people", "rounds", "apart", "apart_person", "trusted_outside", "tie_breaker", "watch"))
    tie_breaker = table.text("tie_breaker")
    if tie_breaker not in {"third", "outside"}:
        raise table.wrong("tie_breaker", '"third" or "outside"')
    return SignRule(
        people=table.whole("people", least=1),
        rounds=table.whole("rounds", least=1),
        apart=table.duration("apart"),
        apart_person=table.duration("apart_person"),
        trusted_outside=table.truth("trusted_outside"),
        tie_breaker=cast(Literal["third", "outside"], tie_breaker),
        watch=table.duration("watch"),
    )


def _now(table: _Table) -> frozenset[str]:
    table.only(TRIGGERS)
    for name in table.values:
        if table.values[name] not in ("now", "never"):
            raise table.wrong(name, '"now" or "never"')
    return frozenset(name for name, value in table.values.items() if value == "now")


def _clocks(table: _Table, *, wait: timedelta) -> tuple[tuple[float, ...], dict[str, ClockRule]]:
    table.only(("warn", *VARIANTS))
    warn = []
    for part in table.array("warn"):
        if not isinstance(part, float) or not 0 < part < 1:
            raise table.wrong("warn", "a list of parts between 0 and 1")
        warn.append(part)
    clocks = {name: _clock(name, table.table(name)) for name in VARIANTS}
    for name in BREAKER_CLOCKS:
        clocks[name] = replace(clocks[name], variants={**clocks[name].variants, "breaker": wait})
    return tuple(warn), clocks


def _clock(name: str, table: _Table) -> ClockRule:
    variants = VARIANTS[name]
    table.only(("length", *variants, "news_every", "steps", "deed", "statutory", "statutory_hours", "source"))
    length = table.duration("length")
    if not length:
        raise table.wrong("length", "longer than nothing")
    others = {variant: table.duration(variant) for variant in variants}
    news = _news(table) if "news_every" in table.values else None
    if news is not None and max(length, *others.values(), news) > _MOST_NEWS * news:
        raise table.wrong("news_every", f"at least a {_MOST_NEWS}th part of its clock")
    return ClockRule(
        name=name,
        length=length,
        variants=others,
        steps=_steps(table, length=length) if "steps" in table.values else (),
        deed=_deed(table),
        news_every=news,
        statutory=table.truth("statutory") if "statutory" in table.values else False,
        statutory_hours=table.whole("statutory_hours", least=1) if "statutory_hours" in table.values else None,
        source=table.text("source"),
    )


def _steps(table: _Table, *, length: timedelta) -> tuple[Step, ...]:
    steps = []
    for number, value in enumerate(table.array("steps"), start=1):
        if not isinstance(value, dict):
            raise table.wrong("steps", "a list of tables with `at` and `deed`")
        step = _Table(f"{table.key('steps')}[{number}]", value).only(("at", "deed"))
        if step.duration("at") > length:
            raise step.wrong("at", "within the length of its clock")
        steps.append(Step(after=step.duration("at"), deed=_deed(step)))
    return tuple(steps)


def _deed(table: _Table) -> str:
    deed = table.text("deed")
    if deed not in DEEDS:
        raise table.wrong("deed", f"one of {', '.join(sorted(DEEDS))}; no clock deletes")
    return deed


def _news(table: _Table) -> timedelta:
    every = table.duration("news_every")
    if every < timedelta(hours=1):
        raise table.wrong("news_every", "an hour or more")
    return every


def _grounds(table: _Table) -> dict[str, Mapping[str, str]]:
    grounds: dict[str, Mapping[str, str]] = {}
    for name in table.values:
        labels = table.table(name)
        if not _GROUND.fullmatch(name):
            raise table.wrong(name, "named in small letters, digits and underscores")
        for language in labels.values:
            if not _LANGUAGE.fullmatch(language):
                raise labels.wrong(language, "under the code of a language")
        labels.text("en")
        grounds[name] = MappingProxyType({language: labels.text(language) for language in labels.values})
    return grounds


def _severity(table: _Table) -> SeverityRule:
    points = ("confirmed_match", "trusted_source", "person", "account_marked", "minor", "minor_unknown")
    factors = ("half", "speed_views_per_hour", "speed", "reach_views", "reach", "repeat", "minor_factor", "minor_unknown_factor")
    table.only(("bound_hours", *points, *factors, "kinds", "flags"))
    for name in ("half", "speed_views_per_hour", "reach_views"):
        if not table.number(name):
            raise table.wrong(name, "more than 0")
    kinds, flags = table.table("kinds").only(KINDS), table.table("flags").only(FLAGS)
    return SeverityRule(
        bound=timedelta(hours=table.whole("bound_hours")),
        kinds=MappingProxyType({kind: kinds.whole(kind) for kind in sorted(KINDS)}),
        flags=MappingProxyType({flag: flags.whole(flag) for flag in sorted(FLAGS)}),
        confirmed_match=table.whole("confirmed_match"),
        trusted_source=table.whole("trusted_source"),
        person=table.whole("person"),
        account_marked=table.whole("account_marked"),
        minor=table.whole("minor"),
        minor_unknown=table.whole("minor_unknown"),
        half=table.number("half"),
        speed_views_per_hour=table.number("speed_views_per_hour"),
        speed=table.number("speed"),
        reach_views=table.number("reach_views"),
        reach=table.number("reach"),
        repeat=table.number("repeat"),
        minor_factor=table.number("minor_factor"),
        minor_unknown_factor=table.number("minor_unknown_factor"),
    )


def _plain(rule: type[RuleT], table: _Table) -> RuleT:
    """Read a table whose keys are the fields of a rule: whole numbers, numbers and durations."""
    kinds = get_type_hints(rule)
    table.only(tuple(kinds))
    read: Mapping[object, Callable[[str], Any]] = {int: table.whole, float: table.number, timedelta: table.duration}
    return rule(**{name: read[kind](name) for name, kind in kinds.items()})


def _double(top: _Table) -> DoubleRule:
    """A policy from before there were draws has the usual share."""
    table = top.table("double").only(("share", "queues", "kinds")) if "double" in top.values else _Table("double", {})
    return DoubleRule(
        share=_share(table, "share") if "share" in table.values else USUAL_SHARE,
        queues=_shares(table, "queues", REGIME_NAMES),
        kinds=_shares(table, "kinds", KINDS),
    )


def _shares(table: _Table, name: str, known: Iterable[str]) -> Mapping[str, float]:
    if name not in table.values:
        return MappingProxyType({})
    shares = table.table(name).only(known)
    return MappingProxyType({key: _share(shares, key) for key in shares.values})


def _share(table: _Table, name: str) -> float:
    share = table.number(name)
    if share > 1:
        raise table.wrong(name, "a part from 0 to 1")
    return share


def _private_checked(table: _Table) -> frozenset[str]:
    table.only(JURISDICTIONS)
    return frozenset(name for name in JURISDICTIONS if table.truth(name))


def _names(table: _Table, name: str) -> frozenset[str]:
    found = table.array(name)
    names = frozenset(n for n in found if isinstance(n, str))
    if len(names) != len(found):
        raise table.wrong(name, "a list of different names")
    return names
