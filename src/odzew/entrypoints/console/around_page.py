"""What stands around a case, as a page shows it: its items as one cluster, their accounts, and what was decided of those before."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from odzew.cases.around import MOST_ITEMS, AccountView, OtherCase, Trace, accounts_of, traces_of
from odzew.cases.data import UNDECIDED, ItemView
from odzew.cases.likeness import copies_in
from odzew.cases.rows import CaseRow
from odzew.enforcement.api import HIDING
from odzew.entrypoints.console.said import Said, number

MOST: Final = 200
_ACCOUNTS: Final = 10
_HOW: Final = {"itself": 0, "bytes": 1, "repost": 2, "looks": 3}


def cluster(
    *,
    row: CaseRow,
    items: Sequence[ItemView],
    measures: Sequence[dict[str, Any]],
    places: Sequence[dict[str, str]],
    here: Mapping[uuid.UUID, str],
    said: Said,
) -> dict[str, Any]:
    """Return what a case covers, the reported first, then its copies by how near they are, each with what holds it.

    `places` are those that notices name, `measures` those of the case's view, `here` the names of the platforms. `unseen`: how many
    came under the case by their looks alone.
    """
    names, urls = {p.get("item_id") for p in places}, {p.get("url") for p in places}
    named = frozenset(i.id for i in items if (i.external_id and i.external_id in names) or (i.url and i.url in urls))
    traces = traces_of(case=row.id, named=named, most=2 * MOST)
    held = {m["item"]: m for m in measures if m["in_force"] and m["item"]}
    ranked = sorted((i for i in items if i.id in traces), key=lambda i: _rank(traces[i.id], i))
    return {
        "items": [_item(i, traces[i.id], held.get(i.external_id), here, said) for i in ranked[:MOST]],
        "more": said.text("more", count=len(items) - MOST) if len(items) > MOST else "",
        "unseen": sum(t.alike for t in traces.values()) if len(items) <= len(traces) else copies_in(case=row.id),
        "sum": said.text(
            "cluster_sum",
            items=number(len(items)),
            copies=number(len(items) - sum(t.how == "itself" for t in traces.values())),
            accounts=number(len({i.account for i in items if i.account})),
            views=number(sum(i.views for i in items)),
        ),
    }


def _rank(trace: Trace, item: ItemView) -> tuple[int, int, int, str]:
    return _HOW[trace.how], trace.distance if trace.distance is not None else 257, -item.views, str(item.id)


def _item(i: ItemView, trace: Trace, held: dict[str, Any] | None, here: Mapping[uuid.UUID, str], said: Said) -> dict[str, Any]:
    near = said.text("bits_away", bits=trace.distance) if trace.how == "looks" and trace.distance is not None else ""
    return {
        "name": i.external_id or said.words["unknown_item"],
        "url": i.url,
        "platform": here.get(i.platform_id, "") if i.platform_id else "",
        "account": i.account_external,
        "private": i.private,
        "views": said.text("views", count=number(i.views)),
        "how": said.words[f"trace_{trace.how}"],
        "near": near,
        "own": trace.how == "itself",
        "posted": said.time(trace.posted_at) if trace.posted_at else None,
        "holds": f"{said.label('measure', held['measure'])}: {said.label('mstate', held['state'])}" if held else "",
        "safe": held is not None and held["state"] == "done" and held["measure"] in HIDING,
    }


def accounts(
    *, row: CaseRow, here: Mapping[uuid.UUID, str], said: Said, not_marked: datetime | None = None
) -> list[dict[str, Any]]:
    """Return the accounts of a case with their history: what else of them came before the desk, and what became of it.

    A mark that ends at `not_marked` is of a decision that the reader must not know.
    """
    found = accounts_of(case=row.id, most=_ACCOUNTS, now=said.now)
    return [_account(replace(a, marked_until=None) if a.marked_until == not_marked else a, here, said) for a in found]


def _account(a: AccountView, here: Mapping[uuid.UUID, str], said: Said) -> dict[str, Any]:
    counted = number(a.items) if a.items < MOST_ITEMS else f"{number(MOST_ITEMS)}+"
    return {
        "name": a.external_id,
        "handle": a.handle if a.handle != a.external_id else "",
        "platform": here.get(a.platform, ""),
        "marked": said.time(a.marked_until) if a.marked_until and a.marked_until > said.now else None,
        "minor": a.minor,
        "here": said.text("account_here", items=number(a.here), reposts=number(a.reposts)),
        "registered": said.text("account_items", count=counted),
        "first": said.time(a.first_posted) if a.first_posted else None,
        "cases": [_other(o, said) for o in a.others],
    }


def _other(o: OtherCase, said: Said) -> dict[str, Any]:
    # Whether somebody has said something on an undecided case is told nowhere but on its own page, by its own rule.
    return {
        "id": o.case,
        "short": str(o.case)[-12:],
        "state": said.label("case", "open" if o.state in UNDECIDED else o.state),
        "at": said.time(o.at),
    }
