"""The case itself as a value: read under lock, raised, written back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final

from odzew.cases.data import MOVES, UNDECIDED
from odzew.cases.models import Case, CopySet
from odzew.foundation.errors import Conflict, NotFound
from odzew.foundation.writes import Writes, fetch_all


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case as it stands in the database. Sums over notices (kinds, flags, ...) only ever grow."""

    id: uuid.UUID
    state: str
    round: int
    opened_at: datetime
    reopened_at: datetime
    queue_at: datetime
    jurisdiction: str
    kinds: frozenset[str]
    flags: frozenset[str]
    claimants: frozenset[str]
    sources: frozenset[str]
    regimes: frozenset[str]
    minor: bool | None
    child_safety: bool
    regime: str
    claimed_by_person: bool
    raised_by_trusted: bool
    published: bool
    notices: int
    independent: int
    same_reporter: int
    severity: int
    reasons: list[dict[str, Any]]
    policy_digest: str
    withheld: bool
    withheld_at: datetime | None
    clearances: int
    hides_since_clearance: int
    new_facts: frozenset[str]
    on_watch_until: datetime | None
    watch_hide_used: bool
    wave_at: datetime | None
    protect_uploader: bool
    statement_held: bool
    merged_into: uuid.UUID | None
    decided_at: datetime | None
    version: int
    matches: list[dict[str, Any]] = field(default_factory=list)

    @property
    def undecided(self) -> bool:
        """Nobody's decision on it is final yet."""
        return self.state in UNDECIDED


_COLUMNS: Final = tuple(f.name for f in fields(CaseRow))
_SETS: Final = frozenset({"kinds", "flags", "claimants", "sources", "regimes", "new_facts"})
_SELECT: Final = "SELECT " + ", ".join(f"c.{name}" for name in _COLUMNS) + " FROM cases_case c"
_SET_AT: Final = tuple(n for n, name in enumerate(_COLUMNS) if name in _SETS)
_JSON_AT: Final = (_COLUMNS.index("reasons"), _COLUMNS.index("matches"))


def _row(values: tuple[Any, ...]) -> CaseRow:
    import json

    row = list(values)
    for n in _SET_AT:
        row[n] = frozenset(row[n])
    for n in _JSON_AT:
        if isinstance(row[n], str):
            row[n] = json.loads(row[n])
    return CaseRow(**dict(zip(_COLUMNS, row, strict=True)))


def lock_cases(*, ids: list[uuid.UUID], skip_locked: bool = False) -> list[CaseRow]:
    """Return the cases, each held until the transaction ends; in the order of their ids so that two callers never wait in a ring.

    With `skip_locked`, those somebody else holds are left out.
    """
    if not ids:
        return []
    tail = " FOR NO KEY UPDATE" + (" SKIP LOCKED" if skip_locked else "")
    return [_row(r) for r in fetch_all(_SELECT + " WHERE c.id = ANY(%s) ORDER BY c.id" + tail, [ids])]


def lock_case(*, case: uuid.UUID) -> CaseRow:
    """Return one case, held; a merged one leads to the case it became. Raises `NotFound`."""
    for _ in range(8):
        rows = lock_cases(ids=[case])
        if not rows:
            raise NotFound("There is no such case.", why="no_case")
        if rows[0].merged_into is None:
            return rows[0]
        case = rows[0].merged_into
    raise NotFound("There is no such case.", why="no_case")


def now_named(*, case: uuid.UUID) -> uuid.UUID:
    """Return the id of the case that a case is by now, without holding it: itself, or what it was merged into. Raises `NotFound`."""
    for _ in range(8):
        rows = fetch_all("SELECT merged_into FROM cases_case WHERE id = %s", [case])
        if not rows:
            break
        if rows[0][0] is None:
            return case
        case = rows[0][0]
    raise NotFound("There is no such case.", why="no_case")


def read_cases(*, ids: list[uuid.UUID]) -> list[CaseRow]:
    """Return the cases without holding them."""
    return [_row(r) for r in fetch_all(_SELECT + " WHERE c.id = ANY(%s) ORDER BY c.id", [ids])]


def add_case(writes: Writes, *, row: CaseRow, copysets: list[uuid.UUID], fresh: frozenset[uuid.UUID]) -> None:
    """Write a new case and let the copy sets point to it; `fresh` copy sets are inserted by the same writes."""
    writes.insert(Case, _plain(row))
    _point(writes, case=row.id, copysets=copysets, fresh=fresh)


def _point(writes: Writes, *, case: uuid.UUID, copysets: list[uuid.UUID], fresh: frozenset[uuid.UUID]) -> None:
    for copyset in copysets:
        if copyset in fresh:
            writes.insert(CopySet, {"id": copyset, "case_id": case})
        else:
            writes.update(CopySet, {"id": copyset, "case_id": case, "via": "", "searched": False})


def cover(writes: Writes, *, case: uuid.UUID, copysets: list[uuid.UUID], fresh: frozenset[uuid.UUID]) -> None:
    """Let a case cover more copy sets, none of which has another case."""
    _point(writes, case=case, copysets=copysets, fresh=fresh)


def _plain(row: CaseRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}


def save_case(writes: Writes, *, before: CaseRow, after: CaseRow) -> CaseRow:
    """Write what changed, one version higher. Raises `Conflict` for a move that the table of moves does not know."""
    if before.state != after.state and after.state not in MOVES[before.state]:
        raise Conflict(f"A case that is {before.state} cannot become {after.state}.", why="not_now")
    after = replace(after, version=before.version + 1)
    old, new = _plain(before), _plain(after)
    writes.update(Case, {"id": after.id, **{k: v for k, v in new.items() if k != "id" and v != old[k]}})
    return after
