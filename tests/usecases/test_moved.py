"""An item that moves to another address: what was seen at the old one proves nothing of the new."""

from __future__ import annotations

from datetime import timedelta

from odzew.cases.items import items_of
from odzew.enforcement.api import measures_of, probes_of
from tests.cast import Story

NEW = ("https://kladka.example/posts/elsewhere", "https://kladka.example/media/elsewhere")


def test_a_new_address_is_looked_at_before_the_first_order(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    story.wait(hours=1)
    story.platform_side.status |= dict.fromkeys(NEW, 403)
    story.post(at="elsewhere")
    assert [i.baseline for i in items_of(case=receipt.case)] == [""]
    story.report(by=story.hotline, source="hotline", url=NEW[0])
    story.work()
    assert [i.baseline for i in items_of(case=receipt.case)] == ["refused"]
    assert [m.state for m in measures_of(case=receipt.case) if m.in_force] == ["told"]


def test_what_moves_while_it_is_hidden_is_looked_at_there_and_never_called_seen(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    (measure,) = measures_of(case=receipt.case)
    assert measure.state == "done"
    story.platform_side.status |= dict.fromkeys(NEW, 404)
    story.post(at="elsewhere")
    story.wait(minutes=2, step=timedelta(minutes=1))
    (measure,) = measures_of(case=receipt.case)
    assert NEW[0] in {p["url"] for p in probes_of(measures=[measure.id])[measure.id]}
    assert measure.state == "told"


def test_what_moves_while_it_is_hidden_and_is_open_there_is_hidden_again(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    story.post(at="elsewhere")
    story.wait(minutes=2, step=timedelta(minutes=1))
    assert {story.platform_side.status[url] for url in NEW} == {451}
    assert [(m.state, m.in_force) for m in measures_of(case=receipt.case)] == [("returned", False), ("done", True)]


def test_the_same_addresses_again_change_nothing(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.work()
    story.post(views=10)
    assert [i.baseline for i in items_of(case=receipt.case)] == ["open"]
    assert [m.state for m in measures_of(case=receipt.case)] == ["done"]
