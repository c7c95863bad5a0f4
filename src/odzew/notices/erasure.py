"""Words of reporters end some time after everything that they asked for has ended; what is held is kept until the hold ends."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger.events import erase_texts
from odzew.ledger.outbox import erase_payloads
from odzew.notices.contacts import forget_contacts
from odzew.notices.models import Hold

HELD: Final = "SELECT 1 FROM notices_hold k WHERE k.case_id = c.id AND k.ended_at IS NULL AND k.until_at > %s"
# A thread is over when each of its notices was answered on each case, each of the cases is decided, nothing was written since, all that
# long ago; and nothing holds it. A case that was opened again is not decided.
_OVER: Final = f"""
NOT EXISTS (SELECT 1 FROM notices_notice n JOIN notices_handling h ON h.notice_id = n.id AND h.state <> 'moved'
  JOIN cases_case c ON c.id = h.case_id WHERE (n.id = r.id OR n.follows_id = r.id) AND (h.ended_at IS NULL OR h.ended_at > %s
  OR c.decided_at IS NULL OR c.decided_at > %s OR EXISTS ({HELD})))
AND NOT EXISTS (SELECT 1 FROM notices_message m WHERE m.notice_id = r.id AND m.at > %s)
"""
_ENDED: Final = """
SELECT DISTINCT coalesce(n.follows_id, n.id) AS id FROM notices_handling h JOIN notices_notice n ON n.id = h.notice_id
WHERE h.ended_at <= %s AND h.erased_at IS NULL AND h.ended_at IS NOT NULL
"""
_TEXTS: Final = """
SELECT n.text_id FROM notices_notice n WHERE (n.id = %s OR n.follows_id = %s) AND n.text_id IS NOT NULL
UNION ALL SELECT m.text_id FROM notices_message m WHERE m.notice_id = %s AND m.text_id IS NOT NULL
UNION ALL SELECT f.text_id FROM notices_formal_request f JOIN notices_notice n ON n.id = f.notice_id WHERE n.id = %s OR n.follows_id = %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """What keeps the words of a case longer; `reason` is the id of what was said for it."""

    id: uuid.UUID
    person: uuid.UUID
    reason: uuid.UUID
    at: datetime
    until: datetime
    ended: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How much was erased of one thread."""

    notice: uuid.UUID
    texts: int
    addresses: int


def threads_over(*, before: datetime, now: datetime, most: int) -> list[uuid.UUID]:
    """Return threads whose words are due to be erased, at most `most`: all ended before a moment, and nothing holds them."""
    sql = f"SELECT r.id FROM ({_ENDED}) r WHERE {_OVER} ORDER BY r.id LIMIT %s"
    return [r[0] for r in fetch_all(sql, [before, *_bounds(before, now), most])]


def _bounds(before: datetime, now: datetime) -> list[Any]:
    return [before, before, now, before]


def hold_threads(*, notices: list[uuid.UUID]) -> None:
    """Hold threads until the transaction ends, so that nobody writes in them meanwhile."""
    fetch_none("SELECT 1 FROM notices_notice WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [notices])


def cases_of_threads(*, notices: list[uuid.UUID]) -> list[uuid.UUID]:
    """Return the cases that stand behind threads."""
    sql = (
        "SELECT DISTINCT h.case_id FROM notices_notice n JOIN notices_handling h ON h.notice_id = n.id AND h.state <> 'moved' "
        "WHERE n.id = ANY(%s) OR n.follows_id = ANY(%s) ORDER BY 1"
    )
    return [r[0] for r in fetch_all(sql, [notices, notices])]


def still_over(*, notices: list[uuid.UUID], before: datetime, now: datetime) -> list[uuid.UUID]:
    """Return those of the threads, which the caller holds with their cases, that are over as before, and that nobody erased meanwhile."""
    sql = f"SELECT r.id FROM ({_ENDED} AND coalesce(n.follows_id, n.id) = ANY(%s)) r WHERE {_OVER} ORDER BY r.id"
    return [r[0] for r in fetch_all(sql, [before, notices, *_bounds(before, now)])]


def erase_thread(*, notice: uuid.UUID, now: datetime) -> Erased:
    """Erase the words of a thread: of its notices and messages, what was signed, and where its reporter was written to.

    The caller holds the thread. What was reported, when, and what was answered stays; it holds no words of a person.
    """
    texts = [r[0] for r in fetch_all(_TEXTS, [notice] * 5)]
    notices = [r[0] for r in fetch_all("SELECT id FROM notices_notice WHERE id = %s OR follows_id = %s", [notice, notice])]
    sent = [r[0] for r in fetch_all("SELECT id FROM notices_message WHERE notice_id = %s AND by = 'desk'", [notice])]
    erase_payloads(subjects=sent, now=now)
    done = Erased(notice=notice, texts=erase_texts(ids=texts), addresses=forget_contacts(notices=notices))
    fetch_none("UPDATE notices_handling SET erased_at = %s WHERE notice_id = ANY(%s)", [now, notices])
    return done


def written_again(*, notice: uuid.UUID) -> None:
    """Note that there are words again in a thread whose words were erased, so that these end too."""
    sql = (
        "UPDATE notices_handling SET erased_at = NULL WHERE erased_at IS NOT NULL AND notice_id IN "
        "(SELECT id FROM notices_notice WHERE id = %s OR follows_id = %s)"
    )
    fetch_none(sql, [notice, notice])


def add_hold(writes: Writes, *, case: uuid.UUID, person: uuid.UUID, reason: uuid.UUID, until: datetime, now: datetime) -> uuid.UUID:
    """Keep the words of a case until a time and return the id of that; the caller holds the case."""
    hold = new_id(now=now)
    row = {"id": hold, "case_id": case, "person_id": person, "reason_id": reason, "at": now, "until_at": until, "ended_at": None}
    writes.insert(Hold, row)
    return hold


def holds_on(*, case: uuid.UUID) -> list[HoldView]:
    """Return everything that kept or keeps the words of a case, the oldest first."""
    found = Hold.objects.filter(case_id=case).order_by("at", "id")
    return [HoldView(id=h.id, person=h.person_id, reason=h.reason_id, at=h.at, until=h.until_at, ended=h.ended_at) for h in found]


def end_hold(*, hold: uuid.UUID, case: uuid.UUID, now: datetime) -> bool:
    """Keep the words no longer for this reason; False if it had ended, or is not of this case. The caller holds the case."""
    sql = "UPDATE notices_hold SET ended_at = %s WHERE id = %s AND case_id = %s AND ended_at IS NULL AND until_at > %s RETURNING 1"
    return bool(fetch_all(sql, [now, hold, case, now]))
