"""Many notices in one call: each line is a notice of its own, and each line has its own result."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from odzew.entrypoints.api.bodies import NOTICE, Readable, lines
from odzew.entrypoints.api.context import the_desk
from odzew.entrypoints.api.notices import notice_of, receipt_out, to_json
from odzew.entrypoints.api.problems import Reply, known_error
from odzew.entrypoints.api.shapes import NoticeIn
from odzew.foundation.errors import Invalid, OdzewError, TooMany, Unavailable
from odzew.ledger.people import Caller
from odzew.usecases.receive_notice import receive_notice

MOST: Final = 5_000
_busy: set[uuid.UUID] = set()
_lock: Final = threading.Lock()


def take_notices(*, source: Readable, caller: Caller, now: datetime) -> Reply:
    """Store the notices of an NDJSON body, each in a transaction of its own, and say of every line what became of it.

    A line that is wrong or refused keeps no other line out. Every line needs an `external_id`: the whole call may be sent again, and
    what was stored gives its first receipt. A key has one batch at a time in a web process, so that no key fills the lane of batches.
    Raises `TooMany`, and `Unreadable`, `Invalid` or `TooLarge` for a body that is no lines at all: then nothing of it is stored.
    """
    with _alone(caller):
        results = list(_results(list(lines(source=source, longest=NOTICE, most=MOST)), caller, now))
    stored = sum(r["status"] in (200, 201) for r in results)
    return Reply(status=200, body=to_json({"stored": stored, "refused": len(results) - stored, "results": results}))


@contextmanager
def _alone(caller: Caller) -> Iterator[None]:
    with _lock:
        if caller.id in _busy:
            raise TooMany("A batch of this key is being stored; send the next one when it has been answered.", retry_after=5)
        _busy.add(caller.id)
    try:
        yield
    finally:
        with _lock:
            _busy.discard(caller.id)


def _results(found: list[tuple[int, Any]], caller: Caller, now: datetime) -> Iterator[dict[str, Any]]:
    """The result of each line; where nothing can be stored just now, the lines that follow are not tried."""
    away: OdzewError | None = None
    for number, value in found:
        named = value.get("external_id") if isinstance(value, dict) else None
        line = {"line": number, "external_id": named if isinstance(named, str) else None}
        try:
            if away is not None:
                raise away
            yield {**line, **_store(value, caller, now)}
        except Exception as error:  # one line that cannot be stored must not take the receipts of the others with it
            known = known_error(error)
            away = known if isinstance(known, Unavailable) else away
            yield {**line, **_refused(known)}


def _store(value: Any, caller: Caller, now: datetime) -> dict[str, Any]:
    sent = NoticeIn.model_validate(value)
    if sent.external_id is None:
        raise Invalid("In a batch every notice needs an external_id, so that the call can be sent again.")
    receipt = receive_notice(notice=notice_of(sent=sent, caller=caller), caller=caller, desk=the_desk(), now=now)
    return {"status": 200 if receipt.repeated else 201, **receipt_out(receipt=receipt)}


def _refused(error: OdzewError) -> dict[str, Any]:
    fields = error.detail.get("fields")
    return {
        "status": error.status,
        "reason": error.sentence,
        "again": error.status >= 500,
        **({"fields": fields} if fields else {}),
    }
