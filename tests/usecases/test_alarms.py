"""Alarms ring when somebody must act, and not again for what rang before."""

from __future__ import annotations

from datetime import timedelta

from odzew.alarms.api import recent
from odzew.answers.api import answers_to
from odzew.cases.clocks import armed
from odzew.cases.items import copysets_of, surroundings
from odzew.cases.rows import read_cases
from odzew.usecases._record_alarm import ring_damaged
from tests.cast import Story

DANGER = frozenset({"imminent"})


def _codes() -> list[str]:
    return [a.code for a in recent(limit=1000)]


def test_danger_rings_for_the_notice_that_says_so_and_not_for_each_count_of_views(story: Story) -> None:
    story.post()
    receipt = story.report(flags=DANGER)
    due = armed(cases=[receipt.case])[receipt.case]["danger", None].due
    assert _codes().count("danger") == 1
    for _ in range(3):
        story.now += timedelta(minutes=5)
        story.post(views=300)
    assert _codes().count("danger") == 1
    story.report()
    assert _codes().count("danger") == 1
    story.report(flags=DANGER)
    assert _codes().count("danger") == 2
    assert armed(cases=[receipt.case])[receipt.case]["danger", None].due == due


def test_after_its_hour_danger_rings_once_a_day_however_often_views_are_counted(story: Story) -> None:
    story.post()
    receipt = story.report(flags=DANGER)
    story.wait(hours=2)
    due = armed(cases=[receipt.case])[receipt.case]["danger", None].due
    story.post(views=300)
    assert armed(cases=[receipt.case])[receipt.case]["danger", None].due == due


def test_danger_on_a_case_that_is_decided_calls_people_too_and_ends_by_itself(story: Story) -> None:
    story.post()
    receipt = story.report(claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.work()
    later = story.report(claimant="depicted", flags=DANGER)
    assert later.case == receipt.case and _codes().count("danger") == 1
    assert ("danger", None) in armed(cases=[receipt.case])[receipt.case]
    story.wait(hours=30, step=timedelta(minutes=30))
    assert _codes().count("overdue") == 1
    assert ("danger", None) not in armed(cases=[receipt.case])[receipt.case]


def test_who_turns_out_to_be_a_child_after_the_decision_bears_no_mark(story: Story) -> None:
    """She reports her own post after people have decided on it: her account is not marked any more (practice 4)."""
    story.post("hers", account="girl")
    receipt = story.report("hers")
    story.decide(receipt.case, 0, "remove")
    assert surroundings(copysets=copysets_of(case=receipt.case), now=story.now).account_marked
    story.report("hers", claimant="depicted", account="girl")
    assert read_cases(ids=[receipt.case])[0].protect_uploader
    assert not surroundings(copysets=copysets_of(case=receipt.case), now=story.now).account_marked


def test_what_is_not_the_deciding_clock_tells_reporters_nothing(story: Story) -> None:
    """Danger runs out after an hour, the promised answer only after a day: nobody is told that it is late."""
    story.post()
    receipt = story.report(flags=DANGER)
    story.wait(hours=3)
    texts = [a.text for a in answers_to(notice=receipt.notice)]
    assert not any("longer than we said" in t for t in texts), texts


def test_a_clock_set_back_does_not_silence_an_alarm(story: Story) -> None:
    story.post()
    story.platform_side.mode = "404"
    story.report(claimant="depicted")
    story.work()
    story.now -= timedelta(days=1)
    story.post("other")
    story.report("other", claimant="depicted")
    story.work()
    assert [a["code"] for a in story.alarms].count("refused") == 2
    ring_damaged(desk=story.desk, now=story.now + timedelta(days=1))
    ring_damaged(desk=story.desk, now=story.now)
    ring_damaged(desk=story.desk, now=story.now + timedelta(minutes=5))
    assert _codes().count("record_damaged") == 2
