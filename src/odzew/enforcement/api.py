"""The only way in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.enforcement.data import MeasureView, Order, Seen
from odzew.enforcement.models import Measure, Probe
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger.events import record
from odzew.ledger.outbox import leave, supersede

REFUSED: Final = frozenset({403, 404, 410, 451})
HIDING: Final = frozenset({"withhold", "remove", "suspend_account"})
_FIELDS: Final = (
    "id, case_id, item_id, account_id, measure, scope, ground, state, ordered_at, accepted_at, ended_at, in_force, "
    "unverified, probe_step"
)


def _view(row: tuple[Any, ...]) -> MeasureView:
    names = (
        "id", "case", "item", "account", "measure", "scope", "ground", "state", "ordered_at", "accepted_at", "ended_at", "in_force",
        "unverified", "probe_step",
    )  # fmt: skip
    return MeasureView(**dict(zip(names, row, strict=True)))


def order(
    writes: Writes,
    *,
    case: uuid.UUID,
    orders: Sequence[Order],
    actor: str,
    now: datetime,
    why: str,
    nothing_stands: bool = False,
) -> list[tuple[uuid.UUID, Order]]:
    """Order measures: each is written with its event and left for its platform before anything is sent; returns (measure, order).

    On the same item or account a newer measure takes the place of the older, which is not sent any more if it still waits;
    `nothing_stands`: the caller has just seen, holding the case, that there is no older one.
    """
    if not nothing_stands:
        _replace(orders=orders, now=now)
    out = []
    for o in orders:
        measure = new_id(now=now)
        out.append((measure, o))
        writes.insert(
            Measure,
            {
                "id": measure,
                "case_id": case,
                "item_id": o.item,
                "account_id": o.account,
                "measure": o.measure,
                "scope": o.scope,
                "ground": o.ground,
                "ordered_at": now,
                "until": o.until,
                "keep_until": o.keep_until,
                "unverified": o.unverified,
                "wave": o.wave,
            },
        )
        record(
            writes,
            kind="measure.ordered",
            actor=actor,
            now=now,
            case=case,
            facts={"measure": str(measure), "what": o.measure, "scope": o.scope, "item": str(o.item or o.account), "why": why},
        )
        leave(
            writes,
            kind="measure",
            subject=measure,
            case=case,
            platform=o.platform,
            payload=_payload(measure, case, o, now),
            now=now,
            order_key=f"item {o.item or o.account}",
        )
    return out


def _replace(*, orders: Sequence[Order], now: datetime) -> None:
    items = [o.item for o in orders if o.item]
    accounts = [o.account for o in orders if o.account]
    replaced = fetch_all(
        "UPDATE enforcement_measure SET in_force = false, probe_at = NULL "
        "WHERE in_force AND (item_id = ANY(%s) OR account_id = ANY(%s)) RETURNING id, state",
        [items, accounts],
    )
    if waiting := [m for m, state in replaced if state == "ordered"]:
        supersede(subjects=waiting, now=now)


def _payload(measure: uuid.UUID, case: uuid.UUID, o: Order, now: datetime) -> dict[str, Any]:
    body: dict[str, Any] = {
        "measure_id": str(measure),
        "measure": o.measure,
        "scope": o.scope,
        "case": str(case),
        "ground": o.ground,
        "ordered_at": now.isoformat(),
    }
    if o.item:
        body["item"] = {"id": o.item_external, "url": o.url, "media": [{"id": m, "url": u} for m, u in o.media]}
    if o.account:
        body["account"] = {"id": o.account_external}
    if o.until:
        body["until"] = o.until.isoformat()
    if o.keep_until:
        body["keep_until"] = o.keep_until.isoformat()
    return body


def measures_of(*, case: uuid.UUID) -> list[MeasureView]:
    """Return all measures of a case, oldest first."""
    return [_view(r) for r in fetch_all(f"SELECT {_FIELDS} FROM enforcement_measure WHERE case_id = %s ORDER BY id", [case])]


def move(*, source: uuid.UUID, target: uuid.UUID) -> None:
    """Let the measures of one case be those of another that it became part of."""
    fetch_none("UPDATE enforcement_measure SET case_id = %s WHERE case_id = %s", [target, source])


def leave_out_measures(*, case: uuid.UUID, since: datetime) -> None:
    """Let the measures of a case from then on not have been ordered; only in a transaction that is undone, for a preview."""
    fetch_none("DELETE FROM enforcement_measure WHERE case_id = %s AND ordered_at >= %s", [case, since])
    fetch_none(
        "UPDATE enforcement_measure SET in_force = true WHERE id IN (SELECT DISTINCT ON (item_id, account_id) id FROM enforcement_measure "
        "WHERE case_id = %s ORDER BY item_id, account_id, ordered_at DESC, id DESC)",
        [case],
    )


def measure_of(*, measure: uuid.UUID) -> MeasureView | None:
    """Return one measure without holding it, or None."""
    rows = fetch_all(f"SELECT {_FIELDS} FROM enforcement_measure WHERE id = %s", [measure])
    return _view(rows[0]) if rows else None


def hiding_on_its_way(*, case: uuid.UUID) -> bool:
    """Is something of the case ordered hidden that was neither seen so nor told?"""
    sql = (
        "SELECT EXISTS (SELECT 1 FROM enforcement_measure WHERE case_id = %s AND in_force AND item_id IS NOT NULL "
        "AND measure = ANY(%s) AND state NOT IN ('done', 'told'))"
    )
    return bool(fetch_all(sql, [case, sorted(HIDING)])[0][0])


def in_force_on(*, items: list[uuid.UUID]) -> dict[uuid.UUID, MeasureView]:
    """Return the measure in force on each item that has one."""
    sql = f"SELECT {_FIELDS} FROM enforcement_measure WHERE in_force AND item_id = ANY(%s)"
    return {m.item: m for m in map(_view, fetch_all(sql, [items])) if m.item}


def lock_measure(*, measure: uuid.UUID) -> MeasureView | None:
    """Return one measure, held until the transaction ends."""
    rows = fetch_all(f"SELECT {_FIELDS} FROM enforcement_measure WHERE id = %s FOR NO KEY UPDATE", [measure])
    return _view(rows[0]) if rows else None


def set_state(
    writes: Writes,
    *,
    measure: MeasureView,
    state: str,
    now: datetime,
    probe_at: datetime | None = None,
    probe_step: int = 0,
) -> None:
    """Move a measure on, with its next look at the addresses."""
    row: dict[str, Any] = {"id": measure.id, "state": state, "probe_at": probe_at, "probe_step": probe_step, "probe_lease": None}
    if state == "accepted" and measure.accepted_at is None:
        row["accepted_at"] = now
    if state in ("done", "told", "failed") and measure.ended_at is None:
        row["ended_at"] = now
    writes.update(Measure, row)


def keep_probes(writes: Writes, *, measure: uuid.UUID, seen: Sequence[Seen], purpose: str, now: datetime) -> None:
    """Keep what the addresses answered."""
    for s in seen:
        writes.insert(
            Probe, {"id": new_id(now=now), "measure_id": measure, "at": now, "url": s.url, "status": s.status, "purpose": purpose}
        )


def probes_of(*, measures: list[uuid.UUID]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """Return what was seen for each measure, oldest first: `{at, url, status}`; looks before an order of ours are left out."""
    rows = (
        []
        if not measures
        else fetch_all(
            "SELECT measure_id, at, url, status FROM enforcement_probe WHERE measure_id = ANY(%s) AND purpose = 'verify' ORDER BY at, id",
            [measures],
        )
    )
    out: dict[uuid.UUID, list[dict[str, Any]]] = {m: [] for m in measures}
    for measure, at, url, status in rows:
        out[measure].append({"at": at, "url": url, "status": status})
    return out


def claim_probes(*, now: datetime, limit: int) -> list[MeasureView]:
    """Take measures whose addresses are to be looked at, for 60 s."""
    sql = (
        f"UPDATE enforcement_measure SET probe_lease = %s WHERE id IN (SELECT id FROM enforcement_measure "
        "WHERE probe_at <= %s AND (probe_lease IS NULL OR probe_lease <= %s) ORDER BY probe_at LIMIT %s FOR UPDATE SKIP LOCKED) "
        f"RETURNING {_FIELDS}"
    )
    return [_view(r) for r in fetch_all(sql, [now + timedelta(seconds=60), now, now, limit])]


def probe_later(*, measure: uuid.UUID, at: datetime) -> None:
    """Look at a measure's addresses at `at` and not before."""
    fetch_none("UPDATE enforcement_measure SET probe_at = %s, probe_lease = NULL WHERE id = %s AND in_force", [at, measure])


def look_soon(*, items: list[uuid.UUID], now: datetime, unless_since: datetime) -> int:
    """Look now at what was seen gone on these items, unless somebody looked since then; return how many looks are left."""
    sql = (
        "UPDATE enforcement_measure m SET probe_at = %s WHERE m.item_id = ANY(%s) AND m.in_force AND m.state = 'done' "
        "AND m.measure = ANY(%s) AND NOT EXISTS (SELECT 1 FROM enforcement_probe p WHERE p.measure_id = m.id AND p.at > %s) RETURNING 1"
    )
    return len(fetch_all(sql, [now, items, sorted(HIDING), unless_since]))


def look_where_they_are(*, items: list[uuid.UUID], now: datetime) -> None:
    """Look at the addresses of hidden items now: they have moved to others. The caller holds no case after this."""
    sql = (
        "UPDATE enforcement_measure SET probe_at = %s, probe_lease = NULL WHERE in_force AND item_id = ANY(%s) "
        "AND measure IN ('withhold', 'remove') AND accepted_at IS NOT NULL"
    )
    fetch_none(sql, [now, items])


def unverified_hides(*, since: datetime) -> int:
    """Return how many cases were hidden unverified since then, for the breaker (practice 2)."""
    sql = "SELECT count(DISTINCT case_id) FROM enforcement_measure WHERE unverified AND ordered_at > %s"
    return int(fetch_all(sql, [since])[0][0])


def hidden_unverified(*, since: datetime) -> list[uuid.UUID]:
    """Return the cases hidden unverified since then by a measure that still stands."""
    sql = "SELECT DISTINCT case_id FROM enforcement_measure WHERE unverified AND in_force AND ordered_at > %s"
    return [r[0] for r in fetch_all(sql, [since])]


def hourly_peak(*, now: datetime) -> int:
    """Return the most unverified hides in one clock hour of the last 30 days, this hour left out."""
    sql = (
        "SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT case_id) AS n FROM enforcement_measure WHERE unverified "
        "AND ordered_at > %s AND ordered_at < date_trunc('hour', %s) GROUP BY date_trunc('hour', ordered_at)) AS hours"
    )
    return int(fetch_all(sql, [now - timedelta(days=30), now])[0][0])


def next_look() -> datetime | None:
    """Return when the next look at a measure's addresses is due."""
    sql = "SELECT min(greatest(probe_at, coalesce(probe_lease, probe_at))) FROM enforcement_measure WHERE probe_at IS NOT NULL"
    at: datetime | None = fetch_all(sql, [])[0][0]
    return at


def overdue_probes(*, now: datetime, by: timedelta) -> int:
    """Return how many looks are late by more than `by`."""
    sql = "SELECT count(*) FROM enforcement_measure WHERE probe_at < %s AND (probe_lease IS NULL OR probe_lease < %s)"
    return int(fetch_all(sql, [now - by, now])[0][0])
