"""The way in to what people looked at, and to what they set for themselves."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odzew.exposures.budget import LONGEST, WEEK, Limits, Look, limits
from odzew.exposures.data import Clear, ExposureView, LookerView, Medium, Why
from odzew.exposures.models import Exposure, Looker
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none

_VIEW: Final = (
    "SELECT id, person_id, case_id, item_id, media_id, kind, severe, clear, why, reason_id, state, fault, seconds, held_ms, at, "
    "shown_at, ended_at FROM exposures_exposure "
)
_NAMES: Final = (
    "id", "person", "case", "item", "media", "kind", "severe", "clear", "why", "reason", "state", "fault", "seconds", "held_ms", "at",
    "shown_at", "ended_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a person stands: the looks of their last week, how many in all, and what their day may hold."""

    looks: tuple[Look, ...]
    ever: int
    most: Limits
    own: LookerView


def hold_looker(*, person: uuid.UUID) -> None:
    """Hold a person's row until the transaction ends: nobody is granted two views at once. It comes after cases and clocks."""
    fetch_none("INSERT INTO exposures_looker (person_id, not_today) VALUES (%s, '{}') ON CONFLICT DO NOTHING", [person])
    fetch_none("SELECT 1 FROM exposures_looker WHERE person_id = %s FOR UPDATE", [person])


def standing_of(*, person: uuid.UUID, now: datetime) -> Standing:
    """Return where a person stands; a view that was asked for counts like one that was shown, until it is known not to have been."""
    found = fetch_all(
        "SELECT at, seconds FROM exposures_exposure WHERE person_id = %s AND state <> 'not_shown' AND at > %s ORDER BY at",
        [person, now - WEEK],
    )
    ((ever, days),) = fetch_all(
        "SELECT count(*), count(DISTINCT (at AT TIME ZONE 'UTC')::date) FILTER (WHERE (at AT TIME ZONE 'UTC')::date < "
        "(%s AT TIME ZONE 'UTC')::date) FROM exposures_exposure WHERE person_id = %s AND state = 'shown'",
        [now, person],
    )
    own = looker(person=person, now=now)
    return Standing(
        looks=tuple(Look(at=at, seconds=seconds) for at, seconds in found),
        ever=ever,
        most=limits(days=days, own_views=own.own_views, own_minutes=own.own_minutes),
        own=own,
    )


def looker(*, person: uuid.UUID, now: datetime) -> LookerView:
    """Return what a person set for themselves."""
    row = Looker.objects.filter(person_id=person).first()
    if row is None:
        return LookerView(own_views=None, own_minutes=None, not_today=frozenset())
    today = row.not_today if row.not_today_until is not None and row.not_today_until > now else []
    return LookerView(own_views=row.own_views, own_minutes=row.own_minutes, not_today=frozenset(today))


def set_looker(
    *, person: uuid.UUID, own_views: int | None, own_minutes: int | None, not_today: frozenset[str], until: datetime
) -> None:
    """Keep what a person sets for themselves; `not_today` holds until then."""
    Looker.objects.update_or_create(
        person_id=person,
        defaults={
            "own_views": own_views,
            "own_minutes": own_minutes,
            "not_today": sorted(not_today),
            "not_today_until": until if not_today else None,
        },
    )


def ask(
    writes: Writes,
    *,
    person: uuid.UUID,
    one: Medium,
    kind: str,
    severe: bool,
    clear: Clear,
    why: Why,
    reason: uuid.UUID | None,
    before: uuid.UUID | None,
    now: datetime,
) -> uuid.UUID:
    """Add a view that is asked for; it counts for the longest time. The caller holds the person's row."""
    exposure = new_id(now=now)
    row = {
        "id": exposure, "person_id": person, "case_id": one.case, "item_id": one.item, "media_id": one.id,
        "copyset_id": one.copyset, "sha256": one.sha256, "likeness": one.pdq, "kind": kind, "severe": severe, "clear": clear,
        "why": why, "reason_id": reason, "before": before, "seconds": LONGEST, "at": now,
    }  # fmt: skip
    writes.insert(Exposure, row)
    return exposure


def used_up(*, before: uuid.UUID) -> bool:
    """Was a clearer view asked for after this one already?"""
    return Exposure.objects.filter(before=before).exists()


def settle_shown(*, exposure: uuid.UUID, sha256: bytes, now: datetime) -> None:
    """Say that a view is shown now, and of which bytes."""
    Exposure.objects.filter(id=exposure, state="asked").update(state="shown", shown_at=now, sha256=sha256)


def settle_not_shown(*, exposure: uuid.UUID, fault: str) -> None:
    """Say that nothing was shown, and give its place in the budget back."""
    Exposure.objects.filter(id=exposure, state="asked").update(state="not_shown", fault=fault[:100], seconds=0)


def settle_ended(*, exposure: uuid.UUID, seconds: int, held_ms: int | None, now: datetime) -> bool:
    """Say that a view is over after so many seconds; False if that is known already."""
    done = Exposure.objects.filter(id=exposure, state="shown", ended_at=None)
    return done.update(ended_at=now, seconds=seconds, held_ms=held_ms) == 1


def exposure_of(*, exposure: uuid.UUID, person: uuid.UUID) -> ExposureView | None:
    """Return one view of a person, or None: another's is none."""
    rows = fetch_all(_VIEW + "WHERE id = %s AND person_id = %s", [exposure, person])
    return _view(rows[0]) if rows else None


def exposures_of(*, person: uuid.UUID, most: int = 1000) -> list[ExposureView]:
    """Return what a person was shown, the newest first."""
    sql = _VIEW + "WHERE person_id = %s AND state = 'shown' ORDER BY at DESC, id DESC LIMIT %s"
    return [_view(row) for row in fetch_all(sql, [person, most])]


def exposures_on(*, case: uuid.UUID) -> list[ExposureView]:
    """Return who was shown what of a case, the oldest first."""
    return [_view(row) for row in fetch_all(_VIEW + "WHERE case_id = %s AND state = 'shown' ORDER BY at, id", [case])]


def _view(row: tuple[Any, ...]) -> ExposureView:
    return ExposureView(**dict(zip(_NAMES, row, strict=True)))
