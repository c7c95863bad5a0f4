"""Visits: a person in one browser. A visit ends when it is idle or old, when somebody ends it, and with the person's leaving."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, cast

from django.db.models import Q

from odzew.foundation.ids import new_id
from odzew.foundation.secrets import hash_key
from odzew.foundation.writes import Writes
from odzew.ledger.models import Visit
from odzew.ledger.people import PersonView, person_view

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)
# How long a second factor is fresh: for what is asked again although somebody is signed in.
FRESH: Final = timedelta(minutes=5)
# Kept no more exactly than this, so that a page costs no write.
_SEEN_EVERY: Final = timedelta(minutes=1)

How = Literal["code", "recovery", "passkey", "provider", "link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitView:
    """A visit that has not ended. `how` it began; `fresh_at`: when the person last gave a second factor of this desk in it."""

    id: uuid.UUID
    person: PersonView
    how: How
    began_at: datetime
    seen_at: datetime
    fresh_at: datetime | None

    def fresh(self, *, now: datetime) -> bool:
        """Was a second factor given in it within the last five minutes?"""
        return self.fresh_at is not None and now - self.fresh_at <= FRESH


def begin_visit(writes: Writes, *, person: uuid.UUID, how: How, browser: bytes, now: datetime) -> tuple[uuid.UUID, str]:
    """Add a visit; return it and the secret for the browser's cookie, the only time it can be seen.

    `browser` is a hash of how the browser calls itself: another one that has the cookie opens nothing. What of the person's earlier
    visits is over is forgotten.
    """
    Visit.objects.filter(person_id=person).exclude(_lasts(now)).delete()
    visit, secret = new_id(now=now), secrets.token_urlsafe(32)
    writes.insert(
        Visit,
        {
            "id": visit,
            "person_id": person,
            "secret_hash": hash_key(secret=secret),
            "browser": browser,
            "how": how,
            "began_at": now,
            "seen_at": now,
            "fresh_at": None if how == "link" else now,
        },
    )
    return visit, secret


def _lasts(now: datetime) -> Q:
    return Q(began_at__gt=now - LONGEST, seen_at__gte=now - IDLE)


def visit_of_secret(*, secret: str, browser: bytes, now: datetime, used: bool = True) -> VisitView | None:
    """Return the visit of a cookie and note that it is used, or None: unknown, over, of another browser, or the person has left.

    What a page asks by itself is no use (`used` false): a window that is left open keeps no visit alive.
    """
    row = (
        Visit.objects.select_related("person")
        .filter(_lasts(now), secret_hash=hash_key(secret=secret), browser=browser, person__left_at=None)
        .first()
    )
    if row is None:
        return None
    if used and now - row.seen_at >= _SEEN_EVERY:
        Visit.objects.filter(id=row.id, seen_at__lt=now).update(seen_at=now)
    return _view(row)


def _view(row: Visit) -> VisitView:
    return VisitView(
        id=row.id,
        person=person_view(row.person),
        how=cast(How, row.how),
        began_at=row.began_at,
        seen_at=row.seen_at,
        fresh_at=row.fresh_at,
    )


def visits_of(*, person: uuid.UUID, now: datetime) -> list[VisitView]:
    """Return a person's visits that have not ended, the last used first."""
    found = Visit.objects.select_related("person").filter(_lasts(now), person_id=person)
    return [_view(row) for row in found.order_by("-seen_at", "id")]


def end_visits(*, person: uuid.UUID, only: uuid.UUID | None = None, but: uuid.UUID | None = None) -> list[uuid.UUID]:
    """End a person's visits, or `only` one, or all `but` one; return those that ended."""
    here = Visit.objects.select_for_update().filter(person_id=person).values_list("id", flat=True)
    ended = sorted(visit for visit in here if visit != but and only in (None, visit))
    Visit.objects.filter(id__in=ended).delete()
    return ended


def freshen(*, visit: uuid.UUID, now: datetime) -> bool:
    """Note that the person has just given a second factor in this visit; False if it has ended."""
    return Visit.objects.filter(id=visit).update(fresh_at=now) == 1
