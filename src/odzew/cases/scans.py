"""How far the search for copies has come in the log of hashes."""

from __future__ import annotations

from dataclasses import dataclass

from odzew.foundation.writes import fetch_all, fetch_none


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Everything visible at the moment `seen` was looked at, and of what came until `upto` all up to `position`."""

    seen: str
    upto: str
    position: int


def place_of(*, name: str, start: str) -> Place:
    """Return how far a search has come; it begins at the moment `start`."""
    rows = fetch_all("SELECT seen, upto, position FROM cases_scan WHERE name = %s", [name])
    return Place(seen=rows[0][0], upto=rows[0][1], position=rows[0][2]) if rows else Place(seen=start, upto="", position=0)


def move_on(*, name: str, place: Place) -> None:
    """Keep how far a search has come, in the transaction that is open."""
    fetch_none(
        "INSERT INTO cases_scan (name, seen, upto, position) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (name) DO UPDATE SET seen = excluded.seen, upto = excluded.upto, position = excluded.position",
        [name, place.seen, place.upto, place.position],
    )
