"""In whose hands a case is, as a page shows it."""

from __future__ import annotations

import uuid
from typing import Any, cast

from odzew.cases.rows import CaseRow
from odzew.decisions.data import LeaseView
from odzew.decisions.leases import lease_of, leases_on
from odzew.entrypoints.console.said import Said
from odzew.ledger.people import Caller, pseudonyms
from odzew.policy.clearing import one_is_enough
from odzew.policy.data import Regime
from odzew.policy.rules import Policy


def own_hands(*, caller: Caller, said: Said) -> dict[str, Any] | None:
    """Return what this person has in hand."""
    lease = lease_of(person=caller.id, now=said.now)
    return {"id": lease.case, "short": str(lease.case)[-12:], "due": said.due(lease.until)} if lease else None


def hands_on(*, rows: list[CaseRow], caller: Caller, policy: Policy, said: Said) -> dict[uuid.UUID, dict[str, Any]]:
    """Return in whose hands each case is: the reader's own always; another's only where that tells nothing.

    Where two people look blind to each other, who had the case would tell that somebody has said something by now (practice 1). The
    auditor sees everything.
    """
    leases = leases_on(cases=[row.id for row in rows], now=said.now)
    open_to_all = {row.id for row in rows if caller.role == "auditor" or _tells_nothing(row, policy)}
    shown = {case: lease for case, lease in leases.items() if lease.person == caller.id or _told(lease, caller, open_to_all)}
    others = [lease.person for lease in shown.values() if lease.person != caller.id]
    names = pseudonyms(people=others) if others else {}
    return {
        case: {"mine": lease.person == caller.id, "by": names.get(lease.person, ""), "due": said.due(lease.until)}
        for case, lease in shown.items()
    }


def _told(lease: LeaseView, caller: Caller, open_to_all: set[uuid.UUID]) -> bool:
    """That a final decision is looked at once more is for the auditor, and for nobody who made it."""
    return lease.case in open_to_all and (lease.double is None or caller.role == "auditor")


def _tells_nothing(row: CaseRow, policy: Policy) -> bool:
    return one_is_enough(regime=cast("Regime", row.regime), requests=row.regimes, policy=policy)
