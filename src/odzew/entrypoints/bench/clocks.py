"""`odzew bench clocks`: 100,000 clocks armed, 2,000 real deeds due at once, two workers, one of them killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime, timedelta
from typing import Final

from odzew.entrypoints.bench.data import Figure, lower_is_better, median
from odzew.entrypoints.bench.ground import ground, process
from odzew.foundation.moments import utc_now

ARMED: Final = 100_000
DUE: Final = 2_000
_AHEAD: Final = timedelta(seconds=12)
_LIMIT: Final = 60.0

_FILL: Final = """
WITH n AS (SELECT n, ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid AS id FROM generate_series(1, %(count)s::int) n),
cases AS (INSERT INTO cases_case SELECT (jsonb_populate_record(p.t, jsonb_build_object('id', n.id))).*
  FROM n, (SELECT c AS t FROM cases_case c LIMIT 1) p RETURNING id),
sets AS (INSERT INTO cases_copyset (id, case_id, via, searched) SELECT id, id, '', true FROM cases RETURNING id),
items AS (INSERT INTO cases_item SELECT (jsonb_populate_record(p.t, jsonb_build_object('id', s.id, 'copyset_id', s.id,
  'external_id', 'bench-' || s.id, 'url', 'http://127.0.0.1:9/' || s.id))).* FROM sets s, (SELECT i AS t FROM cases_item i LIMIT 1) p RETURNING 1)
INSERT INTO cases_clock (id, case_id, name, state, started_at, due_at, wake_at, steps, step, statutory)
SELECT gen_random_uuid(), n.id, 'child_withhold', 'armed', now(), d.due, d.due, jsonb_build_array(jsonb_build_array(d.due, 'withhold')), 0, false
FROM n, LATERAL (SELECT CASE WHEN n.n <= %(due_count)s THEN %(due)s::timestamptz ELSE %(due)s::timestamptz + interval '400 days' END AS due) d
WHERE (SELECT count(*) FROM items) > 0
"""


def run(*, full: bool = False) -> list[Figure]:
    """Measure how late clocks are claimed and deeds are durable, and how soon everything is done after a restart."""
    figures = []
    with ground() as desk:
        due = _prepare(desk.api_key, armed=ARMED, due=DUE)
        late = _watch(due)
        done, twice = _done()
        figures += _lateness(late, done, twice)
        figures.append(_restart(desk.api_key))
    return figures


def _prepare(api_key: str, *, armed: int, due: int) -> datetime:
    from django.db import connection, transaction

    _one_real_case(api_key)
    moment = utc_now() + _AHEAD + timedelta(seconds=20 if armed > 10_000 else 0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FILL, {"count": armed, "due_count": due, "due": moment})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return moment


def _one_real_case(api_key: str) -> None:
    """A case as the desk itself makes it: the pattern for the others."""
    from odzew.cases.data import Place
    from odzew.cases.register import ItemIn
    from odzew.entrypoints.runtime import make_desk
    from odzew.foundation.settings import settings
    from odzew.ledger.people import caller_of_key
    from odzew.notices.data import Concern, NewNotice
    from odzew.usecases.receive_notice import receive_notice
    from odzew.usecases.register_items import register_items

    now, desk = utc_now(), make_desk(chosen=settings())
    caller = caller_of_key(key=api_key, now=now)
    if caller is None:
        raise RuntimeError("the benchmark's own key does not work")
    register_items(items=[ItemIn(id="pattern", kind="post", url="http://127.0.0.1:9/pattern")], caller=caller, desk=desk, now=now)
    notice = NewNotice(
        external_id=None,
        source="user",
        concern=Concern(kind="csam", minor=True, claimant="other"),
        places=(Place(item_id="pattern"),),
    )
    receive_notice(notice=notice, caller=caller, desk=desk, now=now)


def _watch(due: datetime) -> list[float]:
    """Start two workers, kill one in the middle, and note each 20 ms how many deeds are durable; return their lateness in seconds."""
    late: list[float] = []
    with process("worker") as one, process("worker") as two:
        if (wait := (due - utc_now()).total_seconds()) < 3:
            raise RuntimeError(f"the clocks would be due in {wait:.1f} s, too soon to measure")
        killed = False
        end = time.monotonic() + wait + _LIMIT
        while len(late) < DUE and time.monotonic() < end:
            count = _count()
            since = (utc_now() - due).total_seconds()
            late += [since] * (count - len(late))
            if count > DUE // 4 and not killed:
                os.kill(one.pid, signal.SIGKILL)
                killed = True
            time.sleep(0.02)
        two.poll()
    return late


def _count() -> int:
    from odzew.foundation.writes import fetch_all

    sql = "SELECT count(*) FROM enforcement_measure WHERE case_id <= '01900000-0000-7000-8000-999999999999'"
    return int(fetch_all(sql, [])[0][0])


def _done() -> tuple[list[float], int]:
    """The lateness of each claim by the worker's own record, and how many deeds were done more than once."""
    from odzew.foundation.writes import fetch_all

    sql = "SELECT extract(epoch FROM ended_at - due_at)::float FROM cases_clock WHERE state = 'fired' AND name = 'child_withhold'"
    claims = [row[0] for row in fetch_all(sql, [])]
    twice = fetch_all(
        "SELECT count(*) FROM (SELECT case_id FROM enforcement_measure GROUP BY case_id HAVING count(*) > 1) AS more", []
    )
    return claims, int(twice[0][0])


def _lateness(late: list[float], claims: list[float], twice: int) -> list[Figure]:
    limit = "the promised limit"
    return [
        Figure(figure="deeds_done", ours=len(late), peer=DUE, ratio=len(late) / DUE, unit="deeds", peer_name="due", n=DUE),
        Figure(
            figure="deeds_done_twice", ours=twice, peer=0, ratio=1.0 if twice == 0 else 0.0, unit="deeds", peer_name=limit, n=DUE
        ),
        lower_is_better(figure="claim_late_median", ours=median(values=claims), peer=0.3, unit="s", peer_name=limit, n=len(claims)),
        lower_is_better(figure="deed_late_median", ours=median(values=late), peer=1.0, unit="s", peer_name=limit, n=len(late)),
        lower_is_better(figure="deed_late_max", ours=max(late), peer=3.0, unit="s", peer_name=limit, n=len(late)),
    ]


def _restart(api_key: str) -> Figure:
    """Everything stood still for a while: how long after a restart until all that is overdue is done."""
    from odzew.foundation.writes import fetch_none

    fetch_none(
        "UPDATE cases_clock SET due_at = now() - interval '1 hour', wake_at = now() - interval '1 hour', "
        "steps = jsonb_build_array(jsonb_build_array(now() - interval '1 hour', 'withhold')) WHERE id IN "
        "(SELECT id FROM cases_clock WHERE state = 'armed' AND name = 'child_withhold' "
        "AND case_id < '01a00000-0000-7000-8000-000000000000' LIMIT %s)",
        [DUE],
    )
    before = _count()
    begin = time.monotonic()
    with process("worker"), process("worker"):
        while _count() < before + DUE and time.monotonic() - begin < _LIMIT:
            time.sleep(0.02)
        took = time.monotonic() - begin
    return lower_is_better(
        figure="overdue_done_after_restart", ours=took, peer=5.0, unit="s", peer_name="the promised limit", n=DUE
    )
