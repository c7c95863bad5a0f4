"""Somebody whose post was limited comes back with the code of their statement, without an account here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from odzew.answers.data import StatementFacts
from odzew.answers.helplines import helplines
from odzew.answers.statements import compose_statement
from odzew.answers.wordbook import named
from odzew.cases.clocks import clocks_of
from odzew.cases.items import items_of
from odzew.cases.rows import CaseRow, read_cases
from odzew.decisions.api import appeals_of
from odzew.decisions.statements import StatementView, told_to
from odzew.enforcement.api import in_force_on
from odzew.enforcement.data import MeasureView
from odzew.usecases._appeal_windows import window_of_uploader
from odzew.usecases._statement_codes import statement_of
from odzew.usecases.desk import Desk

_LIMITS: Final[dict[str, Literal["withhold", "remove"]]] = {"withhold": "withhold", "remove": "remove"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One statement, as it was sent."""

    at: datetime
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """The newest appeal: `open` with the time of its answer, `upheld` or `rejected`."""

    state: str
    answer_due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """What the holder of a statement may see: the statements that they were sent, newest first, and their appeal.

    `protected`: they may be the person in the picture, or a minor; then nothing here accuses. `may_appeal` until `appeal_until`.
    `anew`: the short words once more in the reader's language, where what they were sent is in another.
    There is no field for the item, a source, a match, a referral, other items, or how many reported it (practice 5).
    """

    case: uuid.UUID
    limited: bool
    protected: bool
    told: tuple[Told, ...]
    anew: Told | None
    appeal: Complaint | None
    may_appeal: bool
    appeal_until: datetime | None


def read_limited(*, code: str, language: str, desk: Desk, now: datetime) -> Limited | None:
    """Return what the page of a statement's code tells; `language` is for what is written anew.

    None for a code that is wrong, was never given, or is over: the same for each. It is over when nothing is limited any more, no
    appeal waits, and the time to complain about what came last has passed. Nothing is written.
    """
    own = statement_of(code=code, desk=desk)
    if own is None:
        return None
    (case,) = read_cases(ids=[own.case])
    items = [i.id for i in items_of(case=case.id) if i.account == own.account]
    standing = [m for m in in_force_on(items=items).values() if m.measure in _LIMITS]
    complaint = _complaint(case, own.account)
    end = window_of_uploader(case=case, account=own.account, desk=desk, now=now)
    waits, in_time = complaint is not None and complaint.state == "open", end is not None and now <= end
    if not (standing or waits or in_time):
        return None
    told, anew = _told(own), None
    if standing and told[0].form != "restored" and (case.protect_uploader or told[0].language != language):
        kind: Literal["first", "protected"] = "protected" if case.protect_uploader else "first"
        anew = _anew(kind, standing, told[0].at, end, language, desk, now)
    shown = told if not case.protect_uploader else [s for s in told[:1] if s.form == "restored"]
    return Limited(
        case=case.id,
        limited=bool(standing),
        protected=case.protect_uploader,
        told=tuple(Told(at=s.at, text=s.text, language=s.language) for s in shown),
        anew=anew,
        appeal=complaint,
        may_appeal=bool(standing) and case.withheld and in_time and not waits,
        appeal_until=end,
    )


def _told(own: StatementView) -> list[StatementView]:
    """This statement and what followed it, newest first. A short one about another item stays with its own code: it would tell of copies."""
    later = [s for s in told_to(case=own.case, account=own.account) if (s.at, s.id) > (own.at, own.id)]
    return [*(s for s in reversed(later) if s.item == own.item or s.form != "neutral"), own]


def _complaint(case: CaseRow, account: uuid.UUID) -> Complaint | None:
    newest = next((a for a in reversed(appeals_of(case=case.id)) if a.by == "uploader" and a.account == account), None)
    if newest is None:
        return None
    due = next((c.due for c in clocks_of(case=case.id) if c.name == "appeal_decide" and c.subject == newest.id), None)
    return Complaint(state=newest.state, answer_due=due if newest.state == "open" else None)


def _anew(
    kind: Literal["first", "protected"],
    standing: list[MeasureView],
    since: datetime,
    end: datetime | None,
    language: str,
    desk: Desk,
    now: datetime,
) -> Told:
    """The short words, from the measures in force. For somebody who may be the one to protect they are all that is shown, whatever
    they were sent before that was known (practice 4)."""
    gentle, strongest = kind == "protected", max(standing, key=lambda m: m.measure == "remove")
    facts = StatementFacts(
        kind=kind,
        language=language,
        now=now,
        zone=desk.zone,
        measure=_LIMITS[strongest.measure],
        imposed_at=since,
        rule=named(ground=strongest.ground, labels=desk.policy.grounds, language=language),
        appeal_until=end,
        appeal_decider="new_person" if desk.size(now=now) != "solo" else "same_later",
        no_mark=gentle,
        emergency=desk.emergency,
        helplines=helplines(country=desk.country, today=now.date()).numbers if gentle else (),
    )
    text = compose_statement(facts=facts)
    return Told(at=since, text=text.text, language=text.language)
