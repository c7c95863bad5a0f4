"""What a Hasher-Matcher-Actioner keeps, as lists that an import reads: pure, from the rows of one query.

Source of the tables' names: the public schema of facebook/ThreatExchange, hasher-matcher-actioner 1.0 and 1.1 (tables bank, bank_content,
content_signal, exchange).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any, Final

import orjson

from odzew.banks.data import HashType
from odzew.foundation.errors import Invalid

# One row for each hash, and one for each bank that has none; in the order of the banks, and always the same order.
QUERY: Final = """SELECT b.name AS bank, b.enabled_ratio AS share, e.api_cls AS exchange, c.id AS content,
  c.disable_until_ts AS disabled, to_jsonb(c) ->> 'note' AS note, s.signal_type AS type, s.signal_val AS hash,
  extract(epoch FROM s.create_time)::bigint AS added
FROM bank b LEFT JOIN exchange e ON e.id = b.import_from_exchange_id
  LEFT JOIN bank_content c ON c.bank_id = b.id LEFT JOIN content_signal s ON s.content_id = c.id
ORDER BY b.id, c.id, s.signal_type"""
COLUMNS: Final = ("bank", "share", "exchange", "content", "disabled", "note", "type", "hash", "added")
# What its signal types are here; those that are not named here cannot be used.
TYPES: Final[Mapping[str, HashType]] = {
    "pdq": "pdq",
    "md5": "md5",
    "sha256": "sha256",
    "video_md5": "md5",
    "video_sha256": "sha256",
}
_DISABLED, _ENABLED = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One hash of one content of one bank; `type` None where a bank or a content has none. `share` 0..1, `disabled` a time in seconds or
    0 (disabled) or 1 (enabled), `added` in seconds."""

    bank: str
    share: float
    exchange: str
    content: int | None
    disabled: int
    note: str
    type: str | None
    hash: str
    added: int | None

    def enabled(self, *, now: datetime) -> bool:
        """Does the content match at this moment?"""
        return self.disabled != _DISABLED and (self.disabled == _ENABLED or self.disabled <= now.timestamp())


def row_of(*, given: Mapping[str, Any]) -> Row:
    """Return a row of `QUERY` from its values, or from the text of a CSV file. Raises `ValueError` with the end of a sentence."""
    missing = [name for name in COLUMNS if name not in given]
    if missing:
        raise ValueError(f"lacks {missing[0]}")
    share = float(given["share"])
    if not 0 <= share <= 1:
        raise ValueError("has a share that is not from 0 to 1")
    content, disabled, added = (_whole(given[name], name) for name in ("content", "disabled", "added"))
    return Row(
        bank=str(given["bank"]),
        share=share,
        exchange=str(given["exchange"] or ""),
        content=content,
        disabled=_ENABLED if disabled is None else disabled,
        note=str(given["note"] or ""),
        type=str(given["type"]) if given["type"] else None,
        hash=str(given["hash"] or ""),
        added=added,
    )


def _whole(value: Any, name: str) -> int | None:
    if value in (None, ""):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ValueError(f"has no whole number in {name}") from None


@dataclass
class Told:
    """What is known of a bank when all its rows were read: hashes that were written, contents that are disabled, and how many hashes of
    each type cannot be used."""

    bank: str
    share: float
    exchange: str
    hashes: int = 0
    disabled: int = 0
    unusable: dict[str, int] = field(default_factory=dict)


def by_bank(*, rows: Iterable[Row]) -> Iterator[tuple[Told, Iterator[Row]]]:
    """Yield each bank with its rows, which are to be read before the next bank. Raises `Invalid` if a bank comes twice: the rows are not in
    order."""
    seen: set[str] = set()
    for name, some in groupby(rows, key=lambda r: r.bank):
        if name in seen:
            raise Invalid("The rows of a bank are not one after another; write the file with the query of the documentation.")
        seen.add(name)
        rest = iter(some)
        first = next(rest)
        yield Told(bank=name, share=first.share, exchange=first.exchange), chain((first,), rest)


def lines_of(*, rows: Iterable[Row], told: Told, now: datetime) -> Iterator[bytes]:
    """Yield the lines of a list (see `ListFile`), and count in `told`. What is disabled is marked withdrawn: it is not taken in, and goes if
    an earlier import took it in."""
    disabled: set[int | None] = set()
    for row in rows:
        if row.content is not None and not row.enabled(now=now):
            disabled.add(row.content)
        if row.type is None:
            continue
        if row.type not in TYPES:
            told.unusable[row.type] = told.unusable.get(row.type, 0) + 1
            continue
        told.hashes += row.enabled(now=now)
        yield orjson.dumps(_line(row, now)) + b"\n"
    told.disabled = len(disabled)


def _line(row: Row, now: datetime) -> dict[str, str]:
    line = {"hash": row.hash, "hash_type": TYPES[str(row.type)], "entry": str(row.content), "category": _plain(row.note)}
    if row.added is not None:
        line["added"] = datetime.fromtimestamp(row.added, tz=UTC).isoformat()
    return line if row.enabled(now=now) else {**line, "withdrawn": "yes"}


def _plain(note: str) -> str:
    """Return a note as a category: one line of what can be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in note).split())
