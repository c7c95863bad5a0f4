"""The desk's own banks: `own`, fed by final decisions, `cleared`, known-good pictures that people named, and `reported`, fingerprints
that reporters sent: seeds, which hold but never remove."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final

from odzew.banks.api import BankRules, bank_named, find_bank
from odzew.banks.data import CLEARED, OWN, REPORTED, BankView, NewHash, OwnMedia, Stored
from odzew.banks.entries import any_live, put, withdraw_hashes, withdraw_of_case
from odzew.banks.models import Bank
from odzew.foundation.errors import Forbidden
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes
from odzew.hashing.turns import turned_of_bits
from odzew.ledger.events import record

_SYSTEM: Final = frozenset({"clock", "desk"})
# Up to so many bits a picture is the same one, saved again (practice 8).
NEAR_ENOUGH: Final = 10
_RULES: Final = {
    OWN: BankRules(opinion="confirmed", source="decisions of this desk"),
    # Near is not equal: what people found to be good speaks for the same picture, not for one that looks alike.
    CLEARED: BankRules(opinion="negative", source="pictures that people of this desk found to be good", distance=NEAR_ENOUGH),
    REPORTED: BankRules(opinion="seed", source="fingerprints that reporters sent"),
}


def own_bank(*, name: str, now: datetime) -> BankView:
    """Return `own` or `cleared`, made at its first use, in the transaction that is open."""
    if (found := find_bank(name=name)) is not None:
        return found
    view = BankView(id=new_id(now=now), name=name, own=True, created_at=now, **asdict(_RULES[name]))
    writes = Writes()
    writes.insert(Bank, asdict(view), conflict="(name) DO NOTHING")
    writes.send()
    return bank_named(name=name)


def refuse_loosening(*, bank: BankView, after: BankRules) -> None:
    """Raise `Forbidden` if rules would make one of the desk's own banks say less than the decisions in it, or clear more.

    Switching `own` off by command would let through what two people removed (practice 3: no side door).
    """
    fixed = ("opinion", "enabled_share", "hash_types", "jurisdictions", "child")
    if not bank.own:
        return
    if changed := [name for name in fixed if getattr(after, name) != getattr(bank, name)]:
        raise Forbidden(f"The {changed[0].replace('_', ' ')} of {bank.name} cannot be set: it holds what this desk decided.")
    if bank.name == OWN and after.distance < NEAR_ENOUGH:
        raise Forbidden(f"The distance of {OWN} is at least {NEAR_ENOUGH}, so that a copy saved anew is found.")
    if bank.name == CLEARED and after.distance > NEAR_ENOUGH:
        raise Forbidden(
            f"The distance of {CLEARED} is at most {NEAR_ENOUGH}: it speaks for the same picture, not for one that looks alike."
        )


def feed_own(
    writes: Writes,
    *,
    case: uuid.UUID,
    media: Sequence[OwnMedia],
    category: str,
    child: bool | None,
    actor: str,
    now: datetime,
) -> Stored:
    """Put what a final decision removed into the bank `own`, in the transaction of the decision.

    For every file all its hashes; a PDQ hash is found in all eight orientations (those given as `forms`, else derived from its bits).
    `category` is a kind of concern, `child` whether the material is of a child. Matchable by every process within a second of the
    commit. The same file of the same case again changes nothing.
    """
    bank = own_bank(name=OWN, now=now)
    done = put(writes, bank=bank, hashes=_hashes(case, media, category, child), now=now, case=case)
    _said(writes, "bank.own_fed", bank, done.added, case, actor, now)
    return done


def withdraw_own(writes: Writes, *, case: uuid.UUID, actor: str, now: datetime) -> tuple[int, ...]:
    """Take back what a case put into `own`, in the transaction that reverses the decision; returns the numbers of the entries.

    What another case put there stays, also where it is the same file.
    """
    bank = own_bank(name=OWN, now=now)
    gone = withdraw_of_case(writes, bank=bank, case=case, now=now)
    _said(writes, "bank.own_withdrawn", bank, gone, case, actor, now)
    return gone


def feed_cleared(writes: Writes, *, case: uuid.UUID, media: Sequence[OwnMedia], actor: str, now: datetime) -> Stored:
    """Name the files of a case as known good, so that a match with them alone does not hold an upload.

    Only a person does this: raises `Forbidden` when the actor is the clock or the desk.
    """
    if actor in _SYSTEM:
        raise Forbidden("Only a person names a picture as known good.")
    bank = own_bank(name=CLEARED, now=now)
    done = put(writes, bank=bank, hashes=_hashes(case, media, "", None), now=now, case=case)
    _said(writes, "bank.cleared_fed", bank, done.added, case, actor, now)
    return done


def withdraw_cleared(writes: Writes, *, case: uuid.UUID, actor: str, now: datetime) -> tuple[int, ...]:
    """Take back what a case named as known good, in the transaction of the newer fact or decision."""
    bank = own_bank(name=CLEARED, now=now)
    gone = withdraw_of_case(writes, bank=bank, case=case, now=now)
    _said(writes, "bank.cleared_withdrawn", bank, gone, case, actor, now)
    return gone


def feed_reported(
    writes: Writes,
    *,
    case: uuid.UUID,
    media: Sequence[OwnMedia],
    category: str,
    child: bool | None,
    actor: str,
    now: datetime,
) -> Stored:
    """Put fingerprints that a reporter sent into `reported`, in the transaction of the notice; nobody has confirmed them."""
    bank = own_bank(name=REPORTED, now=now)
    done = put(writes, bank=bank, hashes=_hashes(case, media, category, child), now=now, case=case)
    _said(writes, "bank.reported_fed", bank, done.added, case, actor, now)
    return done


def withdraw_reported(writes: Writes, *, case: uuid.UUID, actor: str, now: datetime) -> tuple[int, ...]:
    """Take back the fingerprints of a case: it was decided, or its reporter asked for it."""
    if find_bank(name=REPORTED) is None:
        return ()
    bank = own_bank(name=REPORTED, now=now)
    gone = withdraw_of_case(writes, bank=bank, case=case, now=now)
    _said(writes, "bank.reported_withdrawn", bank, gone, case, actor, now)
    return gone


def withdraw_given(
    writes: Writes, *, name: str, hashes: Sequence[NewHash], case: uuid.UUID, actor: str, now: datetime
) -> tuple[int, ...]:
    """Take back what one reporter sent (`name`: the notice); the same picture from somebody else stays."""
    bank = own_bank(name=REPORTED, now=now)
    gone = withdraw_hashes(writes, bank=bank, hashes=[replace(h, entry_id=name) for h in hashes], now=now)
    _said(writes, "bank.reported_withdrawn", bank, gone, case, actor, now)
    return gone


def still_given(*, name: str, hashes: Sequence[NewHash]) -> bool:
    """Is anything that one reporter sent still looked for?"""
    bank = find_bank(name=REPORTED)
    return bank is not None and any_live(bank=bank, hashes=[replace(h, entry_id=name) for h in hashes])


def _hashes(case: uuid.UUID, media: Sequence[OwnMedia], category: str, child: bool | None) -> list[NewHash]:
    """Each file is an entry named for the case and the file, so that two cases never take back what is the other's."""
    out = []
    for one in media:
        for h in one.hashes:
            forms = (h.forms or turned_of_bits(bits=h.value)[1:]) if h.type == "pdq" else ()
            out.append(replace(h, member=str(case), entry_id=one.name, category=category, child=child, opinion=None, forms=forms))
    return out


def _said(writes: Writes, kind: str, bank: BankView, entries: tuple[int, ...], case: uuid.UUID, actor: str, now: datetime) -> None:
    if entries:
        facts = {"bank": str(bank.id), "entries": list(entries)}
        record(writes, kind=kind, actor=actor, now=now, case=case, facts=facts)
