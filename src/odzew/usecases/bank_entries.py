"""Banks are set up and changed; hashes are added to them and withdrawn, by people and by what they set up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from odzew.banks.api import BankRules, bank_named, create_bank, rules_of, set_rules
from odzew.banks.data import BankView, NewHash, Stored
from odzew.banks.entries import put, withdraw_hashes, withdraw_ids
from odzew.banks.own import refuse_loosening
from odzew.banks.quarantine import release
from odzew.foundation.errors import Forbidden, Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record

# Up to so many entries the record names each; of more, how many and a digest.
NAMED: Final = 100
MOST: Final = 10_000


def add_bank(*, name: str, rules: BankRules, actor: str, now: datetime) -> BankView:
    """Set up an empty bank. Raises `Invalid` for what cannot be, `Conflict` if there is one of this name."""

    def work() -> BankView:
        writes = Writes()
        bank = create_bank(writes, name=name, rules=rules, now=now)
        record(writes, kind="bank.added", actor=actor, now=now, facts={"bank": str(bank.id), **rules_said(rules=rules)})
        writes.send()
        return bank

    return atomically(work)


def change_bank(*, name: str, changes: dict[str, Any], actor: str, now: datetime) -> BankView:
    """Change some rules of a bank (see `BankRules`), at once for every look-up.

    Raises `NotFound`, `Invalid`, and `Forbidden` for what would switch off the desk's own banks.
    """

    def work() -> BankView:
        writes = Writes()
        bank = bank_named(name=name)
        before = rules_of(bank=bank)
        rules = BankRules(**{**asdict(before), **changes})
        refuse_loosening(bank=bank, after=rules)
        after = set_rules(writes, bank=bank, rules=rules)
        said, was = rules_said(rules=rules), rules_said(rules=before)
        facts = {"bank": str(bank.id), "before": {k: was[k] for k in said if was[k] != said[k]}}
        facts["after"] = {k: said[k] for k in said if was[k] != said[k]}
        record(writes, kind="bank.changed", actor=actor, now=now, facts=facts)
        writes.send()
        return after

    return atomically(work)


def rules_said(*, rules: BankRules) -> dict[str, object]:
    """Return a bank's rules as the record holds them, without the operator's own words."""
    said = asdict(rules)
    del said["source"]
    return {k: sorted(v) if isinstance(v, frozenset) else str(v) if isinstance(v, float) else v for k, v in said.items()}


def add_entries(*, bank: str, hashes: Sequence[NewHash], actor: str, now: datetime) -> Stored:
    """Add hashes to a bank; what is there already gets the facts given now. Found by every process within a second.

    Raises `NotFound`, `Invalid` (nothing stored; more than 10,000 go by `import_bank`), and `Forbidden` for the desk's own banks, which
    decisions feed.
    """
    _few(hashes)

    def work() -> Stored:
        writes = Writes()
        to = outside_bank(name=bank)
        done = put_said(writes, bank=to, hashes=hashes, actor=actor, now=now)
        writes.send()
        return done

    return atomically(work)


def put_said(writes: Writes, *, bank: BankView, hashes: Sequence[NewHash], actor: str, now: datetime) -> Stored:
    """Store hashes in a bank, and put it on the record unless nothing changed; in the caller's transaction. Raises as `put` does."""
    done = put(writes, bank=bank, hashes=hashes, now=now)
    if done.added or done.changed:
        facts = {**entries_said(ids=done.added), "changed": len(done.changed), "digest": digest_of(hashes=hashes)}
        record(writes, kind="bank.entries_added", actor=actor, now=now, facts={"bank": str(bank.id), **facts})
    return done


def withdraw_entries(
    *, bank: str, hashes: Sequence[NewHash] = (), ids: Sequence[int] = (), actor: str, now: datetime
) -> tuple[int, ...]:
    """Withdraw entries of a bank, by hash or by number: they match nothing from now on. Returns their numbers.

    Raises `NotFound` if none of them was there, and `Forbidden` for the desk's own banks: what a decision put there, a new decision
    takes back, with the signatures it needs (practice 3: no side door).
    """
    _few([*hashes, *ids])

    def work() -> tuple[int, ...]:
        writes = Writes()
        of = outside_bank(name=bank)
        gone = (
            *withdraw_hashes(writes, bank=of, hashes=hashes, now=now),
            *withdraw_ids(writes, bank=of, ids=ids, now=now),
        )
        if not gone:
            raise NotFound(f"The bank {bank} has no such entry.")
        facts = {"bank": str(of.id), **entries_said(ids=gone)}
        record(writes, kind="bank.entries_withdrawn", actor=actor, now=now, facts=facts)
        writes.send()
        return gone

    return atomically(work)


def release_entries(*, bank: str, ids: Sequence[int], actor: str, now: datetime) -> tuple[int, ...]:
    """Let entries out of quarantine: a person looked and says that they are right; the flood guard stops them no more.

    Raises `NotFound` if none of them is in quarantine.
    """
    _few(ids)

    def work() -> tuple[int, ...]:
        writes = Writes()
        of = bank_named(name=bank)
        out = release(bank=of, ids=ids, now=now)
        if not out:
            raise NotFound(f"The bank {bank} has no such entry in quarantine.")
        facts = {"bank": str(of.id), **entries_said(ids=out)}
        record(writes, kind="bank.released", actor=actor, now=now, facts=facts)
        writes.send()
        return out

    return atomically(work)


def _few(given: Sequence[object]) -> None:
    if len(given) > MOST:
        raise Invalid(f"At most {MOST} entries at once; give more as a file: `odzew bank import NAME FILE`.")


def outside_bank(*, name: str) -> BankView:
    """Return a bank that lists from outside may change. Raises `NotFound`, and `Forbidden` for the desk's own."""
    bank = bank_named(name=name)
    if bank.own:
        raise Forbidden(f"The bank {name} holds what this desk decided; decide again to change it.")
    return bank


def entries_said(*, ids: Sequence[int]) -> dict[str, object]:
    """Return what the record says of entries: each number, or of many how many and the first and last."""
    if len(ids) <= NAMED:
        return {"entries": list(ids)}
    return {"entries": len(ids), "first": min(ids), "last": max(ids)}


def say_stored(
    writes: Writes,
    *,
    bank: BankView,
    stored: Stored,
    gone: Sequence[int],
    hashes: Sequence[NewHash],
    source: dict[str, object],
    actor: str,
    now: datetime,
) -> None:
    """Add the events of one batch of a list to `writes`, if it changed anything: what came, and what was taken back.

    `source` says which import or fetch it was and how far that has come; `hashes` are what the batch leaves standing.
    """
    if stored.added or stored.changed:
        facts = {**entries_said(ids=stored.added), "changed": len(stored.changed), "digest": digest_of(hashes=hashes), **source}
        record(writes, kind="bank.entries_added", actor=actor, now=now, facts={"bank": str(bank.id), **facts})
    if gone:
        facts = {"bank": str(bank.id), **entries_said(ids=gone), **source}
        record(writes, kind="bank.entries_withdrawn", actor=actor, now=now, facts=facts)


def digest_of(*, hashes: Iterable[NewHash]) -> str:
    """Return the SHA-256 of a batch: its hashes, each as type, hexadecimal digits, list and entry in a line, sorted."""
    lines = sorted(f"{h.type} {h.value.hex()} {h.member} {h.entry_id}\n" for h in hashes)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
