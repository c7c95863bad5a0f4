"""A reporter signs a formal request under a law; its clock counts from their first notice, never from now."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from odzew.cases.clocks import arm, armed
from odzew.cases.rows import CaseRow, lock_cases, save_case
from odzew.foundation.errors import Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.notices.api import NoticeView, by_receipt, thread
from odzew.notices.formal import add_formal, may_sign, signed_on
from odzew.notices.receipt import clean
from odzew.policy.clocks import FORMAL, formal_clock
from odzew.usecases.desk import Desk

LONGEST_SIGNATURE: Final = 200
LONGEST_MAIL: Final = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalState:
    """A formal request as its reporter sees it: not signed yet (`until` None), or on record with the end of the law's time."""

    law: str
    until: datetime | None = None


def sign_formal_request(
    *, code: str, law: str, signature: str, mail: str | None, statement: str, desk: Desk, now: datetime
) -> FormalState:
    """Record what a reporter signed and let the law's clock run as if they had signed with their first notice; safe to do twice.

    `mail` None: the contact is the status page. `statement` is what they read above their name. Their notice stays as it was
    received; what is decided stays decided, and a case that is opened again runs under the law too. Nothing moves a clock back.

    Raises `NotFound` (a code that opens nothing) and `Invalid` with `what`: `law` (not offered for this), `signature`, `mail`.
    Law: Pub. L. 119-12 s.3(a)(1); Online Safety Act 2023 s.20A(2).
    """
    digits = clean(typed=code)
    first = by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None
    if first is None:
        raise NotFound("This code opens no report.")
    signed = {
        "law": law,
        "signature": signature.strip(),
        "contact": "page" if mail is None else f"mail {mail.strip()}",
        "statement": statement,
    }

    def work() -> FormalState:
        told, rows = _held(first)
        root = next(one for one in told if one.id == first)
        until = legal_end(notice=root, law=law, desk=desk) if law in desk.formal and may_sign(notice=root) else None
        if until is None:
            raise Invalid("This report cannot be made a formal request under that law.", what="law")
        if law not in {one.law for one in signed_on(notices=[root.id])}:
            _check(signed)
            _sign(told, rows, root, signed, until, desk, now)
        return FormalState(law=law, until=until)

    return atomically(work)


def formal_states(*, told: list[NoticeView], first: uuid.UUID, desk: Desk) -> tuple[FormalState, ...]:
    """Return what the status page shows of formal requests: those on record, and while somebody waits those that may be made."""
    root = next(one for one in told if one.id == first)
    known = {one.law for one in signed_on(notices=[root.id])}
    waits = any(one.state == "open" for one in told)
    offered = desk.formal if waits and may_sign(notice=root) else frozenset()
    return tuple(
        FormalState(law=law, until=legal_end(notice=root, law=law, desk=desk) if law in known else None)
        for law in sorted(known | offered)
    )


def legal_end(*, notice: NoticeView, law: str, desk: Desk) -> datetime:
    """Return when the time that a law gives ends for a notice: counted from the moment it came, whenever it is signed."""
    return notice.received_at + desk.policy.clocks[FORMAL[law]].length


def _held(first: uuid.UUID) -> tuple[list[NoticeView], list[CaseRow]]:
    """The reporter's notices and their cases, held until the transaction ends."""
    while True:
        told = thread(notice=first)
        rows = lock_cases(ids=sorted({case for one in told for case in one.cases}))
        if all(row.merged_into is None for row in rows):
            return told, rows
        # Else one became part of another while we waited for it.


def _check(signed: dict[str, str]) -> None:
    name, by_mail, mail = signed["signature"], *signed["contact"].partition(" ")[1:]
    if len(name) > LONGEST_SIGNATURE or (signed["law"] == "tida" and not any(letter.isalpha() for letter in name)):
        raise Invalid("The signature is missing or too long.", what="signature")
    before, _, after = mail.rpartition("@")
    whole = before and "." in after.strip(".") and not any(letter.isspace() for letter in mail) and mail.isprintable()
    if by_mail and (len(mail) > LONGEST_MAIL or not whole):
        raise Invalid("That is no e-mail address.", what="mail")


def _sign(
    told: list[NoticeView],
    rows: list[CaseRow],
    root: NoticeView,
    signed: dict[str, str],
    until: datetime,
    desk: Desk,
    now: datetime,
) -> None:
    writes, law = Writes(), signed["law"]
    # 1. What was signed, apart from the record; the record knows its salted hash.
    text = json.dumps(signed, ensure_ascii=False)
    salted = add_formal(writes, notice=root.id, law=law, text=text, now=now)
    facts = {"notice": str(root.id), "law": law, "text": salted, "contact": signed["contact"].partition(" ")[0], "until": until}
    record(writes, kind="notice.signed", actor="reporter", now=now, case=root.cases[0], facts=facts)
    # 2. Each case of theirs is under the law from now on; while nobody has decided, its clock counts from their first word about it.
    running = armed(cases=[row.id for row in rows])
    for row in rows:
        start = min(one.received_at for one in told if row.id in one.cases)
        reason = {"code": "formal_request", "facts": {"regime": law}}
        reasons = row.reasons if reason in row.reasons else [*row.reasons, reason]
        save_case(writes, before=row, after=replace(row, regimes=row.regimes | {law}, reasons=reasons))
        if row.undecided:
            plan = formal_clock(desk.policy, law, published=row.published)
            arm(writes, plan=plan, case=row.id, running=running[row.id], now=now, start=start)
    writes.send()
