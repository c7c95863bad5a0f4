"""Changes of the policy on their way: a draft, who signed it, when it comes into force. At most one is open.

Whoever changes anything here calls `hold` first: a policy is changed rarely, and never by two at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_none
from odzew.ledger.models import PolicyChange, PolicySignature

_LOCK: Final = 0x0D2E4


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """Who signed a change, and when."""

    person: uuid.UUID
    pseudonym: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change of the policy. `author` wrote it last: a pseudonym, or `operator` for the shell."""

    id: uuid.UUID
    state: str
    base: str
    digest: str
    version: int
    name: str
    text: str
    author: str
    changed_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    preview_state: str
    preview: dict[str, Any] | None
    signatures: tuple[SignatureView, ...] = ()


def hold() -> None:
    """Wait until nobody else changes the policy or a draft of it; until the end of the transaction."""
    fetch_none("SELECT pg_advisory_xact_lock(%s::bigint)", [_LOCK])


def _views(rows: Iterable[PolicyChange]) -> list[ChangeView]:
    """Each with those who signed it as it stands; by one more statement however many they are."""
    found = list(rows)
    signed = PolicySignature.objects.select_related("person").filter(change__in=[row.id for row in found]).order_by("at", "id")
    by = {row.id: [s for s in signed if s.change_id == row.id and s.digest == row.digest] for row in found}
    return [_view(row, by[row.id]) for row in found]


def _view(row: PolicyChange, signed: Iterable[PolicySignature]) -> ChangeView:
    return ChangeView(
        id=row.id,
        state=row.state,
        base=row.base,
        digest=row.digest,
        version=row.version,
        name=row.name,
        text=row.text,
        author=row.author,
        changed_at=row.changed_at,
        due_at=row.due_at,
        ended_at=row.ended_at,
        preview_state=row.preview_state,
        preview=row.preview,
        signatures=tuple(SignatureView(person=s.person_id, pseudonym=s.person.pseudonym, at=s.at) for s in signed),
    )


def open_change() -> ChangeView | None:
    """Return the change that has not ended, or None."""
    return next(iter(_views(PolicyChange.objects.filter(ended_at=None))), None)


def due_change(*, now: datetime) -> ChangeView | None:
    """Return the change whose time has come to take force by itself, or None."""
    return next(iter(_views(PolicyChange.objects.filter(ended_at=None, due_at__lte=now))), None)


def unseen_change() -> ChangeView | None:
    """Return the open change whose preview is wanted, or None."""
    return next(iter(_views(PolicyChange.objects.filter(ended_at=None, preview_state="wanted"))), None)


def ended_changes(*, limit: int, digest: str = "") -> list[ChangeView]:
    """Return the newest changes that came into force, or the newest by which this very policy did."""
    found = PolicyChange.objects.filter(state="in_force", **({"digest": digest} if digest else {}))
    return _views(found.order_by("-ended_at", "-id")[:limit])


def draft(
    writes: Writes,
    *,
    change: uuid.UUID | None,
    base: str,
    digest: str,
    version: int,
    name: str,
    text: str,
    author: str,
    now: datetime,
) -> uuid.UUID:
    """Begin a change, or write the open one anew: what was signed before is signed no more, and its preview is wanted again."""
    values = {
        "state": "draft",
        "base": base,
        "digest": digest,
        "version": version,
        "name": name,
        "text": text,
        "author": author,
        "changed_at": now,
        "due_at": None,
        "preview_state": "wanted",
        "preview": None,
    }
    if change is None:
        change = new_id(now=now)
        writes.insert(PolicyChange, {"id": change, "ended_at": None, **values})
        return change
    PolicySignature.objects.filter(change_id=change).delete()
    writes.update(PolicyChange, {"id": change, **values})
    return change


def sign(writes: Writes, *, change: ChangeView, person: uuid.UUID, due: datetime | None, now: datetime) -> None:
    """Add a person's signature, in the place of an earlier one of theirs; `due`: when the change comes into force by itself."""
    PolicySignature.objects.filter(change_id=change.id, person_id=person).delete()
    writes.insert(
        PolicySignature, {"id": new_id(now=now), "change_id": change.id, "person_id": person, "digest": change.digest, "at": now}
    )
    writes.update(PolicyChange, {"id": change.id, "state": "proposed", "due_at": due})


def wait_on(writes: Writes, *, change: uuid.UUID) -> None:
    """Take away the time at which a change would come into force by itself."""
    writes.update(PolicyChange, {"id": change, "due_at": None})


def end(writes: Writes, *, change: uuid.UUID, state: str, now: datetime) -> None:
    """End a change: it is `in_force` or `withdrawn`."""
    writes.update(PolicyChange, {"id": change, "state": state, "due_at": None, "ended_at": now})


def want_preview(*, change: uuid.UUID) -> None:
    """Ask for the preview of an open change anew."""
    PolicyChange.objects.filter(id=change, ended_at=None).update(preview_state="wanted", preview=None)


def keep_preview(*, change: uuid.UUID, digest: str, state: str, preview: Mapping[str, Any] | None) -> bool:
    """Keep what a preview found, unless the change was written anew meanwhile; return whether it was kept."""
    found = PolicyChange.objects.filter(id=change, digest=digest, ended_at=None, preview_state="wanted")
    return found.update(preview_state=state, preview=dict(preview) if preview is not None else None) == 1
