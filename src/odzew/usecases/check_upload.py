"""Before something is published: is it known?"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from odzew.banks.verdict import EVERYTHING, Asking, Hit, Verdict, as_policy_matches
from odzew.cases.items import account_marked
from odzew.cases.prints import Looks, prints_of_items
from odzew.cases.register import ItemIn, register
from odzew.enforcement.api import look_where_they_are
from odzew.foundation.errors import Forbidden, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import Caller
from odzew.matching.api import Index
from odzew.usecases._flood import watch_flood
from odzew.usecases._joining import follow_joined
from odzew.usecases._looking import Seen, near_of, see, sighted_in
from odzew.usecases._matched import Looked, follow_looked, hold_upload
from odzew.usecases.desk import Desk

Answer = Literal["allow", "hold", "block"]
MOST_FILES: Final = 1000
_RANK: Final[dict[Answer, int]] = {"allow": 0, "hold": 1, "block": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The verdict on an upload, the strictest of its files, with every entry that counted. `case`: where the item stands now.

    `checked` is false where the law keeps the desk from looking at all; `as_of`: the banks as they were then, None if nobody looked;
    `incomplete`: not everything could be asked, so that it is held and is to be asked again.
    """

    answer: Answer
    hits: tuple[Hit, ...]
    verdicts: tuple[Verdict, ...]
    as_of: datetime | None
    checked: bool
    incomplete: bool = False
    case: uuid.UUID | None = None


def check_upload(
    *,
    files: Sequence[Looks],
    upload: ItemIn | None,
    caller: Caller,
    desk: Desk,
    index: Index,
    now: datetime,
    unseen: bool = False,
    asking: Asking = EVERYTHING,
) -> Checked:
    """Say whether files may be published, register the item they will be, and open or join its case if something speaks against it.

    Each file is judged on its own, those of `upload` (see `ItemIn.media`) too; `unseen`: a file could not be looked at for a reason that
    passes or is suspicious, so it is held; `asking`: which banks, and what draws their share. What an own decision removed is blocked and
    joins that case unseen. Uploads in private are looked at only where the policy's `private_checked` says so. Raises `Forbidden` (an
    item by a key that is no platform's) and `Invalid` (nothing to check, too many files). Source: practice 5 and 8.
    """
    asked = [*files, *((m.looked() for m in upload.media) if upload else ())]
    asked = [looks for looks in dict.fromkeys(asked) if looks.known()]
    if upload is not None and caller.platform is None:
        raise Forbidden("Only a platform's key checks an item; leave the item out to ask about hashes alone.")
    if not asked and upload is None:
        raise Invalid("Send hashes or a file: there is nothing to check.")
    if len(asked) > MOST_FILES:
        raise Invalid(f"One call checks at most {MOST_FILES} files; send the others in another call.")
    private = upload is not None and upload.private
    if private and desk.jurisdiction not in desk.policy.private_checked:
        case = _register(upload, (), caller, desk, now, marked=False, held=False) if upload else None
        return Checked(answer="allow", hits=(), verdicts=(), as_of=None, checked=False, case=case)
    # 1. What the banks say, from memory.
    marked = upload is not None and account_marked(platform=caller.platform, external_id=upload.account_id, now=now)
    pairs = [
        (looks, see(looks=looks, index=index, desk=desk, private=private, known_account=marked, asking=asking)) for looks in asked
    ]
    seen = [s for _looks, s in pairs]
    answer: Answer = max((s.verdict.answer for s in seen), key=lambda a: _RANK[a], default="allow")
    incomplete = any(s.verdict.incomplete for s in seen)
    if (marked or unseen) and answer == "allow":
        answer = "hold"
    hits = tuple(h for s in seen for h in s.verdict.hits)
    # 2. The item, and what follows for its case; without an item the match itself is on the record.
    case = _register(upload, pairs, caller, desk, now, marked=marked, held=bool(hits) and answer != "allow") if upload else None
    if upload is None and hits:
        _record(pairs, answer, caller, now)
    return Checked(
        answer=answer,
        hits=hits,
        verdicts=tuple(s.verdict for s in seen),
        as_of=min((s.as_of for s in seen if s.as_of is not None), default=None),
        checked=True,
        incomplete=incomplete or unseen,
        case=case,
    )


def _record(seen: Sequence[tuple[Looks, Seen]], answer: Answer, caller: Caller, now: datetime) -> None:
    def work() -> None:
        writes = Writes()
        for hit in (h for _looks, s in seen for h in s.verdict.hits):
            entry = hit.entry
            facts = {"bank": entry.bank.name, "entry": entry.id, "opinion": entry.opinion, "type": entry.type}
            record(
                writes,
                kind="match.checked",
                actor=caller.actor,
                now=now,
                case=entry.from_case,
                facts={**facts, "distance": hit.distance, "verdict": answer},
            )
        watch_flood(writes, sighted=[x for looks, s in seen for x in sighted_in(verdict=s.verdict, looks=looks)], now=now)
        writes.send()

    atomically(work)


def _register(
    upload: ItemIn,
    seen: Sequence[tuple[Looks, Seen]],
    caller: Caller,
    desk: Desk,
    now: datetime,
    *,
    marked: bool,
    held: bool,
) -> uuid.UUID | None:
    platform = caller.platform
    if platform is None:
        raise Forbidden("Only a platform's key registers items.")

    def work() -> uuid.UUID | None:
        done = register(platform=platform, items=[upload], now=now)
        follow_joined(done=done, actor=caller.actor, desk=desk, now=now)
        number = done.items[upload.id]
        for looked in _looked(number, seen):
            follow_looked(looked=looked, desk=desk, now=now, actor=caller.actor)
        case = hold_upload(item_id=number, held=held, marked=marked, desk=desk, now=now, actor=caller.actor)
        if done.moved:
            look_where_they_are(items=sorted(done.moved), now=now)
        return case

    return atomically(work)


def _looked(number: uuid.UUID, seen: Sequence[tuple[Looks, Seen]]) -> list[Looked]:
    """What counts for each file of the item; a file that the item does not name counts for the item itself."""
    prints = {p.looks.digest(): p.number for p in prints_of_items(items=[number])}
    return [
        Looked(item=number, print=prints.get(looks.digest()), near=near, sighted=sighted_in(verdict=s.verdict, looks=looks))
        for looks, s in seen
        if (near := near_of(verdict=s.verdict, film=bool(looks.frames)))
    ]


def matches_in(*, checked: Checked) -> list[dict[str, object]]:
    """Return the matches as a look-up key may read them, the nearest first."""
    out: list[dict[str, object]] = []
    for verdict in checked.verdicts:
        for match, hit in zip(as_policy_matches(verdict=verdict), verdict.hits, strict=True):
            entry = hit.entry
            out.append(
                {
                    "bank": entry.bank.name,
                    "entry": entry.entry_id or str(entry.id),
                    "hash": hit.hash.hex(),
                    "opinion": match.opinion,
                    "type": entry.type,
                    "distance": hit.distance,
                }
            )
    return sorted(out, key=lambda m: (m["distance"], m["type"] == "pdq", m["bank"], m["entry"]))
