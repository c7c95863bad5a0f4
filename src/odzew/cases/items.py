"""Reading what a case covers: items, their accounts and spread; reporters heard; marks on accounts."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.cases.data import ItemView, Surroundings
from odzew.cases.models import Account, Item, Reporter
from odzew.foundation.writes import Writes, fetch_all, fetch_none

# OFFSET 0: each account by its key; a plan made for any number of copy sets would read the whole table of accounts.
_SURROUNDINGS: Final = """
SELECT count(*), coalesce(sum(i.views), 0), coalesce(sum(i.reposts), 0), coalesce(sum(i.views_per_hour), 0),
  coalesce(bool_and(i.private), false), coalesce(bool_or(a.marked_until > %s), false), coalesce(bool_or(a.minor), false),
  coalesce(bool_or(i.registered), false),
  coalesce(bool_or(i.registered AND NOT i.private AND EXISTS (SELECT 1 FROM cases_media m WHERE m.item_id = i.id)), false),
  coalesce(bool_or(a.platform_id = %s AND a.external_id = %s), false)
FROM cases_item i
LEFT JOIN LATERAL (
  SELECT b.marked_until, b.minor, b.platform_id, b.external_id FROM cases_account b WHERE b.id = i.account_id OFFSET 0
) a ON true
WHERE i.copyset_id = ANY(%s)
"""


def surroundings(
    *, copysets: list[uuid.UUID], now: datetime, platform: uuid.UUID | None = None, account: str | None = None
) -> Surroundings:
    """Return the sums over all items of the copy sets; a marked account counts while its mark lasts.

    `platform` and `account` name the account of a reporter whom the platform knows: did it publish one of the items itself?
    """
    (row,) = fetch_all(_SURROUNDINGS, [now, platform, account, copysets])
    items, views, reposts, speed, private, marked, minor, registered, public, own = row
    return Surroundings(
        items=items,
        views=int(views),
        reposts=int(reposts),
        views_per_hour=float(speed),
        private=private,
        account_marked=marked,
        account_minor=minor,
        registered=registered,
        public=public,
        own=own,
    )


def copysets_of(*, case: uuid.UUID) -> list[uuid.UUID]:
    """Return the copy sets that a case covers."""
    return [row[0] for row in fetch_all("SELECT id FROM cases_copyset WHERE case_id = %s ORDER BY id", [case])]


def case_of_copyset(*, copyset: uuid.UUID) -> uuid.UUID | None:
    """Return the case that covers a copy set, or None."""
    rows = fetch_all("SELECT case_id FROM cases_copyset WHERE id = %s", [copyset])
    return rows[0][0] if rows else None


_ITEMS: Final = """
SELECT i.id, i.external_id, i.platform_id, i.url, i.kind, i.account_id, a.external_id, i.baseline, i.private, i.views, i.reposts,
  i.views_per_hour, i.registered, i.copyset_id,
  (SELECT coalesce(array_agg(m.external_id ORDER BY m.external_id), '{}') FROM cases_media m WHERE m.item_id = i.id),
  (SELECT coalesce(array_agg(m.url ORDER BY m.external_id), '{}') FROM cases_media m WHERE m.item_id = i.id)
FROM cases_item i LEFT JOIN cases_account a ON a.id = i.account_id
"""


def _view(row: tuple[Any, ...]) -> ItemView:
    (
        item,
        external,
        platform,
        url,
        kind,
        account,
        account_external,
        baseline,
        private,
        views,
        reposts,
        speed,
        reg,
        copyset,
        ids,
        urls,
    ) = row
    return ItemView(
        id=item,
        external_id=external,
        platform_id=platform,
        url=url,
        kind=kind,
        account=account,
        account_external=account_external,
        media=tuple(zip(ids, urls, strict=True)),
        baseline=baseline,
        private=private,
        views=views,
        reposts=reposts,
        views_per_hour=speed,
        registered=reg,
        copyset=copyset,
    )


def items_in(*, copysets: list[uuid.UUID]) -> list[ItemView]:
    """Return all items of the copy sets, oldest first."""
    return [_view(r) for r in fetch_all(_ITEMS + " WHERE i.copyset_id = ANY(%s) ORDER BY i.id", [copysets])]


def items_of(*, case: uuid.UUID) -> list[ItemView]:
    """Return all items that a case covers, oldest first."""
    sql = _ITEMS + " JOIN cases_copyset g ON g.id = i.copyset_id WHERE g.case_id = %s ORDER BY i.id"
    return [_view(r) for r in fetch_all(sql, [case])]


def items_of_cases(*, cases: list[uuid.UUID]) -> dict[uuid.UUID, list[ItemView]]:
    """Return all items that each case covers, oldest first, in one question."""
    out: dict[uuid.UUID, list[ItemView]] = {case: [] for case in cases}
    sql = _ITEMS.replace("SELECT i.id", "SELECT g.case_id, i.id", 1)
    sql += " JOIN cases_copyset g ON g.id = i.copyset_id WHERE g.case_id = ANY(%s) ORDER BY i.id"
    for case, *row in fetch_all(sql, [cases]):
        out[case].append(_view(tuple(row)))
    return out


def covers_registered(*, case: uuid.UUID) -> bool:
    """Has a platform registered anything of what the case covers, or are there only addresses that somebody gave?"""
    sql = "SELECT EXISTS (SELECT 1 FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE g.case_id = %s AND i.registered)"
    return bool(fetch_all(sql, [case])[0][0])


def hashes_of(*, case: uuid.UUID) -> list[dict[str, str]]:
    """Return the hashes of every file that a case covers, as type and hex value, without repeats."""
    sql = (
        "SELECT DISTINCT h.type, h.value FROM cases_media m JOIN cases_item i ON i.id = m.item_id JOIN cases_copyset g ON g.id = i.copyset_id "
        "CROSS JOIN LATERAL (SELECT 'sha256' AS type, encode(m.sha256, 'hex') AS value UNION SELECT 'md5', encode(m.md5, 'hex') "
        "UNION SELECT e.value ->> 'type', e.value ->> 'value' FROM jsonb_array_elements(m.hashes) e) h "
        "WHERE g.case_id = %s AND h.value IS NOT NULL ORDER BY 1, 2"
    )
    return [{"type": kind, "value": value} for kind, value in fetch_all(sql, [case])]


_OTHER_FILES: Final = """
SELECT EXISTS (SELECT 1 FROM cases_media m WHERE m.item_id = ANY(%s) AND NOT EXISTS (
  SELECT 1 FROM cases_media k JOIN cases_item i ON i.id = k.item_id JOIN cases_copyset g ON g.id = i.copyset_id
  WHERE k.sha256 = m.sha256 AND g.case_id = %s AND NOT i.id = ANY(%s)))
"""


def bring_other_files(*, case: uuid.UUID, items: list[uuid.UUID]) -> bool:
    """Do these items of a case show a file that no other item of it shows, as far as SHA-256 tells?"""
    return bool(fetch_all(_OTHER_FILES, [items, case, items])[0][0])


def item(*, item: uuid.UUID) -> ItemView | None:
    """Return one item, or None."""
    rows = fetch_all(_ITEMS + " WHERE i.id = %s", [item])
    return _view(rows[0]) if rows else None


def posted_at(*, items: list[uuid.UUID]) -> list[datetime]:
    """Return when the items were posted, as far as their platforms say."""
    rows = fetch_all("SELECT posted_at FROM cases_item WHERE id = ANY(%s) AND posted_at IS NOT NULL", [items])
    return [at for (at,) in rows]


def set_baseline(writes: Writes, *, item: uuid.UUID, baseline: str) -> None:
    """Keep what a stranger saw at the item's addresses before any order of ours: `open`, `refused`, `none` (no address) or
    `unsure` (nobody could look)."""
    writes.update(Item, {"id": item, "baseline": baseline})


def heard(*, case: uuid.UUID, reporter: str) -> int:
    """Return how many notices of this reporter are on the case."""
    rows = fetch_all("SELECT notices FROM cases_reporter WHERE case_id = %s AND reporter = %s", [case, reporter])
    return int(rows[0][0]) if rows else 0


def hear(writes: Writes, *, case: uuid.UUID, reporter: str) -> None:
    """Count one more notice of a reporter on a case."""
    writes.insert(
        Reporter,
        {"case_id": case, "reporter": reporter, "notices": 1},
        conflict="(case_id, reporter) DO UPDATE SET notices = t.notices + 1",
    )


def mark_accounts(writes: Writes, *, accounts: list[uuid.UUID], case: uuid.UUID, now: datetime, until: datetime) -> None:
    """Mark accounts after a human decision: what they upload is raised and held until the mark ends (practice 8)."""
    writes.update(
        Account, *({"id": a, "marked_at": now, "marked_until": until, "marked_by_case": case} for a in sorted(set(accounts)))
    )


def account_marked(*, platform: uuid.UUID | None, external_id: str, now: datetime) -> bool:
    """Is this account marked by a human decision, now?"""
    sql = "SELECT 1 FROM cases_account WHERE platform_id = %s AND external_id = %s AND marked_until > %s"
    return bool(platform and external_id and fetch_all(sql, [platform, external_id, now]))


def marking_cases(*, item: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """Return the case whose decision marked the account of an item, while the mark lasts."""
    sql = (
        "SELECT a.marked_by_case FROM cases_item i JOIN cases_account a ON a.id = i.account_id "
        "WHERE i.id = %s AND a.marked_until > %s AND a.marked_by_case IS NOT NULL"
    )
    return [case for (case,) in fetch_all(sql, [item, now])]


_MERGED_IN: Final = """
WITH RECURSIVE whole (id) AS (SELECT %s::uuid UNION SELECT c.id FROM cases_case c JOIN whole w ON c.merged_into = w.id)
"""


def unmark_accounts(*, case: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """End the marks that a case's decision made, or that of a case which became part of it, after a successful appeal; return whose."""
    sql = _MERGED_IN + (
        "UPDATE cases_account SET marked_until = %s WHERE marked_by_case IN (SELECT id FROM whole) AND marked_until > %s RETURNING id"
    )
    return [account for (account,) in fetch_all(sql, [case, now, now])]


def removed_of(*, accounts: list[uuid.UUID], other_than: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID, datetime]]:
    """Return the other cases on which something of these accounts stands removed, as (account, case, when), the newest first.

    Only those that mark whoever uploaded: about a child or an intimate image, and the uploader not to be protected.
    """
    sql = (
        "SELECT DISTINCT i.account_id, c.id, c.decided_at FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id "
        "JOIN cases_case c ON c.id = g.case_id WHERE i.account_id = ANY(%s) AND c.id <> %s AND c.state = 'removed' "
        "AND c.regime <> 'other' AND NOT c.protect_uploader AND c.decided_at IS NOT NULL ORDER BY 3 DESC, 2"
    )
    return [(account, case, at) for account, case, at in fetch_all(sql, [accounts, other_than])]


def hold_copysets(*, cases: list[uuid.UUID]) -> None:
    """Hold everything that the cases cover until the transaction ends; copy sets are held before cases, as everybody does."""
    fetch_none("SELECT id FROM cases_copyset WHERE case_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [cases])


def move_copysets(*, source: uuid.UUID, target: uuid.UUID) -> None:
    """Let everything that one case covers be covered by another, and its reporters be heard there."""
    fetch_none("UPDATE cases_copyset SET case_id = %s WHERE case_id = %s", [target, source])
    fetch_none(
        "INSERT INTO cases_reporter AS t (case_id, reporter, notices) SELECT %s, reporter, notices FROM cases_reporter WHERE case_id = %s "
        "ON CONFLICT (case_id, reporter) DO UPDATE SET notices = t.notices + excluded.notices",
        [target, source],
    )


_GROWTH: Final = """
SELECT d.case_id, d.hour, sum(d.grown) FROM (
  SELECT g.case_id, floor(extract(epoch FROM %s - s.at) / 3600)::int AS hour,
    greatest(s.views - lag(s.views) OVER (PARTITION BY s.item_id ORDER BY s.at), 0) AS grown
  FROM cases_copyset g JOIN cases_item i ON i.copyset_id = g.id JOIN cases_spread s ON s.item_id = i.id
  WHERE g.case_id = ANY(%s) AND s.at > %s AND s.at <= %s
) d WHERE d.grown IS NOT NULL GROUP BY d.case_id, d.hour
"""


def spread_by_hour(*, cases: list[uuid.UUID], now: datetime, hours: int = 24) -> dict[uuid.UUID, list[int]]:
    """Return, for each case, how many views were added in each of the last hours, the oldest first.

    It is the difference of the counts the platform sent within that time; what was counted before the first of them is not in it.
    """
    out = {case: [0] * hours for case in cases}
    for case, hour, grown in fetch_all(_GROWTH, [now, cases, now - timedelta(hours=hours), now]):
        out[case][hours - 1 - min(hour, hours - 1)] += int(grown)
    return out


def reporters_of(*, cases: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many different reporters were heard on each case."""
    found = dict(fetch_all("SELECT case_id, count(*) FROM cases_reporter WHERE case_id = ANY(%s) GROUP BY case_id", [cases]))
    return {case: int(found.get(case, 0)) for case in cases}
