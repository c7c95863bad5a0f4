"""Notices in, and what became of them out."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from odzew.answers.api import answers_to
from odzew.cases.data import Place
from odzew.entrypoints.api.context import the_desk
from odzew.entrypoints.api.problems import Reply
from odzew.entrypoints.api.shapes import NoticeIn
from odzew.foundation.errors import Invalid, NotFound
from odzew.ledger.people import Caller
from odzew.notices.api import view
from odzew.notices.data import Concern, NewNotice, Receipt
from odzew.usecases.receive_notice import receive_notice


def written(at: datetime) -> str:
    """Return a moment as programs read it."""
    return at.isoformat().replace("+00:00", "Z")


def to_json(value: Any) -> bytes:
    """Return a value as the bytes of a body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return written(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"cannot write a {type(value).__name__}")


def take_notice(*, sent: NoticeIn, caller: Caller, now: datetime) -> Reply:
    """Store one notice: 201 with its receipt, 200 with the same receipt for an `external_id` that came before.

    Raises what `receive_notice` raises.
    """
    receipt = receive_notice(notice=notice_of(sent=sent, caller=caller), caller=caller, desk=the_desk(), now=now)
    return Reply(status=200 if receipt.repeated else 201, body=to_json(receipt_out(receipt=receipt)))


def notice_of(*, sent: NoticeIn, caller: Caller) -> NewNotice:
    """Return a notice as the rooms know it. Raises `Invalid` for an item id that means nothing."""
    if caller.platform is None and any(p.item_id is not None for p in sent.where):
        raise Invalid("This key belongs to no platform, so an item_id means nothing; give the address as url.")
    concern = sent.concern
    return NewNotice(
        external_id=sent.external_id,
        source=sent.source,
        concern=Concern(kind=concern.kind, minor=concern.minor, claimant=concern.claimant, flags=frozenset(concern.flags)),
        places=tuple(Place(item_id=p.item_id or "", url=p.url or "") for p in sent.where),
        text=sent.text or "",
        language=sent.language or "",
        hashes=tuple(h.plain() for h in sent.hashes),
        account_id=sent.reporter.account_id if sent.reporter else None,
        regimes=frozenset(sent.formal),
        case=sent.case,
    )


def receipt_out(*, receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as programs read it."""
    return {
        "notice": receipt.notice,
        "case": receipt.case,
        "receipt_code": receipt.code,
        "answer_due": receipt.answer_due,
    }


def read_notice(*, notice: uuid.UUID, caller: Caller) -> Reply:
    """Return a notice with everything its reporter was told. Raises `NotFound`, also for another program's notice."""
    known = view(notice=notice)
    if known is None or (caller.what == "program" and known.program != caller.id):
        raise NotFound("There is no such notice.")
    answers = [
        {"kind": a.kind, "at": a.at, "delivered_at": a.delivered_at, "text": a.text, "language": a.language}
        for a in answers_to(notice=notice)
    ]
    return Reply(
        status=200,
        body=to_json({"id": known.id, "case": known.cases[0] if known.cases else None, "state": known.state, "answers": answers}),
    )
