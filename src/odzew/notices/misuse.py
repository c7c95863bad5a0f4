"""Reporters who were warned for plainly unfounded reports, and what is known of what a reporter sent before."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.foundation.ids import first_id, new_id
from odzew.foundation.writes import Writes, fetch_all
from odzew.notices.models import Misuse

# What was reported longer ago than this counts for nobody.
REMEMBERED: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of what one reporter sent, each notice once for each case: confirmed, cleared, and what waits or was not found."""

    notices: int
    confirmed: int
    cleared: int
    last_cleared: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MisuseView:
    """A warning, and what came after it: `asked` who asks that they be suspended, `until` when that ends."""

    id: uuid.UUID
    warned_at: datetime
    warned_by: uuid.UUID
    reason: uuid.UUID
    asked_at: datetime | None
    asked_by: uuid.UUID | None
    until: datetime | None

    def suspended(self, *, now: datetime) -> bool:
        """Do they weigh less now?"""
        return self.until is not None and self.until > now


def sent_by(*, reporter: str, now: datetime) -> Sent:
    """Return what became of what a reporter sent in the last year, by the decisions of today."""
    sql = (
        "SELECT count(*), count(*) FILTER (WHERE c.state IN ('removed', 'kept_withheld')), count(*) FILTER (WHERE c.state = 'cleared'), "
        "max(n.received_at) FILTER (WHERE c.state = 'cleared') FROM notices_notice n "
        "JOIN notices_handling h ON h.notice_id = n.id AND h.state <> 'moved' JOIN cases_case c ON c.id = h.case_id "
        "WHERE n.id >= %s AND n.reporter = %s"
    )
    notices, confirmed, cleared, last = fetch_all(sql, [first_id(at=now - REMEMBERED), reporter])[0]
    return Sent(notices=notices, confirmed=confirmed, cleared=cleared, last_cleared=last)


def warning_of(*, reporter: str, now: datetime) -> MisuseView | None:
    """Return the warning of a reporter that has not ended and is not too old, or None."""
    row = Misuse.objects.filter(reporter=reporter, ended_at=None, warned_at__gt=now - REMEMBERED).first()
    if row is None:
        return None
    return MisuseView(
        id=row.id,
        warned_at=row.warned_at,
        warned_by=row.warned_by_id,
        reason=row.reason_id,
        asked_at=row.asked_at,
        asked_by=row.asked_by_id,
        until=row.until_at,
    )


def suspended_now(*, now: datetime) -> frozenset[str]:
    """Return the opaque names of everybody who weighs less now."""
    return frozenset(r[0] for r in fetch_all("SELECT reporter FROM notices_misuse WHERE ended_at IS NULL AND until_at > %s", [now]))


def add_warning(
    writes: Writes, *, reporter: str, notice: uuid.UUID, person: uuid.UUID, reason: uuid.UUID, now: datetime
) -> uuid.UUID:
    """Note a warning in the place of one that is too old; the caller holds the thread of the notice."""
    Misuse.objects.filter(reporter=reporter, ended_at=None).update(ended_at=now)
    misuse = new_id(now=now)
    row = {
        "id": misuse,
        "reporter": reporter,
        "notice_id": notice,
        "warned_at": now,
        "warned_by_id": person,
        "reason_id": reason,
        "asked_at": None,
        "asked_by_id": None,
        "until_at": None,
        "ended_at": None,
    }
    writes.insert(Misuse, row)
    return misuse


def ask_to_suspend(writes: Writes, *, misuse: uuid.UUID, person: uuid.UUID, now: datetime) -> None:
    """Note who asks that a warned reporter be suspended."""
    writes.update(Misuse, {"id": misuse, "asked_at": now, "asked_by_id": person})


def suspend(writes: Writes, *, misuse: uuid.UUID, until: datetime) -> None:
    """Let a warned reporter weigh less until a time; it ends by itself."""
    writes.update(Misuse, {"id": misuse, "until_at": until})


def end_misuse(writes: Writes, *, misuse: uuid.UUID, now: datetime) -> None:
    """End the warning and what followed from it."""
    writes.update(Misuse, {"id": misuse, "ended_at": now})
