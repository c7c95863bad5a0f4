"""The swim club: six hundred false first-person notices, and one that is true (house practice 21)."""

from __future__ import annotations

from datetime import timedelta

from odzew.alarms.api import recent
from odzew.answers.api import answers_to
from odzew.cases.clocks import armed
from odzew.cases.rows import read_cases
from odzew.decisions.api import statements_of
from odzew.notices.data import Receipt
from odzew.usecases.decide_wave import decide_wave, wave
from tests.cast import Story
from tests.promises import truth

POSTS = 240
NOTICES = 600


def _friday(story: Story) -> tuple[list[Receipt], Receipt]:
    """18:00: six hundred notices on 240 posts within minutes; the true one among them names a photo that many have seen."""
    for n in range(POSTS):
        story.post(f"gala-{n}", account=f"parent-{n % 12}", views=15)
    story.post("stolen", account="stranger", views=9000)
    false = []
    true: Receipt | None = None
    for n in range(NOTICES):
        false.append(story.report(f"gala-{n % POSTS}", kind="csam", minor=True, claimant="depicted"))
        if n == 300:
            true = story.report("stolen", kind="csam", minor=True, claimant="depicted", text="It was taken from my phone.")
        if n % 50 == 0:
            story.now += timedelta(seconds=20)
    assert true is not None
    return false, true


def test_the_swim_club(story: Story) -> None:
    false, true = _friday(story)
    story.work(rounds=40)
    # 1. The breaker tripped and rang once; few of the wave are hidden, the real item is, at once, seen to be.
    assert [a.code for a in recent(limit=1000)].count("breaker") == 1
    cases = {r.case for r in false}
    hidden = [c for c in read_cases(ids=list(cases)) if c.withheld]
    assert len(cases) == POSTS and 10 <= len(hidden) <= 12
    assert story.platform_side.status["https://kladka.example/media/stolen"] == 451
    assert [a.kind for a in answers_to(notice=true.notice)] == ["receipt", "hidden"]
    due = armed(cases=[true.case])[true.case]["child_decide", None].due
    # 2. Counts that go on running do not hide what waits, and everything has its clock.
    story.now += timedelta(minutes=90)
    for n in range(POSTS):
        story.post(f"gala-{n}", account=f"parent-{n % 12}", views=25)
    assert sum(c.withheld for c in read_cases(ids=list(cases))) == len(hidden)
    truth.no_silence()
    # 3. Two people sign once each; the real item stands apart.
    found = wave(desk=story.desk, now=story.now)
    assert set(found.cases) == cases and found.apart == {true.case: "spread"}
    first = decide_wave(
        caller=story.reviewer(0),
        outcome="no_violation",
        ground="not_in_scope",
        reason="A swimming gala.",
        desk=story.desk,
        now=story.now,
    )
    assert len(first.waiting) == POSTS and not first.final
    again = decide_wave(
        caller=story.reviewer(0),
        outcome="no_violation",
        ground="not_in_scope",
        reason="A swimming gala.",
        desk=story.desk,
        now=story.now,
    )
    assert not again.final and not again.waiting
    second = decide_wave(
        caller=story.reviewer(1),
        outcome="no_violation",
        ground="not_in_scope",
        reason="A swimming gala.",
        desk=story.desk,
        now=story.now,
    )
    assert set(second.final) == cases
    story.work(rounds=60)
    # 4. All is back, each reporter and uploader knows, and the true reporter's clock never moved.
    assert not any(c.withheld for c in read_cases(ids=list(cases)))
    assert all(answers_to(notice=r.notice)[-1].kind == "not_removed" for r in false[::60])
    forms = [s["form"] for s in statements_of(case=hidden[0].id)]
    assert forms == ["neutral", "restored"]
    assert armed(cases=[true.case])[true.case]["child_decide", None].due == due
    assert read_cases(ids=[true.case])[0].withheld
    truth.on_record()
    truth.one_fate()
    # 5. Cleared bytes do not flap: a new crowd of claims gets a look, not a hide at once.
    for n in range(40):
        story.report(f"gala-{n}", kind="csam", minor=True, claimant="depicted")
    assert not any(c.withheld for c in read_cases(ids=list(cases)))


def test_whoever_calls_the_true_item_adult_does_not_restore_it_alone(story: Story) -> None:
    story.post("stolen", views=9000)
    receipt = story.report("stolen", claimant="depicted")
    story.work()
    decided = story.decide(receipt.case, 0, "no_violation", ground="intimate_images", reason="An adult.")
    assert decided.state == "awaiting_second"
    story.report("stolen", kind="ncii", minor=False)
    case = read_cases(ids=[receipt.case])[0]
    assert case.withheld and case.child_safety and case.regime == "child"


def test_nobody_looks_at_the_wave_and_the_clock_hides_what_waits(story: Story) -> None:
    for n in range(20):
        story.post(f"gala-{n}", account=f"parent-{n}")
    receipts = [story.report(f"gala-{n}", claimant="depicted") for n in range(20)]
    story.work(rounds=10)
    assert 10 <= sum(c.withheld for c in read_cases(ids=[r.case for r in receipts])) <= 11
    story.wait(hours=3, minutes=50)
    assert sum(c.withheld for c in read_cases(ids=[r.case for r in receipts])) <= 11
    story.wait(minutes=20)
    assert all(c.withheld for c in read_cases(ids=[r.case for r in receipts]))
