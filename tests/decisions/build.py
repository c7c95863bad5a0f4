"""Desks on which every final decision is drawn, and what a test does with them."""

from __future__ import annotations

import uuid
from typing import Any

from odzew.decisions.data import LeaseView
from odzew.ledger.people import Caller
from odzew.usecases.take_next import take_next
from tests.cast import Story
from tests.promises.truth import rows


def drawing(*, people: int = 3, share: float = 1.0) -> Story:
    """A desk whose policy draws this share of the decisions."""
    return Story(people=people, share=share)


def decided(
    story: Story, item: str, who: int | Caller, outcome: str, *, kind: str = "ncii", minor: bool | None = False
) -> uuid.UUID:
    """A post is reported and decided, a minute later."""
    story.post(item, account=f"account of {item}")
    case = story.report(item, kind=kind, minor=minor, external_id=f"of {item}").case
    story.wait(minutes=1)
    ground = "not_in_scope" if outcome in ("no_violation", "not_found") else "intimate_images"
    story.decide(case, who, outcome, ground=ground)
    story.wait(minutes=1)
    return case


def take(story: Story, who: int | Caller) -> LeaseView | None:
    """Somebody presses next."""
    caller = story.reviewer(who) if isinstance(who, int) else who
    return take_next(caller=caller, desk=story.desk, now=story.now)


def doubles() -> list[dict[str, Any]]:
    """All that was drawn, the oldest first."""
    return rows("SELECT * FROM decisions_double ORDER BY at, id")


def state_of(case: uuid.UUID) -> dict[str, Any]:
    """A case as it stands."""
    return rows("SELECT * FROM cases_case WHERE id = %s", case)[0]
