"""What several matches mean together: a pure judgement, with no table and no clock.

The rules are those of the field: opinions are added up over banks, a positive and a negative one make it disputed, a picture of
low quality matches only exactly, and near is not equal.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from odzew.banks.data import LEAST_QUALITY, BankView, EntryView
from odzew.policy.data import Match, Opinion

Answer = Literal["allow", "hold", "block"]
_ANSWER: Final[dict[Opinion | None, Answer]] = {
    "confirmed": "block",
    "seed": "hold",
    "disputed": "hold",
    "negative": "allow",
    None: "allow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry that the index found for one hash of what is asked about.

    `hash` is the stored hash that was met (for a turned picture not the entry's own value), `distance` in bits (0 for file hashes),
    `quality` the query's, None if not known. A quality counts for PDQ only.
    """

    entry: EntryView
    hash: bytes
    distance: int
    quality: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What a look-up may choose for itself.

    `banks`: only these; None for all. What decides whether a look-up is in the share of all that a bank answers: `seed`, the same for the
    same thing; without it the hashes themselves. With `whole` every bank answers.
    """

    banks: frozenset[str] | None = None
    seed: bytes | None = None
    whole: bool = False

    def key(self, *, hashes: Iterable[tuple[str, bytes]]) -> bytes | None:
        """Return what stands for the look-up when a bank answers only a share of all; None if every bank is to answer."""
        if self.whole:
            return None
        return share_key(hashes=hashes) if self.seed is None else self.seed

    def about(self, *, bank: BankView) -> bool:
        """Is this bank asked at all?"""
        return self.banks is None or bank.name in self.banks


EVERYTHING: Final = Asking()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What may happen to an upload, and why.

    `opinion` is that of all banks together, None if nothing matched. `hits` are those that count, nearest first; `quarantined`
    those that would have counted. `known_account` and `incomplete` say what else held it.
    """

    answer: Answer
    opinion: Opinion | None
    hits: tuple[Hit, ...]
    quarantined: tuple[Hit, ...]
    incomplete: bool
    known_account: bool


def judge(
    *,
    hits: Iterable[Hit],
    complete: bool,
    jurisdiction: str,
    key: bytes | None,
    private: bool = False,
    known_account: bool = False,
) -> Verdict:
    """Return the verdict on one upload from everything the index found for its hashes.

    Confirmed within its bank's distance blocks; seed, disputed, an incomplete index or a known account hold; only negative or nothing
    allows. `key` is the same for the same upload (see `Asking.key`). With `private` only banks that allow private messages count.
    A quarantined entry loses one step: a confirmed one holds, a seed or negative one says nothing, so that nobody can switch a
    known hash off by flooding it.
    """
    counted = [h for h in hits if counts(hit=h, jurisdiction=jurisdiction, key=key, private=private)]
    counted.sort(key=lambda h: (h.distance, h.entry.type == "pdq", h.entry.id))
    live = tuple(h for h in counted if h.entry.quarantined_at is None)
    quarantined = tuple(h for h in counted if h.entry.quarantined_at is not None)
    opinion = together(hits=live)
    answer = _ANSWER[opinion]
    doubtful = not complete or known_account or any(h.entry.opinion == "confirmed" for h in quarantined)
    if answer == "allow" and doubtful:
        answer = "hold"
    return Verdict(
        answer=answer,
        opinion=opinion,
        hits=live,
        quarantined=quarantined,
        incomplete=not complete,
        known_account=known_account,
    )


def counts(*, hit: Hit, jurisdiction: str, key: bytes | None, private: bool = False) -> bool:
    """Does a hit count for this bank: within its distance, of a type it uses, where it holds, and in its enabled share?

    PDQ hashes of a picture whose quality is under 50, on either side, match only when they are equal: such hashes are noise.
    """
    entry, bank = hit.entry, hit.entry.bank
    low = min(_quality(hit.quality), _quality(entry.quality)) < LEAST_QUALITY
    most = bank.distance if entry.type == "pdq" and not low else 0
    return (
        hit.distance <= most
        and entry.type in bank.hash_types
        and (not bank.jurisdictions or jurisdiction in bank.jurisdictions)
        and (bank.private_too or not private)
        and in_share(bank=bank, key=key)
    )


def _quality(value: int | None) -> int:
    return 100 if value is None else value


def together(*, hits: Sequence[Hit]) -> Opinion | None:
    """Return the opinion of all hits together: the strongest, or `disputed` where a negative one is at least as near as it.

    A negative entry that is only near does not dispute an equal positive one: else a harmless picture that looks alike, once found
    to be good, would open the way for the other.
    """
    nearest = {o: min((h.distance for h in hits if h.entry.opinion == o), default=None) for o in ("confirmed", "seed", "negative")}
    strongest: Opinion | None = "confirmed" if nearest["confirmed"] is not None else "seed" if nearest["seed"] is not None else None
    negative = nearest["negative"]
    if strongest is None:
        return "negative" if negative is not None else None
    positive = nearest[strongest]
    return "disputed" if negative is not None and positive is not None and negative <= positive else strongest


def share_key(*, hashes: Iterable[tuple[str, bytes]]) -> bytes:
    """Return what stands for an upload when a bank answers only a share of all: the same hashes in any order give the same."""
    return b"".join(type_.encode() + b":" + value + b";" for type_, value in sorted(set(hashes)))


def in_share(*, bank: BankView, key: bytes | None) -> bool:
    """Is this query in the share of all that the bank answers? The same query always gets the same answer; a larger share only adds.

    Without a key every bank answers.
    """
    if key is None or bank.enabled_share >= 1:
        return True
    return _place(bank.id, key) < bank.enabled_share


def _place(bank: uuid.UUID, key: bytes) -> float:
    return int.from_bytes(hashlib.sha256(bank.bytes + key).digest()[:8]) / 2**64


def as_policy_matches(*, verdict: Verdict) -> tuple[Match, ...]:
    """Return the hits as facts for the policy; an entry disputed by another bank counts as disputed."""
    disputed = verdict.opinion == "disputed"
    return tuple(
        Match(
            bank=h.entry.bank.name,
            opinion="disputed" if disputed and h.entry.opinion != "negative" else h.entry.opinion,
            type=h.entry.type,
            distance=h.distance,
            quality=min(_quality(h.quality), _quality(h.entry.quality)) if h.entry.type == "pdq" else 100,
            child=h.entry.child,
        )
        for h in verdict.hits
    )
