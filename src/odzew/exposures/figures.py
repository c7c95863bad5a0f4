"""Figures over many cases: what was decided without anybody looking, and how much was looked at. Numbers, never a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from odzew.exposures.media import KNOWN
from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all

# How an item was decided: after a look at it, or with zero views.
SEEN: Final = "seen"
UNSEEN: Final = ("known", "copy", "again", "words")

_ITEMS: Final = f"""
WITH seen AS (SELECT DISTINCT item_id, copyset_id FROM exposures_exposure WHERE id >= %s AND state = 'shown'),
sets AS (SELECT DISTINCT copyset_id FROM seen),
decided AS (
  SELECT i.id, g.id AS set, g.via = 'copy' AS copy, row_number() OVER (PARTITION BY g.id ORDER BY i.id) AS nth, {KNOWN} AS known,
    ('x' || left(replace(i.id::text, '-', ''), 12))::bit(48)::bigint > extract(epoch FROM c.decided_at) * 1000 AS later
  FROM cases_case c JOIN cases_copyset g ON g.case_id = c.id JOIN cases_item i ON i.copyset_id = g.id
  WHERE c.id >= %s AND c.opened_at > %s AND c.opened_at <= %s AND c.state IN ('removed', 'kept_withheld', 'cleared')
    AND EXISTS (SELECT 1 FROM cases_media m WHERE m.item_id = i.id))
SELECT CASE WHEN EXISTS (SELECT 1 FROM seen s WHERE s.item_id = d.id) THEN '{SEEN}' WHEN later THEN 'again' WHEN known THEN 'known'
  WHEN copy OR nth > 1 OR set IN (SELECT copyset_id FROM sets) THEN 'copy' ELSE 'words' END, count(*) FROM decided d GROUP BY 1
"""  # noqa: S608 - words of ours alone


def decided_unseen(*, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many items with files were decided without a view of them, by why none was needed, and how many were `seen`.

    Of the decided cases that were opened in that time. `known`: equal to what a list or the desk's own bank confirms; `copy`: like
    another item of its case; `again`: it came after the decision; `words`: nobody looked at it or a copy of it, all was decided on
    text and facts. An item is counted once, under the first that fits.
    """
    found = dict(fetch_all(_ITEMS, [first_id(at=since), first_id(at=since), since, until]))
    return {how: found.get(how, 0) for how in (*UNSEEN, SEEN)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The views of one day, by how clear they were."""

    day: date
    veiled: int
    clearer: int


def looked(*, since: datetime, until: datetime) -> list[Day]:
    """Return the views of each day (UTC) on which there were any, oldest first."""
    sql = (
        "SELECT (shown_at AT TIME ZONE 'UTC')::date, count(*) FILTER (WHERE clear = 'veiled'), count(*) FILTER (WHERE clear = 'clearer') "
        "FROM exposures_exposure WHERE id >= %s AND state = 'shown' AND shown_at > %s AND shown_at <= %s GROUP BY 1 ORDER BY 1"
    )
    return [Day(day=d, veiled=v, clearer=c) for d, v, c in fetch_all(sql, [first_id(at=since), since, until])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """Of the clusters that somebody looked at: how many they are, and how many views one took."""

    clusters: int
    median: float | None
    worst: int | None


def views_a_cluster(*, since: datetime, until: datetime) -> Clusters:
    """Return how many views the clusters took that were looked at in that time; a cluster is a set of copies."""
    sql = (
        "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY views), max(views) FROM (SELECT count(*) AS views "
        "FROM exposures_exposure WHERE id >= %s AND state = 'shown' AND shown_at > %s AND shown_at <= %s GROUP BY copyset_id) AS of_one"
    )
    ((clusters, median, worst),) = fetch_all(sql, [first_id(at=since), since, until])
    return Clusters(clusters=clusters, median=median, worst=worst)
