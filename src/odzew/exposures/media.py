"""Which files a case covers, which of them need nobody's eyes, and which somebody has seen already."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from odzew.exposures.data import SAME_BITS, Figures, Medium
from odzew.foundation.writes import fetch_all

# Equal by practice 8: the same bytes, or within 10 bits at quality 80, to what people confirmed.
KNOWN: Final = (
    "EXISTS (SELECT 1 FROM cases_match k WHERE k.case_id = g.case_id AND k.item_id = i.id AND k.opinion = 'confirmed' "
    "AND k.how <> 'film' AND NOT k.wide AND (k.type <> 'pdq' OR k.distance <= 10 AND k.quality >= 80))"
)
_MEDIA: Final = f"""
SELECT m.id, g.case_id, i.id, coalesce(i.external_id, ''), g.id, CASE WHEN i.registered THEN i.platform_id END, m.url,
  coalesce(m.sha256, p.sha256), m.md5, p.pdq, p.turned, g.via = 'copy', {KNOWN}
FROM cases_copyset g JOIN cases_item i ON i.copyset_id = g.id JOIN cases_media m ON m.item_id = i.id
LEFT JOIN cases_print p ON p.item_id = i.id AND p.media = m.external_id WHERE g.case_id = %s
"""  # noqa: S608 - words of ours alone


def media_of(*, case: uuid.UUID, most: int = 50) -> list[Medium]:
    """Return files that a case covers: what it is about by itself first, the oldest first; copies after it."""
    return [_medium(row) for row in fetch_all(_MEDIA + " ORDER BY g.via = 'copy', i.id, m.external_id LIMIT %s", [case, most])]


def medium(*, case: uuid.UUID, media: uuid.UUID) -> Medium | None:
    """Return one file of a case, or None."""
    rows = fetch_all(_MEDIA + " AND m.id = %s", [case, media])
    return _medium(rows[0]) if rows else None


def _medium(row: tuple[Any, ...]) -> Medium:
    media, case, item, name, copyset, platform, url, sha256, md5, pdq, turned, copy, known = row
    packed = bytes(turned or b"")
    return Medium(
        id=media,
        case=case,
        item=item,
        item_name=name,
        copyset=copyset,
        platform=platform,
        url=url,
        sha256=bytes(sha256) if sha256 is not None else None,
        md5=bytes(md5) if md5 is not None else None,
        pdq=bytes(pdq) if pdq is not None else None,
        turned=tuple(packed[n : n + 32] for n in range(0, len(packed), 32)),
        copy=copy,
        known=known,
    )


def one_of_each(*, media: Sequence[Medium]) -> tuple[list[Medium], list[Medium]]:
    """Return one file of each cluster, and the others, which are decided with it and need nobody's eyes."""
    first: list[Medium] = []
    others: list[Medium] = []
    for one in media:
        alike = one.copy or any(same(one, other.copyset, other.sha256, other.pdq) for other in first)
        (others if alike else first).append(one)
    return first, others


def same(one: Medium, copyset: uuid.UUID, sha256: bytes | None, pdq: bytes | None) -> bool:
    """Is this what somebody saw who saw the other: the same bytes, the same picture at whatever turn, or a repost without hashes?"""
    if one.sha256 and sha256:
        if one.sha256 == sha256:
            return True
    elif one.copyset == copyset and not (one.pdq and pdq):
        return True
    return bool(pdq) and any(_bits(pdq, mine) <= SAME_BITS for mine in (*([one.pdq] if one.pdq else []), *one.turned))


def _bits(one: bytes | None, other: bytes) -> int:
    return (int.from_bytes(one or b"") ^ int.from_bytes(other)).bit_count()


def seen_before(*, person: uuid.UUID, media: Sequence[Medium]) -> set[uuid.UUID]:
    """Return which of these files this person has been shown, they or a copy of them, on whatever case."""
    rows = fetch_all(
        "SELECT media_id, copyset_id, sha256, likeness FROM exposures_exposure WHERE person_id = %s AND state = 'shown'", [person]
    )
    seen = [(shown, copyset, bytes(sha) if sha else None, bytes(pdq) if pdq else None) for shown, copyset, sha, pdq in rows]
    return {one.id for one in media if any(shown == one.id or same(one, *alike) for shown, *alike in seen)}


_FIGURES: Final = """
WITH seen AS (SELECT DISTINCT item_id FROM exposures_exposure WHERE state = 'shown'), decided AS (
  SELECT i.id, g.via, row_number() OVER (PARTITION BY g.id ORDER BY i.id) AS place
  FROM cases_case c JOIN cases_copyset g ON g.case_id = c.id JOIN cases_item i ON i.copyset_id = g.id
  WHERE c.decided_at >= %s AND c.decided_at < %s AND c.state IN ('removed', 'kept_withheld', 'cleared')
    AND (%s::uuid[] IS NULL OR c.id = ANY(%s::uuid[])))
SELECT count(*), count(*) FILTER (WHERE s.item_id IS NULL)
FROM decided d LEFT JOIN seen s ON s.item_id = d.id WHERE d.via = 'copy' OR d.place > 1
"""


def figures(*, since: Any, until: Any, cases: Sequence[uuid.UUID] | None = None) -> Figures:
    """Return how many views there were in a time, and of the copies decided in it how many were seen by nobody.

    A copy is an item beyond the first of its copy set, or one that only its looks brought under a case. `cases` narrows it to those.
    """
    chosen = None if cases is None else list(cases)
    ((copies, avoided),) = fetch_all(_FIGURES, [since, until, chosen, chosen])
    sql = (
        "SELECT count(*) FROM exposures_exposure WHERE state = 'shown' AND shown_at >= %s AND shown_at < %s "
        "AND (%s::uuid[] IS NULL OR case_id = ANY(%s::uuid[]))"
    )
    ((used,),) = fetch_all(sql, [since, until, chosen, chosen])
    return Figures(used=used, copies=copies, avoided=avoided)
