"""A very long queue: one true case, with all that hangs on it, copied by the database many times over.

Import it when Django is ready: in `ground`.
"""

from __future__ import annotations

import uuid
from typing import Final

from django.db import connection, transaction

from odzew.foundation.writes import fetch_all, fetch_none

# What the texts of the copies hold, beside the words of the true one.
WORD: Final = "A lantern"


def copies(*, table: str, count: int, **changes: str) -> None:
    """Copy the only row of a table so many times; `changes` are the columns that differ in the n-th, as SQL over `n` and the row `o`."""
    names = [
        name for (name,) in fetch_all("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", [table])
    ]
    columns, values = ", ".join(f'"{name}"' for name in names), ", ".join(changes.get(name, f'o."{name}"') for name in names)
    sql = f"INSERT INTO {table} ({columns}) SELECT {values} FROM (SELECT * FROM {table} LIMIT 1) o, generate_series(1, %s) n"  # noqa: S608
    fetch_none(sql, [count])


def _numbered(*, beyond: int = 0) -> str:
    """Return as SQL the id of the n-th copy."""
    return f"lpad(to_hex(n + {beyond}), 32, '0')::uuid"


def fill(*, cases: int, signed: int, before: uuid.UUID) -> None:
    """Make the only case so many; the number of a copy is its id.

    A half have their own words, a quarter an item and an earlier round that the person `before` decided. The true one was signed by one
    person and is in hand of another: so are the first `signed` copies signed, and a quarter were in hand. A third each are about a child,
    an intimate image and something else.
    """
    with transaction.atomic():
        fetch_none("DELETE FROM cases_clock WHERE name <> 'child_decide'", [])
        me, other, quarter, half = _numbered(), _numbered(beyond=cases), cases // 4, cases // 2
        copies(
            table="cases_case",
            count=cases,
            id=me,
            state="'open'",
            regime="(ARRAY['child', 'intimate', 'other'])[1 + n %% 3]",
            child_safety="n %% 3 = 0",
            queue_at="o.queue_at + n * interval '1 second'",
        )
        copies(table="cases_clock", count=cases, id=me, case_id=me, due_at="o.due_at + n * interval '1 minute'")
        copies(table="cases_copyset", count=quarter, id=me, case_id=me)
        copies(table="cases_item", count=quarter, id=me, copyset_id=me, external_id="'item-' || n")
        copies(table="cases_reporter", count=quarter, id="-n", case_id=me)
        copies(table="cases_spread", count=quarter, id="-n", item_id=me)
        copies(table="decisions_decision", count=signed, id=me, case_id=me)
        person = f"'{before}'::uuid"
        copies(table="decisions_decision", count=quarter, id=other, state="'final'", round="0", person_id=person, case_id=me)
        copies(table="decisions_lease", count=quarter, id=me, ended_at="o.at", how="'decided'")
        fetch_none("DELETE FROM ledger_personal_text WHERE id <> (SELECT text_id FROM notices_notice)", [])
        copies(table="ledger_personal_text", count=half, id=me, text=f"'{WORD}' || n")
        copies(table="notices_notice", count=half, id=me, text_id=me, receipt="int4send(n)")
        copies(table="notices_handling", count=half, id=me, notice_id=me, case_id=me)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
