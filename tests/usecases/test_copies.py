"""Copies, changed files and cases that turn out to be one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from odzew.answers.api import answers_to
from odzew.cases.clocks import armed
from odzew.cases.data import Place
from odzew.cases.items import items_of
from odzew.cases.rows import CaseRow, read_cases
from odzew.decisions.api import decisions_of, statements_of
from odzew.enforcement.api import in_force_on
from odzew.foundation.errors import Forbidden
from odzew.notices.api import view
from odzew.notices.data import Concern, NewNotice, Receipt
from odzew.usecases.appeal import appeal
from odzew.usecases.receive_notice import receive_notice
from tests.cast import Story
from tests.promises import truth


def _case(receipt: Receipt) -> CaseRow:
    return read_cases(ids=[receipt.case])[0]


def _measures(receipt: Receipt) -> dict[str | None, str]:
    items = {i.id: i.external_id for i in items_of(case=receipt.case)}
    return {items[i]: m.measure for i, m in in_force_on(items=list(items)).items()}


def _several(story: Story, *items: str, claimant: str = "other") -> Receipt:
    notice = NewNotice(
        external_id=None,
        source="user",
        concern=Concern(kind="csam", minor=True, claimant=claimant),
        places=tuple(Place(item_id=i) for i in items),
    )
    return receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now)


def test_bytes_that_were_removed_stay_known_when_their_post_shows_others(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.post("one", sha=b"b" * 32)
    story.post("two", sha=b"a" * 32)
    assert _measures(receipt)["two"] == "remove"


def test_the_uploader_of_a_copy_is_told_too(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    before = len(statements_of(case=receipt.case))
    story.post("two", sha=b"a" * 32, account="another")
    assert len(statements_of(case=receipt.case)) == before + 1


def test_everything_of_a_copy_set_follows_when_one_of_it_turns_out_to_be_a_copy(story: Story) -> None:
    story.post("bad", sha=b"a" * 32)
    receipt = story.report("bad", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.post("x", sha=b"x" * 32)
    story.post("y", sha=b"x" * 32)
    story.post("x", sha=b"a" * 32)
    assert _measures(receipt) == {"bad": "remove", "x": "remove", "y": "remove"}


def test_a_vote_does_not_reach_what_came_in_after_it(story: Story) -> None:
    story.post("harmless")
    story.post("other")
    receipt = story.report("harmless")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    assert _several(story, "harmless", "other").case == receipt.case
    assert story.decide(receipt.case, 1, "no_violation", ground="not_in_scope").state == "awaiting_second"
    assert [d.state for d in decisions_of(case=receipt.case)] == ["lapsed", "awaiting_second"]


def test_a_vote_does_not_reach_files_that_changed_after_it(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.post("one", sha=b"b" * 32)
    assert story.decide(receipt.case, 1, "no_violation", ground="not_in_scope").state == "awaiting_second"


def test_a_vote_does_not_reach_a_repost_that_shows_other_files(story: Story) -> None:
    """Else one person would have seen them: the uploader adds them as a repost once the first has voted."""
    story.post("one", sha=b"a" * 32)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.post("two", sha=b"b" * 32, repost_of="one")
    assert {i.external_id for i in items_of(case=receipt.case)} == {"one", "two"}
    assert story.decide(receipt.case, 1, "no_violation", ground="not_in_scope").state == "awaiting_second"
    assert story.decide(receipt.case, 2, "no_violation", ground="not_in_scope").state == "final"


def test_a_vote_does_not_reach_what_an_address_turns_out_to_be(story: Story) -> None:
    receipt = story.report(url="https://kladka.example/posts/later")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.post("later")
    assert story.decide(receipt.case, 1, "no_violation", ground="not_in_scope").state == "awaiting_second"


def test_a_vote_reaches_copies_of_the_same_files(story: Story) -> None:
    """Or copies that keep coming would keep a case from ever being decided."""
    story.post("one", sha=b"a" * 32)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "no_violation", ground="not_in_scope")
    story.post("two", sha=b"a" * 32, account="another")
    assert story.decide(receipt.case, 1, "no_violation", ground="not_in_scope").state == "final"


def test_a_vote_does_not_reach_a_case_that_came_in_after_it(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    story.post("two", sha=b"b" * 32)
    first, second = story.report("one"), story.report("two", claimant="depicted")
    story.decide(first.case, 0, "no_violation", ground="not_in_scope")
    story.post("one", sha=b"b" * 32)
    case = truth.rows("SELECT id FROM cases_case WHERE state <> 'merged'")[0]["id"]
    assert {i.external_id for i in items_of(case=case)} == {"one", "two"}
    assert story.decide(case, 1, "no_violation", ground="not_in_scope").state == "awaiting_second"
    assert set(_measures(Receipt(notice=second.notice, case=case, code=None, answer_due=story.now))) == {"one", "two"}


def test_places_named_beside_a_hidden_item_are_judged_by_themselves(story: Story) -> None:
    story.post("hidden")
    story.post("beside")
    first = story.report("hidden", claimant="depicted")
    second = _several(story, "hidden", "beside")
    assert _measures(first) == {"hidden": "withhold"}
    other = truth.rows("SELECT id FROM cases_case WHERE id <> %s", first.case)[0]["id"]
    assert not read_cases(ids=[other])[0].withheld
    story.wait(minutes=70)
    assert read_cases(ids=[other])[0].withheld
    known = view(notice=second.notice)
    assert known and set(known.cases) == {first.case, other}


def test_a_notice_on_an_open_and_a_decided_item_is_told_the_decision(story: Story) -> None:
    story.post("gone")
    story.post("open")
    gone = story.report("gone", claimant="depicted")
    story.work()
    story.decide(gone.case, 0, "remove")
    story.work()
    story.report("open")
    both = _several(story, "gone", "open")
    story.work()
    truth.no_silence()
    assert "removed" in {a.kind for a in answers_to(notice=both.notice)}


def test_clocks_and_appeals_survive_a_merger(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    story.post("two", sha=b"b" * 32)
    story.report("one", kind="ncii", minor=False, regimes=frozenset({"tida"}))
    story.now += timedelta(hours=30)
    second = story.report("two", kind="ncii", minor=False)
    story.decide(second.case, 0, "no_violation", ground="not_in_scope")
    appeal(case=second.case, by="reporter", text="Look.", receipt_code=second.code or "", desk=story.desk, now=story.now)
    story.post("two", sha=b"a" * 32)
    case = truth.rows("SELECT id FROM cases_case WHERE state <> 'merged'")[0]["id"]
    running = armed(cases=[case])[case]
    assert running["ncii_tida", None].due - story.now == timedelta(hours=18)
    assert "appeal_decide" in {name for name, _ in running}
    truth.no_silence()
    with pytest.raises(Forbidden):
        story.decide(case, 0, "no_violation", ground="not_in_scope")


def test_a_removed_case_takes_over_one_that_is_only_hidden(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    story.post("two", sha=b"b" * 32)
    first, second = story.report("one", claimant="depicted"), story.report("two", claimant="depicted")
    story.decide(first.case, 0, "keep_withheld")
    story.decide(second.case, 0, "remove")
    story.post("one", sha=b"b" * 32)
    truth.one_fate()
    assert _case(second).state == "removed" and _case(first).state == "merged"


def test_a_copy_goes_under_the_rule_that_people_decided_on(story: Story) -> None:
    """Not under what was once claimed: its uploader would be told of a child where people found another rule broken."""
    story.post("one", sha=b"a" * 32)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove", ground="other_terms")
    story.post("two", sha=b"a" * 32, account="another")
    assert {m.ground for m in in_force_on(items=[i.id for i in items_of(case=receipt.case)]).values()} == {"other_terms"}
    told = statements_of(case=receipt.case)[-1]["text"]
    assert "other rules of this site" in told and "under 18" not in told


def test_a_copy_of_what_stays_hidden_is_told_the_same_rule(story: Story) -> None:
    story.post("one", sha=b"a" * 32)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "keep_withheld", ground="sextortion")
    story.post("two", sha=b"a" * 32, account="another")
    copy = next(i for i in items_of(case=receipt.case) if i.external_id == "two")
    assert in_force_on(items=[copy.id])[copy.id].ground == "sextortion"
