"""Writing an act on the record: one row in the transaction of the act, without any lock."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime
from typing import Any

from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all
from odzew.ledger.canonical import canonical, salted
from odzew.ledger.models import Event, PersonalText


def record(
    writes: Writes, *, kind: str, actor: str, now: datetime, case: uuid.UUID | None = None, facts: dict[str, Any] | None = None
) -> uuid.UUID:
    """Add an event to `writes` and return its id.

    `actor` is a pseudonym, a program's id, `clock` or `desk`; `facts` hold ids, words of the vocabulary and numbers, never a
    person's words or a name: those are kept by `keep_text` and only their salted hash is a fact.
    """
    event = new_id(now=now)
    body: dict[str, Any] = {"id": str(event), "at": now, "kind": kind, "actor": actor}
    if case is not None:
        body["case"] = str(case)
    if facts:
        body["facts"] = facts
    writes.insert(
        Event, {"id": event, "at": now, "kind": kind, "actor": actor, "case_id": case, "data": canonical(value=body), "seq": None}
    )
    return event


def keep_text(writes: Writes, *, text: str, now: datetime) -> tuple[uuid.UUID, str]:
    """Keep a person's words apart from the record; return their id and the salted hash that the record may hold."""
    text_id, salt = new_id(now=now), secrets.token_bytes(16)
    writes.insert(PersonalText, {"id": text_id, "salt": salt, "text": text})
    return text_id, salted(text=text, salt=salt)


def read_texts(*, ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the words kept under `ids`; erased ones are missing."""
    return dict(PersonalText.objects.filter(id__in=ids).values_list("id", "text"))


def erase_texts(*, ids: list[uuid.UUID]) -> int:
    """Erase the words kept under `ids` and return how many there were. The record holds their salted hashes alone, and stays whole."""
    return len(fetch_all("DELETE FROM ledger_personal_text WHERE id = ANY(%s) RETURNING 1", [ids])) if ids else 0
