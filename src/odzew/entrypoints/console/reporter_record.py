"""What a lead and an auditor see of what one reporter sent before."""

from __future__ import annotations

from typing import Any

from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.said import Said, number
from odzew.ledger.events import read_texts
from odzew.ledger.people import SIGNERS, Caller
from odzew.notices.api import NoticeView
from odzew.notices.misuse import sent_by, warning_of
from odzew.usecases._misuse import may_be_warned
from odzew.usecases.warn_reporter import OFTEN


def record_shown(*, first: NoticeView, caller: Caller, said: Said) -> dict[str, Any] | None:
    """Return what a lead and an auditor see of what a reporter sent before, or None: nobody else, and nobody who cannot be known again."""
    if caller.role not in SIGNERS | {"auditor"} or not may_be_warned(notice=first):
        return None
    sent, found = sent_by(reporter=first.reporter, now=said.now), warning_of(reporter=first.reporter, now=said.now)
    reasons = read_texts(ids=[found.reason]) if found else {}
    return {
        "counts": said.text(
            "misuse_counts", notices=number(sent.notices), confirmed=number(sent.confirmed), cleared=number(sent.cleared)
        ),
        "warned": said.time(found.warned_at) if found else None,
        "reason": reasons.get(found.reason, "") if found else "",
        "asked": found is not None and found.asked_by is not None and not found.suspended(now=said.now),
        "until": said.time(found.until) if found and found.until and found.suspended(now=said.now) else None,
        "acts": may(role=caller.role, page="warn", method="POST"),
        "often": sent.cleared >= OFTEN,
    }
