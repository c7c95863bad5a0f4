"""Shared: the desk writes to a reporter, in the caller's transaction, on a thread and a case that are held."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.outbox import leave
from odzew.ledger.people import Caller
from odzew.notices.api import all_handlings
from odzew.notices.messages import add_message
from odzew.usecases._answering import MAIL, mail_order
from odzew.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is written: the words, their language, the template they come from, and what makes them once for all."""

    text: str
    language: str
    template: str
    once: bytes


def write(writes: Writes, *, root: uuid.UUID, case: uuid.UUID, said: Said, caller: Caller, desk: Desk, now: datetime) -> uuid.UUID:
    """Add the message, put it on the record, and let its reader know; return it.

    Whom only their platform can reach is told by it, as with every answer; who wrote by mail, that there is something to read.
    """
    message, salted = add_message(
        writes,
        notice=root,
        by="desk",
        text=said.text,
        language=said.language,
        once=said.once,
        now=now,
        person=caller.id,
        template=said.template,
    )
    facts = {"notice": str(root), "message": str(message), "template": said.template, "text": salted}
    record(writes, kind="message.sent", actor=caller.actor, now=now, case=case, facts=facts)
    for h in all_handlings(case=case):
        if h.notice != root:
            continue
        if h.by_mail and desk.public_url:
            about, order = {"notice": str(root), "news": said.language}, mail_order(notice=root)
            leave(writes, kind=MAIL, subject=message, case=case, platform=None, payload=about, now=now, order_key=order)
        elif h.platform is not None and h.account_id is not None:
            payload = {"notice": str(root), "account": h.account_id, "text": said.text, "language": said.language}
            leave(writes, kind="answer", subject=message, case=case, platform=h.platform, payload=payload, now=now)
    return message
