"""Cases: read, decided, appealed against."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Final, Literal

from odzew.cases.queue import decided, find_case, of_platform, waiting
from odzew.cases.rows import CaseRow
from odzew.entrypoints.api.case_views import case_view
from odzew.entrypoints.api.context import the_desk
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import Reply
from odzew.entrypoints.api.shapes import AppealIn, DecisionIn, WaveDecisionIn
from odzew.foundation.errors import Invalid, NotFound
from odzew.ledger.people import Caller
from odzew.usecases.appeal import appeal
from odzew.usecases.decide import decide
from odzew.usecases.decide_wave import decide_wave, wave

Which = Literal["open", "closed"]
_IN_A_LIST: Final = 20


def list_cases(*, caller: Caller, which: Which, after: str | None, limit: int, now: datetime) -> Reply:
    """Return a page of cases: for people in the order of the queue, for programs those of their platform, the newest first."""
    queue = caller.what == "person" and which == "open"
    at, last = _place(after, timed=queue)
    if caller.what == "program":
        rows = (
            of_platform(platform=caller.platform, closed=which == "closed", before=last, limit=limit + 1) if caller.platform else []
        )
    elif queue:
        rows = waiting(after=(at, last) if at and last else None, limit=limit + 1)
    else:
        rows = decided(before=last, limit=limit + 1)
    more, rows = len(rows) > limit, rows[:limit]
    views = [v for v in (case_view(row=row, caller=caller, now=now, most=_IN_A_LIST) for row in rows) if v is not None]
    return Reply(status=200, body=to_json({"cases": views, "next": _mark(rows[-1], timed=queue) if more else None}))


def _mark(row: CaseRow, *, timed: bool) -> str:
    text = f"{row.queue_at.isoformat()} {row.id}" if timed else f" {row.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(after: str | None, *, timed: bool) -> tuple[datetime | None, uuid.UUID | None]:
    if after is None:
        return None, None
    try:
        at, _, last = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode("ascii").partition(" ")
        moment = datetime.fromisoformat(at) if timed else None
        if moment is not None and moment.tzinfo is None:
            raise ValueError(at)
        return moment, uuid.UUID(last)
    except (ValueError, binascii.Error, UnicodeError):
        raise Invalid("after: give the value of next from the page before, unchanged.") from None


def read_case(*, case: uuid.UUID, caller: Caller, now: datetime) -> Reply:
    """Return one case as the caller may see it, to people with its version as ETag. Raises `NotFound`."""
    row = find_case(case=case)
    view = case_view(row=row, caller=caller, now=now) if row else None
    if view is None:
        raise NotFound("There is no such case.")
    headers = {"ETag": f'"{view["version"]}"'} if view["version"] is not None else {}
    return Reply(status=200, body=to_json(view), headers=headers)


def post_decision(*, case: uuid.UUID, sent: DecisionIn, if_match: str | None, caller: Caller, now: datetime) -> Reply:
    """Record a person's decision."""
    done = decide(
        case=case,
        caller=caller,
        outcome=sent.outcome,
        ground=sent.ground,
        reason=sent.reason,
        referral=sent.referral.model_dump() if sent.referral else None,
        desk=the_desk(),
        now=now,
        if_version=_version(if_match),
    )
    return Reply(status=201, body=to_json(asdict(done)))


def _version(if_match: str | None) -> int | None:
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if text in ("", "*"):
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("If-Match: give the version of the case, for example 3.")
    return int(text)


def read_wave(*, now: datetime) -> Reply:
    """Return the wave of unverified reports that nobody has decided; empty when there is none."""
    found = wave(desk=the_desk(), now=now)
    return Reply(status=200, body=to_json({"cases": found.cases, "apart": _blind(found.apart)}))


def post_wave_decision(*, sent: WaveDecisionIn, caller: Caller, now: datetime) -> Reply:
    """Record one signature for the whole wave."""
    done = decide_wave(
        caller=caller,
        outcome=sent.outcome,
        ground=sent.ground,
        reason=sent.reason,
        leave_out=frozenset(sent.leave_out),
        desk=the_desk(),
        now=now,
    )
    return Reply(status=201, body=to_json({"final": done.final, "waiting": done.waiting, "apart": _blind(done.apart)}))


def _blind(apart: dict[uuid.UUID, str]) -> dict[str, str]:
    """Why a case stands apart, without saying that others disagree about it."""
    return {str(case): "own_look" if reason == "dispute" else reason for case, reason in apart.items()}


def post_appeal(*, case: uuid.UUID, sent: AppealIn, caller: Caller, now: datetime) -> Reply:
    """Record an appeal."""
    if (sent.receipt_code if sent.by == "reporter" else sent.account_id) is None:
        missing = "receipt_code" if sent.by == "reporter" else "account_id"
        raise Invalid(f"{missing}: an appeal by {'a reporter' if sent.by == 'reporter' else 'an uploader'} needs it.")
    done = appeal(
        case=case,
        by=sent.by,
        text=sent.text,
        desk=the_desk(),
        now=now,
        caller=caller,
        receipt_code=sent.receipt_code or "",
        account_id=sent.account_id or "",
    )
    return Reply(status=201, body=to_json({"appeal": done.appeal, "answer_due": done.answer_due}))
