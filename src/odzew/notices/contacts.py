"""Addresses for answers: sealed, used for that alone, and forgotten with the reporter's words."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from odzew.foundation.secrets import Keys
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.notices.data import Contact
from odzew.notices.models import Contact as ContactRow
from odzew.notices.models import Mailbox

_DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A contact as it is kept; `code` until the receipt has left, for it is told once."""

    contact: Contact
    code: str = ""
    ended: bool = False


def _who(address: str, keys: Keys) -> str:
    return keys.reporter_key(of=f"mail {address.lower()}")


def add_contact(writes: Writes, *, notice: uuid.UUID, contact: Contact, code: str, keys: Keys, now: datetime) -> None:
    """Keep where a notice is answered to, and the code, which has yet to reach its reporter that way."""
    clear = {**asdict(contact), "code": code}
    row = {
        "notice_id": notice,
        "who": _who(contact.address, keys),
        "sealed": keys.seal(clear=json.dumps(clear).encode()),
        "at": now,
        "ended_at": None,
    }
    writes.insert(ContactRow, row)


def contact_of(*, notice: uuid.UUID, keys: Keys) -> Known | None:
    """Return where a notice is answered to, or None if nowhere (any more)."""
    rows = fetch_all("SELECT sealed, ended_at FROM notices_contact WHERE notice_id = %s", [notice])
    clear = keys.unseal(sealed=bytes(rows[0][0])) if rows else None
    if clear is None:
        return None
    kept = json.loads(clear)
    code = kept.pop("code")
    return Known(contact=Contact(**kept), code=code, ended=rows[0][1] is not None)


def forget_code(*, notice: uuid.UUID, keys: Keys) -> None:
    """Forget the code of a notice whose receipt has left: from now on only its reporter has it."""
    known = contact_of(notice=notice, keys=keys)
    if known is not None and known.code:
        sealed = keys.seal(clear=json.dumps({**asdict(known.contact), "code": ""}).encode())
        fetch_none("UPDATE notices_contact SET sealed = %s WHERE notice_id = %s", [sealed, notice])


def end_contact(*, notice: uuid.UUID, now: datetime) -> None:
    """Write to this address no more: its mail server says that there is nobody."""
    fetch_none("UPDATE notices_contact SET ended_at = %s WHERE notice_id = %s AND ended_at IS NULL", [now, notice])


def forget_contacts(*, notices: list[uuid.UUID]) -> int:
    """Erase the addresses of notices, as their words are erased; return how many there were."""
    return len(fetch_all("DELETE FROM notices_contact WHERE notice_id = ANY(%s) RETURNING 1", [notices]))


def written_today(*, address: str, keys: Keys, now: datetime) -> int:
    """Return how many notices of the last 24 hours are answered to this address."""
    sql = "SELECT count(*) FROM notices_contact WHERE who = %s AND at > %s"
    return int(fetch_all(sql, [_who(address, keys), now - _DAY])[0][0])


def read_whole(*, mailbox: str, now: datetime) -> None:
    """Note that everything in a mailbox was read."""
    Mailbox.objects.update_or_create(name=mailbox, defaults={"whole_at": now})


def whole_since(*, mailbox: str, now: datetime) -> datetime:
    """Return when a mailbox was last read whole; of one that was never read, when that was first asked."""
    row, _ = Mailbox.objects.get_or_create(name=mailbox, defaults={"whole_at": now})
    return row.whole_at
