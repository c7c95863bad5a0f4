"""Formal requests under a law that reporters sign after their notice has come: never needed, never asked for on the form."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all
from odzew.ledger.events import keep_text
from odzew.notices.api import NoticeView
from odzew.notices.erasure import written_again
from odzew.notices.models import FormalRequest
from odzew.policy.vocabulary import INTIMATE_KINDS

# What a form on the status page can complete; an Australian complaint needs nothing more than its time (OSA 2021 (Cth) s.88).
LAWS: Final = ("tida", "uk")
_SIGNERS: Final = frozenset({"depicted", "guardian"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A formal request that was signed on a notice."""

    law: str
    notice: uuid.UUID
    text_id: uuid.UUID
    at: datetime


def may_sign(*, notice: NoticeView) -> bool:
    """May the reporter of this notice make it a formal request: about an adult's intimate images that are public, by the person or for them?

    What a child-safety notice starts is stronger than these laws, and no child is asked for a name.
    """
    published = "threat_to_publish" not in notice.flags
    return notice.source == "user" and notice.kind in INTIMATE_KINDS and notice.claimant in _SIGNERS and published


def add_formal(writes: Writes, *, notice: uuid.UUID, law: str, text: str, now: datetime) -> str:
    """Keep what was signed under a law; return the salted hash of it for the record. The caller holds the notice's cases."""
    written_again(notice=notice)
    text_id, salted = keep_text(writes, text=text, now=now)
    writes.insert(FormalRequest, {"id": new_id(now=now), "notice_id": notice, "law": law, "text_id": text_id, "at": now})
    return salted


def signed_on(*, notices: Collection[uuid.UUID]) -> list[Signed]:
    """Return the formal requests that were signed on these notices, the oldest first."""
    sql = "SELECT law, notice_id, text_id, at FROM notices_formal_request WHERE notice_id = ANY(%s) ORDER BY at, id"
    return [Signed(law=law, notice=notice, text_id=text, at=at) for law, notice, text, at in fetch_all(sql, [list(notices)])]
