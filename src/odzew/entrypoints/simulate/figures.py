"""What an attack did to the desk, held against the same hour without it; and which promises it broke, if any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.entrypoints.simulate.attack import START, Attack
from odzew.entrypoints.simulate.wave import TICK, Happened

REVERSED_WITHIN: Final = timedelta(hours=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hide:
    """One time that an innocent post was hidden: from when to when, and when it was finally decided to show it again."""

    post: str
    begin: datetime
    end: datetime | None
    decided: datetime | None


def _hours(span: timedelta | None) -> float | None:
    return None if span is None else round(span / _HOUR, 2)


def wrong_hides(*, attack: Attack, happened: Happened) -> list[Hide]:
    """Return every hide of a post that is not harmful, in order of time."""
    hides = []
    for post, orders in happened.host.orders.items():
        if post in attack.harmful:
            continue
        clears = [d.at for d in happened.staff.decisions if d.final and d.case == happened.cases[post]]
        begin: datetime | None = None
        for at, measure in orders:
            if measure != "restore":
                begin = begin or at
            elif begin is not None:
                decided = max((c for c in clears if begin <= c <= at), default=None)
                hides.append(Hide(post=post, begin=begin, end=at, decided=decided))
                begin = None
        if begin is not None:
            hides.append(Hide(post=post, begin=begin, end=None, decided=None))
    return sorted(hides, key=lambda h: h.begin)


def figures(*, attack: Attack, reviewers: int, happened: Happened, calm: Happened) -> dict[str, Any]:
    """Return what happened as plain values; `calm` is the same hour without a false report. Times are hours, from the first report on."""
    hides = wrong_hides(attack=attack, happened=happened)
    done = [h for h in hides if h.end is not None]
    reports: dict[str, int] = {}
    for report in attack.reports:
        reports[report.post] = reports.get(report.post, 0) + 1
    voices = {post: len(heard) for post, heard in happened.voices.items()}
    singles = [d for d in happened.staff.decisions if not d.by_wave]
    return {
        "reviewers": reviewers,
        "posts": len(attack.posts),
        "false_reports": sum(not r.true for r in attack.reports),
        "true_reports": len(happened.true),
        "networks": len({r.network for r in attack.reports if not r.true}),
        "ended_after": _hours(happened.ended - START),
        "true": _true(attack, happened, calm),
        "wrong_hides": {
            "posts": len({h.post for h in hides}),
            "hides": len(hides),
            "reversed": len(done),
            "longest_from_decision_to_shown": _hours(max((h.end - h.decided for h in done if h.end and h.decided), default=None)),
            "reversed_without_a_decision": sum(h.decided is None for h in done),
            "longest_hidden": _hours(max((h.end - h.begin for h in done if h.end), default=None)),
        },
        "wave": {
            "signatures": [{"after": _hours(s.at - START), "cases": s.cases, "final": s.final} for s in happened.staff.signed],
            "cleared_by_them": sum(s.final for s in happened.staff.signed),
            "single_decisions": len(singles),
        },
        "hides_without_a_clock": happened.unguarded,
        "independence": {
            "most_reports_on_a_post": max(reports.values()),
            "most_voices_on_a_post": max(voices.values()),
            "miscounted": sum(happened.rows[post].independent != voices[post] for post in happened.rows),
        },
        "undecided": happened.undecided,
        "unanswered": happened.unanswered,
    }


def _true(attack: Attack, happened: Happened, calm: Happened) -> dict[str, Any]:
    """Compare each true report with itself on a calm day."""
    before = {one.post: one for one in calm.true}
    filed = {r.post: r.at for r in attack.reports if r.true}
    pairs = [(one, before[one.post]) for one in happened.true]
    later = [(a.hidden - b.hidden) for a, b in pairs if a.hidden and b.hidden]
    return {
        "promised_later": sum(a.promised > b.promised for a, b in pairs),
        "clock_moved_back": happened.moved_back,
        "place_later": sum(a.place > b.place for a, b in pairs),
        "most_cases_ahead": max((a.ahead for a, _ in pairs), default=0),
        "not_removed": sum(a.outcome != "removed" for a, _ in pairs),
        "decided_after_promise": sum(a.decided is None or a.decided > a.promised for a, _ in pairs),
        "longest_to_decision": _hours(max((a.decided - filed[a.post] for a, _ in pairs if a.decided), default=None)),
        "longest_to_hidden": _hours(max((a.hidden - filed[a.post] for a, _ in pairs if a.hidden), default=None)),
        "hidden_later_than_on_a_calm_day": sum(span > TICK for span in later),
        "hidden_later_at_most": _hours(max(later, default=None)),
        "silent_hours": _hours(happened.silent),
    }


def broken(*, found: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence for each promise that did not hold."""
    true, hides = found["true"], found["wrong_hides"]
    for name, sentence in (
        ("promised_later", "A true report was promised an answer later than on a calm day."),
        ("clock_moved_back", "The clock of a true report was moved back."),
        ("place_later", "A true report has a worse place than on a calm day."),
        ("not_removed", "A true report was not followed."),
        ("decided_after_promise", "A true report was decided after its promised time."),
        ("silent_hours", "A true report was met by silence."),
    ):
        if true[name]:
            yield sentence
    if hides["reversed"] < hides["hides"] or hides["reversed_without_a_decision"]:
        yield "A wrong hide was not reversed by a decision."
    if (hides["longest_from_decision_to_shown"] or 0) > REVERSED_WITHIN / _HOUR:
        yield "A wrong hide was reversed more than an hour after its decision."
    if found["hides_without_a_clock"]:
        yield "Something was hidden without a running clock."
    if found["independence"]["miscounted"]:
        yield "Reports from one network were counted as more than one voice, or several as one."
    if found["undecided"] or found["unanswered"]:
        yield "Something was left undecided or unanswered."
