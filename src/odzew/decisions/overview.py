"""What a list of cases shows of decisions and appeals, for all of its rows at once."""

from __future__ import annotations

import uuid
from typing import Final

from odzew.foundation.writes import fetch_all

_OPEN: Final = "c.state IN ('open', 'awaiting_second', 'disputed', 'specialist')"


def took_part(*, person: uuid.UUID, cases: list[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases that this person has said something on, in the round they are in."""
    sql = (
        "SELECT d.case_id FROM decisions_decision d JOIN cases_case c ON c.id = d.case_id AND c.round = d.round "
        "WHERE d.case_id = ANY(%s) AND d.person_id = %s"
    )
    return {case for (case,) in fetch_all(sql, [cases, person])}


def appealed(*, cases: list[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases on which an appeal is open."""
    sql = "SELECT case_id FROM decisions_appeal WHERE case_id = ANY(%s) AND state = 'open'"
    return {case for (case,) in fetch_all(sql, [cases])}


def all_appealed() -> set[uuid.UUID]:
    """Return all cases on which an appeal is open."""
    return {case for (case,) in fetch_all("SELECT DISTINCT case_id FROM decisions_appeal WHERE state = 'open'", [])}


def signed_by(*, person: uuid.UUID) -> set[uuid.UUID]:
    """Return the cases that this person has decided, and that wait for somebody else's answer."""
    sql = (
        "SELECT d.case_id FROM decisions_decision d JOIN cases_case c ON c.id = d.case_id AND c.round = d.round "
        f"WHERE d.person_id = %s AND d.state IN ('awaiting_second', 'disputed') AND {_OPEN}"
    )
    return {case for (case,) in fetch_all(sql, [person])}


def grounds_of(*, cases: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the ground of the newest final decision of each case that has one."""
    sql = (
        "SELECT DISTINCT ON (d.case_id) d.case_id, d.ground FROM decisions_decision d "
        "WHERE d.case_id = ANY(%s) AND d.state = 'final' ORDER BY d.case_id, d.id DESC"
    )
    return dict(fetch_all(sql, [cases]))
