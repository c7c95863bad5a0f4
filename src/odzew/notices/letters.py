"""A mail as the desk reads it, and the marks by which it knows its own mails again."""

from __future__ import annotations

import hmac
import re
import uuid
from dataclasses import dataclass
from typing import Final

from odzew.foundation.secrets import Keys

_OWN: Final = re.compile(r"<([0-9a-f]{32})\.([0-9a-f]{32})\.([0-9a-f]{32})@[^<>\s]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What was read of a mail: words only. `key` is its name: the same mail has the same, however often it comes.

    `sender` is the address in From, in small letters; empty if there is none that could be answered. `domain` is whose mail it is by
    the operator's own mail server, and empty if that says nothing; `forged`: that server says that it is not the sender's. `automatic`:
    a program sent it, or a list passed it on: nothing is answered. `bounce`: a mail server speaks of a mail that it did not deliver.
    `cut`: there was more text; `files`: there were files or pictures, which nobody opened.
    """

    key: str
    sender: str = ""
    domain: str = ""
    forged: bool = False
    automatic: bool = False
    bounce: bool = False
    subject: str = ""
    text: str = ""
    message_id: str = ""
    replies_to: tuple[str, ...] = ()
    ticket: str = ""
    cut: bool = False
    files: bool = False

    @property
    def words(self) -> str:
        """All that its sender wrote."""
        return "\n\n".join(part for part in (self.subject.strip(), self.text.strip()) if part)


def own_id(*, notice: uuid.UUID, delivery: uuid.UUID, domain: str, keys: Keys) -> str:
    """Return the Message-ID of a mail of ours: the same delivery has the same, and nobody else can make one."""
    return f"<{notice.hex}.{delivery.hex}.{_mark(notice.hex + delivery.hex, keys)}@{domain}>"


def notice_of(*, ids: tuple[str, ...], keys: Keys) -> uuid.UUID | None:
    """Return the notice that a mail of ours was about, if one of these Message-IDs is ours."""
    for found in (match for one in ids for match in _OWN.finditer(one)):
        if hmac.compare_digest(found[3], _mark(found[1] + found[2], keys)):
            return uuid.UUID(hex=found[1])
    return None


def _mark(of: str, keys: Keys) -> str:
    return hmac.digest(keys.derive(label="mail"), of.encode(), "sha256")[:16].hex()
