"""Values that other rooms see."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odzew.cases.data import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What a reporter says it is, in the vocabulary; `minor` None: the reporter does not know."""

    kind: str
    minor: bool | None
    claimant: str
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The address of a reporter who wrote by mail and is answered there.

    `ticket` is the sender's own number, `thread` the Message-ID they are answered to; `cut` and `files`: what of their mail was left
    out, which the receipt says.
    """

    address: str
    ticket: str = ""
    thread: str = ""
    cut: bool = False
    files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A notice as a program sent it. `regimes`: the formal requests it is complete for.

    `in_words`: where it is stands in the text. `follows`: the notice whose reporter adds this one; one code opens both.
    `contact`: where answers go; no part of what is said, so the same words with another address are the same notice.
    """

    external_id: str | None
    source: str
    concern: Concern
    places: tuple[Place, ...]
    text: str = ""
    language: str = ""
    hashes: tuple[dict[str, Any], ...] = ()
    account_id: str | None = None
    regimes: frozenset[str] = frozenset()
    case: uuid.UUID | None = None
    in_words: bool = False
    follows: uuid.UUID | None = None
    contact: Contact | None = None

    def body_hash(self) -> bytes:
        """Return the hash by which the same content is known again."""
        body = [
            self.source,
            [self.concern.kind, self.concern.minor, self.concern.claimant, sorted(self.concern.flags)],
            [[p.item_id, p.url] for p in self.places],
            [self.text, self.language, list(self.hashes), self.account_id, sorted(self.regimes), str(self.case or "")],
        ]
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a reporter gets: ids, the code (None when it can no longer be shown) and when the next answer is due at the latest."""

    notice: uuid.UUID
    case: uuid.UUID
    code: str | None
    answer_due: datetime
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHandling:
    """A notice that still waits for its answer on a case; `answer_due` is what its receipt promised.

    `by_mail`: its reporter is answered by mail.
    """

    id: uuid.UUID
    notice: uuid.UUID
    language: str
    claimant: str
    account_id: str | None
    program: uuid.UUID | None
    platform: uuid.UUID | None
    minor: bool | None
    at: datetime
    answer_due: datetime
    by_mail: bool = False
