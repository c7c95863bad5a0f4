"""The thread between a reporter and the desk. It hangs on the first notice of its reporter; no other notice has a part in it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger.events import keep_text, read_texts
from odzew.notices.erasure import written_again
from odzew.notices.models import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message. `by`: `reporter` or `desk`; `person` and `template` are those of the desk. Words that were `erased` are empty."""

    id: uuid.UUID
    notice: uuid.UUID
    by: str
    person: uuid.UUID | None
    at: datetime
    language: str
    template: str
    danger: bool
    text: str
    erased: bool
    read: bool

    @property
    def unread(self) -> bool:
        """Has nobody of the desk read this message of a reporter?"""
        return self.by == "reporter" and not self.read


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What of a case nobody has read: how many messages, whether one speaks of danger now, and since when the first waits."""

    case: uuid.UUID
    count: int
    danger: bool
    since: datetime


def thread_of(*, notice: uuid.UUID, hold: bool = False) -> uuid.UUID | None:
    """Return the notice that this one's thread hangs on: itself, or the one it follows; None if there is no such notice.

    With `hold` the thread is held until the transaction ends, so that two who write wait for one another.
    """
    rows = fetch_all("SELECT coalesce(follows_id, id) FROM notices_notice WHERE id = %s", [notice])
    if rows and hold:
        fetch_none("SELECT 1 FROM notices_notice WHERE id = %s FOR NO KEY UPDATE", [rows[0][0]])
    return rows[0][0] if rows else None


def add_message(
    writes: Writes,
    *,
    notice: uuid.UUID,
    by: str,
    text: str,
    language: str,
    once: bytes,
    now: datetime,
    danger: bool = False,
    person: uuid.UUID | None = None,
    template: str = "",
) -> tuple[uuid.UUID, str | None]:
    """Add a message to a thread that is held; return its id and the salted hash of its words for the record, or None without words."""
    message = new_id(now=now)
    written_again(notice=notice)
    text_id, salted = keep_text(writes, text=text, now=now) if text else (None, None)
    writes.insert(
        Message,
        {
            "id": message,
            "notice_id": notice,
            "by": by,
            "person_id": person,
            "at": now,
            "language": language,
            "template": template,
            "danger": danger,
            "text_id": text_id,
            "once": once,
        },
    )
    return message, salted


_COLUMNS: Final = "m.id, m.notice_id, m.by, m.person_id, m.at, m.language, m.template, m.danger, m.text_id, m.read_at IS NOT NULL"
# The notices whose reporter a thread is with: the first, and what was added to it.
_NOTICES: Final = (
    "CROSS JOIN LATERAL (SELECT m.notice_id AS id UNION ALL SELECT f.id FROM notices_notice f WHERE f.follows_id = m.notice_id) n "
    "JOIN notices_handling h ON h.notice_id = n.id AND h.state <> 'moved'"
)


def _views(rows: list[tuple[Any, ...]]) -> list[MessageView]:
    texts = read_texts(ids=[r[8] for r in rows if r[8]])
    return [
        MessageView(
            id=r[0],
            notice=r[1],
            by=r[2],
            person=r[3],
            at=r[4],
            language=r[5],
            template=r[6],
            danger=r[7],
            text=texts.get(r[8], "") if r[8] else "",
            erased=r[8] is not None and r[8] not in texts,
            read=r[9],
        )
        for r in rows
    ]


def messages_of(*, notice: uuid.UUID, most: int | None = None) -> list[MessageView]:
    """Return the messages of the thread that hangs on a notice, oldest first; of a long one the newest `most`."""
    return messages_on(notices=[notice], most=most)[notice]


def messages_on(*, notices: list[uuid.UUID], most: int | None) -> dict[uuid.UUID, list[MessageView]]:
    """Return the messages of several threads, by the notice that each hangs on; each oldest first, of a long one the newest `most`."""
    sql = (
        f"SELECT {_COLUMNS} FROM unnest(%s::uuid[]) AS t (id) CROSS JOIN LATERAL (SELECT * FROM notices_message "
        "WHERE notice_id = t.id ORDER BY at DESC, id DESC LIMIT %s) m ORDER BY m.at, m.id"
    )
    found: dict[uuid.UUID, list[MessageView]] = {notice: [] for notice in notices}
    for message in _views(fetch_all(sql, [notices, most])):
        found[message.notice].append(message)
    return found


def waiting_in(*, notice: uuid.UUID) -> int:
    """Return how many messages of a reporter nobody has read."""
    sql = "SELECT count(*) FROM notices_message m WHERE m.notice_id = %s AND m.by = 'reporter' AND m.read_at IS NULL"
    return int(fetch_all(sql, [notice])[0][0])


def sent_before(*, notice: uuid.UUID, once: bytes) -> uuid.UUID | None:
    """Return the message that this very page sent before, or None."""
    rows = fetch_all("SELECT m.id FROM notices_message m WHERE m.notice_id = %s AND m.once = %s", [notice, once])
    return rows[0][0] if rows else None


def threads_on(*, case: uuid.UUID, most: int) -> list[uuid.UUID]:
    """Return the threads of a case, at most `most`: those with something unread first, danger before, then by the newest message."""
    # From the notices of the case to their messages: a desk has many more messages than one case.
    sql = (
        "SELECT m.notice_id FROM notices_message m WHERE m.notice_id IN (SELECT coalesce(n.follows_id, n.id) FROM notices_handling h "
        "JOIN notices_notice n ON n.id = h.notice_id WHERE h.case_id = %s AND h.state <> 'moved') GROUP BY 1 ORDER BY "
        "bool_or(m.danger AND m.by = 'reporter' AND m.read_at IS NULL) DESC, bool_or(m.by = 'reporter' AND m.read_at IS NULL) DESC, "
        "max(m.at) DESC, 1 LIMIT %s"
    )
    return [r[0] for r in fetch_all(sql, [case, most])]


def on_case(*, case: uuid.UUID, notice: uuid.UUID) -> bool:
    """Is this a thread of the case: does a notice of its reporter stand there?"""
    sql = (
        "SELECT 1 FROM notices_notice n JOIN notices_handling h ON h.notice_id = n.id AND h.state <> 'moved' "
        "WHERE (n.id = %s OR n.follows_id = %s) AND h.case_id = %s LIMIT 1"
    )
    return bool(fetch_all(sql, [notice, notice, case]))


def unread() -> list[Unread]:
    """Return the cases with messages that nobody has read: danger first, then the longest waiting."""
    sql = (
        f"SELECT h.case_id, count(DISTINCT m.id), bool_or(m.danger), min(m.at) FROM notices_message m {_NOTICES} "
        f"WHERE m.by = 'reporter' AND m.read_at IS NULL GROUP BY 1 ORDER BY 3 DESC, 4, 1"
    )
    return [Unread(case=r[0], count=r[1], danger=r[2], since=r[3]) for r in fetch_all(sql, [])]


def mark_read(*, notice: uuid.UUID, messages: list[uuid.UUID], person: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """Note who read these messages of a reporter, each once; return those that nobody had read before."""
    sql = (
        "UPDATE notices_message SET read_at = %s, read_by_id = %s WHERE notice_id = %s AND id = ANY(%s) AND by = 'reporter' "
        "AND read_at IS NULL RETURNING id"
    )
    return sorted(r[0] for r in fetch_all(sql, [now, person, notice, messages]))
