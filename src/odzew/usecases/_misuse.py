"""Shared: whose reports may be called misuse, and by whom."""

from __future__ import annotations

import uuid
from typing import Final

from odzew.foundation.errors import Forbidden, Invalid
from odzew.ledger.people import SIGNERS, Caller
from odzew.notices.api import NoticeView, view

_WARNED: Final = frozenset({"user", "trusted_flagger", "hotline"})


def only_leads(*, caller: Caller) -> None:
    """Let nobody pass who does not warn reporters. Raises `Forbidden`."""
    if caller.what != "person" or caller.role not in SIGNERS:
        raise Forbidden("Only a lead or a safety officer warns a reporter.", why="misuse_role")


def may_be_warned(*, notice: NoticeView) -> bool:
    """Is it sent by an account or a key that is known again? Whoever reports without one is never warned, whatever they report.

    Nor is an authority: what is wrong with its orders is for a court.
    """
    return notice.source in _WARNED and notice.known


def the_notice(*, notice: uuid.UUID) -> NoticeView:
    """Return the notice of a reporter who may be warned. Raises `Invalid`."""
    found = view(notice=notice)
    if found is None or not may_be_warned(notice=found):
        raise Invalid(
            "Only an account or a key that is known again can be warned; nobody who reports without one.", why="misuse_nobody"
        )
    return found
