"""What a service was asked about, and what it was told: written before it is sent, so that nothing goes out twice without need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.exchanges.data import Answered, ExchangeView, Word
from odzew.foundation.writes import fetch_all, fetch_none

# A hash that was not known is asked about again, for as long as its case is open: lists grow.
ASK_AGAIN: Final = timedelta(days=7)
_UNSENT: Final = timedelta(minutes=10)
_FIRST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(hours=6)


def not_asked(*, exchange: ExchangeView, values: Sequence[bytes], now: datetime) -> list[bytes]:
    """Return those of these hashes that the service was not asked about lately, or did not answer."""
    sql = (
        "SELECT value FROM exchanges_asked WHERE exchange_id = %s AND value = ANY(%s) "
        "AND (answered_at > %s OR (answered_at IS NULL AND at > %s))"
    )
    known = {bytes(v) for (v,) in fetch_all(sql, [exchange.id, list(values), now - ASK_AGAIN, now - _UNSENT])}
    return [v for v in dict.fromkeys(values) if v not in known]


def put_asked(*, exchange: ExchangeView, values: Sequence[bytes], now: datetime) -> None:
    """Write that the service is about to be asked."""
    fetch_none(
        "INSERT INTO exchanges_asked (exchange_id, value, at, answer) SELECT %s, v, %s, '' FROM unnest(%s::bytea[]) AS v "
        "ON CONFLICT (exchange_id, value) DO UPDATE SET at = excluded.at, answered_at = NULL",
        [exchange.id, now, sorted(values)],
    )


def put_answers(*, exchange: ExchangeView, values: Sequence[bytes], answers: Mapping[bytes, Answered], now: datetime) -> None:
    """Write what it said of each."""
    words = [answers[v].classification if v in answers else "" for v in values]
    fetch_none(
        "UPDATE exchanges_asked t SET answered_at = %s, answer = g.answer FROM unnest(%s::bytea[], %s::text[]) AS g(value, answer) "
        "WHERE t.exchange_id = %s AND t.value = g.value",
        [now, list(values), words, exchange.id],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToTell:
    """A word about an entry that is to be sent now; `tries` earlier tries."""

    entry: int
    word: Word
    tries: int


def put_words(*, exchange: ExchangeView, words: Mapping[int, str], now: datetime) -> int:
    """Write what is to be told of entries; a word that was told is not told again, another one is. Returns how many are new."""
    told = fetch_all(
        "INSERT INTO exchanges_told AS t (exchange_id, entry, word, at, tries, next_at, state) "
        "SELECT %s, g.entry, g.word, %s, 0, %s, 'waiting' FROM unnest(%s::bigint[], %s::text[]) AS g(entry, word) "
        "ON CONFLICT (exchange_id, entry) DO UPDATE SET word = excluded.word, at = excluded.at, tries = 0, next_at = excluded.next_at, "
        "state = 'waiting' WHERE t.word <> excluded.word RETURNING 1",
        [exchange.id, now, now, sorted(words), [words[n] for n in sorted(words)]],
    )
    return len(told)


def due_words(*, exchange: ExchangeView, now: datetime, most: int) -> list[ToTell]:
    """Return what is to be told now, the oldest first."""
    sql = (
        "SELECT entry, word, tries FROM exchanges_told WHERE exchange_id = %s AND state = 'waiting' AND next_at <= %s "
        "ORDER BY next_at, entry LIMIT %s"
    )
    return [ToTell(entry=n, word=word, tries=tries) for n, word, tries in fetch_all(sql, [exchange.id, now, most])]


def end_word(*, exchange: ExchangeView, told: ToTell, state: str, now: datetime) -> None:
    """Write how telling ended: `delivered`, `refused` (never tried again), or `waiting` (tried later, later each time)."""
    wait = min(_FIRST * 2 ** min(told.tries, 20), _LONGEST)
    fetch_none(
        "UPDATE exchanges_told SET state = %s, tries = tries + 1, next_at = %s WHERE exchange_id = %s AND entry = %s AND word = %s",
        [state, now + wait, exchange.id, told.entry, told.word],
    )
