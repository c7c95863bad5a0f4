"""A full statement that waits for the safety officer is brought up again at its own pace, not every day."""

from __future__ import annotations

from datetime import timedelta

from odzew.cases.clocks import clocks_of
from tests.cast import Story


def test_a_held_statement_is_reviewed_every_fourteen_days(story: Story) -> None:
    story.post(views=5)
    receipt = story.report(claimant="depicted")
    story.work()
    story.decide(receipt.case, 0, "remove")
    story.work()
    story.wait(step=timedelta(hours=6), days=30)
    reviews = [c for c in clocks_of(case=receipt.case) if c.name == "statement_review"]
    assert [c.state for c in reviews] == ["fired", "fired", "armed"]
    assert all(c.due - c.started == timedelta(days=14) for c in reviews)
