"""A reporter writes to the desk: a message in the thread of their report. It decides nothing, opens nothing, and lowers nothing."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from odzew.alarms.api import ring_once
from odzew.cases.clocks import arm, armed_about
from odzew.cases.items import copysets_of, surroundings
from odzew.cases.rows import CaseRow, lock_cases, now_named, save_case
from odzew.foundation.errors import Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.notices.api import by_receipt, thread
from odzew.notices.messages import MessageView, add_message, messages_of, sent_before, thread_of, waiting_in
from odzew.notices.receipt import clean
from odzew.policy.assess import assess
from odzew.policy.data import Trigger
from odzew.usecases._judging import facts_of, summed_up
from odzew.usecases.desk import Desk

LONGEST: Final = 4_000
# Whoever is in danger is never told to be shorter; what no page of ours can send is refused before it comes here.
LONGEST_IN_DANGER: Final = 20_000
MOST_UNREAD: Final = 20
# The same words again, with nothing in between, are a double click and not a second message.
SAME_WITHIN: Final = timedelta(minutes=10)
_RING_EVERY: Final = timedelta(minutes=5)
_TAKEN_OUT: Final = "[…]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message as it is kept; `repeated`: it was there already."""

    message: uuid.UUID
    danger: bool
    repeated: bool = False


def write_message(*, code: str, text: str, danger: bool, once: str, desk: Desk, now: datetime) -> Written:
    """Keep a reporter's message, and where it speaks of danger now call people as a notice would; the same one twice is one.

    `danger`: it was ticked, or the words say so. Then it is taken however many wait unread, a receipt code in it is taken out instead
    of being sent back, an empty one counts, and every case of the report gets the clock of DSA art. 18. Raises `NotFound` (a code that
    opens nothing) and `Invalid` with `what`: `empty`, `too_long`, `code` (the words hold the receipt code), `too_many` (nobody has
    read what is there yet).
    """
    digits = clean(typed=code)
    text = text.strip()
    if digits is not None and holds_code(text=text, code=digits):
        if not danger:
            raise Invalid("The message holds the receipt code; it is for the reporter alone.", what="code")
        text = _code(digits).sub(_TAKEN_OUT, unicodedata.normalize("NFKC", text))
    if not text and not danger:
        raise Invalid("There is nothing in the message.", what="empty")
    if len(text) > (LONGEST_IN_DANGER if danger else LONGEST):
        raise Invalid("That is too long for us.", what="too_long")

    def work() -> Written:
        # 1. Whose thread it is. It is held, so that a double click waits for itself.
        notice = by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None
        root = thread_of(notice=notice, hold=True) if notice else None
        told = thread(notice=root) if root else []
        if root is None or not told:
            raise NotFound("This code opens no report.")
        # 2. Was it sent before? Is there room?
        mark = hashlib.sha256(json.dumps([once, str(root), text, danger]).encode()).digest()
        known = sent_before(notice=root, once=mark) or _just_said(messages_of(notice=root, most=1), text, danger, now)
        if known is not None:
            return Written(message=known, danger=danger, repeated=True)
        if not danger and waiting_in(notice=root) >= MOST_UNREAD:
            raise Invalid("Nobody has read the earlier messages yet.", what="too_many")
        # 3. The message, and that it came. Its words are apart from the record.
        writes, first = Writes(), next(one for one in told if one.id == root)
        message, salted = add_message(
            writes, notice=root, by="reporter", text=text, language=first.language, danger=danger, once=mark, now=now
        )
        facts = {"notice": str(root), "message": str(message), "text": salted, "danger": danger}
        record(
            writes, kind="message.received", actor="reporter", now=now, case=first.cases[0] if first.cases else None, facts=facts
        )
        # 4. Danger calls people, on every case of the report. Nothing else of a case moves for a message.
        if danger:
            for row in _held({case for one in told for case in one.cases}):
                _call(writes, row, message, desk, now)
        writes.send()
        return Written(message=message, danger=danger)

    return atomically(work)


def holds_code(*, text: str, code: str) -> bool:
    """Are the digits of the receipt code in the text, in whatever groups?"""
    return _code(code).search(unicodedata.normalize("NFKC", text)) is not None


def _code(digits: str) -> re.Pattern[str]:
    return re.compile(r"[\W_]*".join(digits))


def _just_said(last: list[MessageView], text: str, danger: bool, now: datetime) -> uuid.UUID | None:
    same = [m for m in last if m.by == "reporter" and (m.text, m.danger) == (text, danger) and m.at > now - SAME_WITHIN]
    return same[0].id if same else None


def _held(cases: set[uuid.UUID]) -> list[CaseRow]:
    """Return the cases, held; one that became part of another meanwhile as what it is now."""
    while True:
        rows = lock_cases(ids=sorted({now_named(case=case) for case in cases}))
        if all(row.merged_into is None for row in rows):
            return rows


def _call(writes: Writes, row: CaseRow, message: uuid.UUID, desk: Desk, now: datetime) -> None:
    """What a notice with danger does to a case, without its claim: weight, place, the alarm and the clock. Hiding is not moved by it."""
    raised = replace(row, flags=row.flags | {"imminent"})
    around = surroundings(copysets=copysets_of(case=row.id), now=now)
    facts = facts_of(case=raised, around=around, trigger=Trigger(what="clock"), desk=desk, now=now)
    assessment = assess(facts=facts, policy=desk.policy)
    after = summed_up(case=raised, assessment=assessment)
    if row.undecided:
        said = {reason["code"] for reason in row.reasons}
        more = [] if "imminent_danger" in said else [{"code": "imminent_danger", "facts": {}}]
        place = min(row.queue_at, row.reopened_at - assessment.head_start)
        after = replace(after, reasons=[*row.reasons, *more], queue_at=place)
    if after != row:
        save_case(writes, before=row, after=after)
    ring_once(writes, code="danger", every=_RING_EVERY, now=now, case=row.id)
    running = armed_about(case=row.id, subject=None, names=())
    arm(writes, plan=desk.policy.plan("danger"), case=row.id, running=running, now=now)
    record(writes, kind="case.raised", actor="reporter", now=now, case=row.id, facts={"why": "danger", "message": str(message)})
