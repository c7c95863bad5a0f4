"""Somebody files the report form: their answers become a notice like any other."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from odzew.cases.data import Place
from odzew.foundation.errors import Invalid
from odzew.ledger.people import FORM, Caller, enrolled_hosts
from odzew.notices.data import NewNotice, Receipt
from odzew.notices.form import FormAnswers, concern_of, links_in, places_of, text_of
from odzew.usecases._own_programs import own_caller
from odzew.usecases.desk import Desk
from odzew.usecases.receive_notice import MOST_PLACES, Voice, receive_notice

LONGEST_WHERE: Final = 8_000
LONGEST_MORE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedItem:
    """An item that its platform has signed as its own."""

    platform: uuid.UUID
    item_id: str


def file_report(
    *, answers: FormAnswers, once: str, voice: Voice | None, desk: Desk, now: datetime, item: HostedItem | None = None
) -> Receipt:
    """Store what somebody answered as a notice and return its receipt; the same answers under the same `once` return the same.

    `once` is unguessable and belongs to one opened form; `voice` names who shares a network on a case (see `receive_notice`); `item`
    is the post that they came from. No address in it is fetched. Raises `Invalid`: nothing says where it is and no fingerprint, too
    long, or too many addresses.
    """
    if len(answers.where) > LONGEST_WHERE or len(answers.more) > LONGEST_MORE:
        raise Invalid("That is too long for us.", what="too_long")
    links = links_in(text=answers.where, hosts=enrolled_hosts())
    text = text_of(answers=answers, links=links)
    if not links and not text and not answers.hashes and item is None:
        raise Invalid("Nothing says where it is.", what="empty")
    own = (Place(item_id=item.item_id),) if item else ()
    if len(links) + len(own) > MOST_PLACES:
        raise Invalid(f"A report names at most {MOST_PLACES} addresses.", what="too_many")
    content = asdict(replace(answers, what=frozenset())) | {"what": sorted(answers.what)}
    if item:
        content["item"] = [str(item.platform), item.item_id]
    notice = NewNotice(
        external_id=external_id(once=once, content=content),
        source="user",
        concern=concern_of(answers=answers),
        places=(*own, *places_of(links=links)),
        text=text,
        language=answers.language,
        hashes=answers.hashes,
        in_words=not links and not own and bool(text),
    )
    caller = replace(form_caller(now=now), platform=item.platform if item else None)
    return receive_notice(notice=notice, caller=caller, desk=desk, now=now, voice=voice)


def form_caller(*, now: datetime) -> Caller:
    """Return the desk's own form as a caller; at its first use it becomes a program, and the record says so."""
    return own_caller(program=FORM, now=now)


def external_id(*, once: str, content: object) -> str:
    """Return the id under which this content of this form is known: sent twice it is one notice, changed it is another."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"form {once} {digest[:32]}"
