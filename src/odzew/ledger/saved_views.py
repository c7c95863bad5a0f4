"""Saved views: what a person likes to see of the queue, under a name of their own. A preference, not an act: it is not on the record."""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from odzew.foundation.errors import Conflict, Invalid, NotFound
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_none
from odzew.ledger.models import SavedView

MOST: Final = 20
MOST_SHARED: Final = 20
LONGEST: Final = 40
LONGEST_QUERY: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedViewView:
    """A saved view as its reader sees it: `query` is a filter as a query string; `mine`: the reader saved it."""

    id: uuid.UUID
    name: str
    query: str
    shared: bool
    mine: bool


def views_for(*, person: uuid.UUID) -> list[SavedViewView]:
    """Return a person's own views and those that are shared with the desk, their own first, by name."""
    rows = SavedView.objects.filter(_for(person)).order_by("name", "id")
    return sorted((_view(row, person) for row in rows), key=lambda view: not view.mine)


def _for(person: uuid.UUID) -> Q:
    return Q(person_id=person) | Q(shared=True)


def _view(row: SavedView, person: uuid.UUID) -> SavedViewView:
    return SavedViewView(id=row.id, name=row.name, query=row.query, shared=row.shared, mine=row.person_id == person)


def hold_views() -> None:
    """Let nobody else save or change a view until the transaction ends, so that limits hold; everybody may read."""
    fetch_none("LOCK TABLE ledger_saved_view IN SHARE ROW EXCLUSIVE MODE", [])


def add_view(writes: Writes, *, person: uuid.UUID, name: str, query: str, shared: bool, now: datetime) -> uuid.UUID:
    """Keep a view; the caller holds the views. Raises `Invalid` (the name, nothing chosen) and `Conflict` (the name, too many)."""
    if not query or len(query) > LONGEST_QUERY:
        raise Invalid("Choose what the view shows first.", why="view_empty")
    called = _called(name, person)
    if SavedView.objects.filter(person_id=person).count() >= MOST:
        raise Conflict(f"You have {MOST} views. Delete one first.", why="view_many", most=MOST)
    _room_to_share(shared)
    view = new_id(now=now)
    row = {"id": view, "person_id": person, "name": called, "query": query, "shared": shared, "created_at": now}
    writes.insert(SavedView, row)
    return view


def change_view(writes: Writes, *, view: uuid.UUID, person: uuid.UUID, leads: bool, name: str, shared: bool) -> None:
    """Give a view another name, or share it or not; the caller holds the views. Raises `NotFound`, `Invalid` and `Conflict`."""
    row = _held(view, person, leads)
    called = _called(name, row.person_id, but=view)
    _room_to_share(shared and not row.shared)
    writes.update(SavedView, {"id": view, "name": called, "shared": shared})


def drop_view(*, view: uuid.UUID, person: uuid.UUID, leads: bool) -> None:
    """Forget a view; the caller holds the views. Raises `NotFound`."""
    _held(view, person, leads).delete()


def _held(view: uuid.UUID, person: uuid.UUID, leads: bool) -> SavedView:
    """A view that this person may change: their own, and for whoever leads a shared one too."""
    row = SavedView.objects.filter(_for(person) if leads else Q(person_id=person), id=view).first()
    if row is None:
        raise NotFound("There is no such view, or it is not yours to change.", why="view_none")
    return row


def _called(name: str, person: uuid.UUID, *, but: uuid.UUID | None = None) -> str:
    """A name as it is kept: one line of letters that can be seen, once for each person."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in unicodedata.normalize("NFC", name))
    called = " ".join(kept.split())
    if not 0 < len(called) <= LONGEST:
        raise Invalid(f"A view has a name of 1 to {LONGEST} letters.", why="view_name", most=LONGEST)
    same = SavedView.objects.filter(person_id=person, name=called)
    if (same.exclude(id=but) if but else same).exists():
        raise Conflict("There is a view of this name.", why="view_twice")
    return called


def _room_to_share(shared: bool) -> None:
    if shared and SavedView.objects.filter(shared=True).count() >= MOST_SHARED:
        raise Conflict(f"{MOST_SHARED} views are shared. Delete one first.", why="view_many_shared", most=MOST_SHARED)
