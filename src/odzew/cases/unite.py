"""Items that turned out to look the same become one copy set."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from odzew.cases.register import Registered
from odzew.foundation.writes import fetch_all, fetch_none

_SETS: Final = """
SELECT g.id, g.case_id FROM cases_copyset g
WHERE g.id IN (SELECT copyset_id FROM cases_item WHERE id = ANY(%s)) ORDER BY g.id
"""


def unite(*, items: Sequence[uuid.UUID]) -> Registered:
    """Make one copy set of those of the items, holding them until the transaction ends, and tell what came under which case.

    One that has a case takes the others in; where several have, the oldest does, and the caller merges the cases told in `merges`.
    """
    sets = _hold(items)
    out = Registered()
    if len(sets) < 2:
        return out
    root = min(sets, key=lambda s: (sets[s] is None, s))
    others = [s for s in sets if s != root]
    case = sets[root]
    for old in others:
        sql = "UPDATE cases_item SET copyset_id = %s WHERE copyset_id = %s RETURNING id"
        came = [item for (item,) in fetch_all(sql, [root, old])]
        given = sets[old]
        if case is not None and given is None:
            out.joined += [(item, case) for item in came]
        elif case is not None and given is not None and given != case:
            out.merges.append((case, given))
    fetch_none("UPDATE cases_past_bytes SET copyset_id = %s WHERE copyset_id = ANY(%s)", [root, others])
    fetch_none("UPDATE cases_copyset SET case_id = NULL WHERE id = ANY(%s)", [others])
    if case is not None:
        out.touched.add(case)
    return out


def _hold(items: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    """Hold the copy sets of the items, looking again once they are held: they may have moved meanwhile."""
    held: set[uuid.UUID] = set()
    while True:
        sets = dict(fetch_all(_SETS, [list(items)]))
        if set(sets) <= held:
            return sets
        held |= set(sets)
        fetch_none("SELECT id FROM cases_copyset WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(held)])
