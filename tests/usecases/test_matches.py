"""What follows when a file looks like another, or like something in a bank."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from odzew.cases.items import items_of
from odzew.cases.matches import Near, matches_of
from odzew.cases.rows import CaseRow, read_cases
from odzew.enforcement.api import in_force_on
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import fetch_all
from odzew.notices.data import Concern, NewNotice
from odzew.usecases._matched import Looked, follow_looked
from odzew.usecases.receive_notice import receive_notice
from tests.cast import Story

SEQUENCE = iter(range(1, 10_000))


def _item(name: str) -> uuid.UUID:
    rows = fetch_all("SELECT id FROM cases_item WHERE external_id = %s ORDER BY id DESC LIMIT 1", [name])
    assert rows, name
    found: uuid.UUID = rows[0][0]
    return found


def _number(name: str) -> int:
    rows = fetch_all("SELECT number FROM cases_print WHERE item_id = %s", [_item(name)])
    number: int = rows[0][0]
    return number


def _near(*, opinion: str = "confirmed", distance: int = 0, quality: int = 100, **more: object) -> Near:
    fields = {"bank": "list", "entry": next(SEQUENCE), "type": "pdq", "child": True, **more}
    return Near(opinion=opinion, distance=distance, quality=quality, **fields)  # type: ignore[arg-type]


def _look(story: Story, name: str, *near: Near, copies: tuple[str, ...] = ()) -> uuid.UUID | None:
    looked = Looked(item=_item(name), print=_number(name), near=near, copies=tuple(_number(c) for c in copies))
    return atomically(lambda: follow_looked(looked=looked, desk=story.desk, now=story.now, actor="desk"))


def _case(case: uuid.UUID | None) -> CaseRow:
    assert case is not None
    return read_cases(ids=[case])[0]


def _measure(name: str) -> str | None:
    found = in_force_on(items=[_item(name)])
    return next((m.measure for m in found.values()), None)


def test_a_confirmed_entry_hides_the_item_at_once_with_nobody_there(story: Story) -> None:
    story.post("one")
    case = _case(_look(story, "one", _near()))
    assert case.withheld and case.child_safety and case.undecided
    assert _measure("one") == "withhold"
    assert [m.bank for m in matches_of(case=case.id)] == ["list"]
    assert fetch_all("SELECT 1 FROM ledger_event WHERE case_id = %s AND kind = 'match.found'", [case.id])


@pytest.mark.parametrize("near", [_near(distance=11), _near(distance=31), _near(distance=4, quality=79)])
def test_what_is_only_near_is_hidden_and_looked_at(story: Story, near: Near) -> None:
    story.post("one")
    case = _case(_look(story, "one", near))
    assert case.undecided and _measure("one") == "withhold"
    assert not case.child_safety, "only an equal entry says what it is"
    assert not fetch_all("SELECT 1 FROM cases_account WHERE marked_until IS NOT NULL AND external_id = 'uploader'", [])


def test_a_negative_entry_alone_opens_nothing(story: Story) -> None:
    story.post("one")
    assert _look(story, "one", _near(opinion="negative")) is None
    assert _measure("one") is None


def test_a_disputed_entry_is_looked_at_and_hides_nothing_by_itself(story: Story) -> None:
    story.post("one")
    case = _case(_look(story, "one", _near(opinion="disputed")))
    assert case.undecided and not case.withheld


def test_the_same_match_again_changes_nothing(story: Story) -> None:
    story.post("one")
    near = _near()
    first = _look(story, "one", near)
    before = _case(first)
    assert _look(story, "one", near) == first
    assert _case(first) == before


def test_copies_share_a_case_and_what_holds_for_it(story: Story) -> None:
    story.post("one")
    receipt = story.report("one", claimant="depicted")
    story.post("two", sha=b"2" * 32)
    story.post("three", sha=b"3" * 32)
    assert _look(story, "one", copies=("two", "three")) == receipt.case
    assert {i.external_id for i in items_of(case=receipt.case)} == {"one", "two", "three"}
    assert {_measure(n) for n in ("one", "two", "three")} == {"withhold"}


def test_a_copy_of_what_was_removed_is_removed_unseen(story: Story) -> None:
    story.post("one")
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.post("two", sha=b"2" * 32)
    _look(story, "two", copies=("one",))
    assert _measure("two") == "remove"


def test_an_entry_of_our_own_brings_the_equal_item_under_the_decided_case(story: Story) -> None:
    story.post("one")
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.post("two", sha=b"2" * 32)
    assert _look(story, "two", _near(bank="own", from_case=receipt.case, distance=6)) == receipt.case
    assert _measure("two") == "remove"


def test_what_is_near_an_entry_of_our_own_is_hidden_but_not_removed(story: Story) -> None:
    story.post("one")
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.post("two", sha=b"2" * 32)
    case = _look(story, "two", _near(bank="own", from_case=receipt.case, distance=20))
    assert case != receipt.case and _measure("two") == "withhold"


def test_a_reported_item_that_equals_an_entry_of_our_own_is_decided_and_its_reporter_told(story: Story) -> None:
    story.post("one")
    first = story.report("one", claimant="depicted")
    story.decide(first.case, 0, "remove")
    story.post("two", sha=b"2" * 32)
    second = story.report("two")
    _look(story, "two", _near(bank="own", from_case=first.case))
    assert _measure("two") == "remove"
    assert _case(second.case).merged_into == first.case
    story.wait(hours=1)
    kinds = [k for (k,) in fetch_all("SELECT kind FROM answers_answer WHERE notice_id = %s ORDER BY id", [second.notice])]
    assert kinds[-1] == "removed"


def test_a_match_after_no_violation_is_a_new_fact(story: Story) -> None:
    story.post("one")
    receipt = story.report("one")
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    assert _case(receipt.case).state == "cleared"
    _look(story, "one", _near())
    case = _case(receipt.case)
    assert case.state == "open" and "match" in case.new_facts and _measure("one") == "withhold"


def test_a_seed_after_no_violation_opens_nothing_again(story: Story) -> None:
    story.post("one")
    receipt = story.report("one")
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    _look(story, "one", _near(opinion="seed"))
    assert _case(receipt.case).state == "cleared" and _measure("one") in (None, "restore")


def test_a_wide_fingerprint_hides_nothing_at_once_and_runs_an_hour(story: Story) -> None:
    story.post("one")
    case = _case(_look(story, "one", _near(opinion="seed", wide=True)))
    assert not case.withheld
    story.wait(minutes=61)
    assert _case(case.id).undecided


def test_two_matched_copies_at_once_make_one_case(story: Story) -> None:
    story.post("one", sha=b"1" * 32)
    story.post("two", sha=b"2" * 32)
    near = _near()
    first = _look(story, "one", near)
    second = _look(story, "two", near, copies=("one",))
    assert first == second
    story.now += timedelta(minutes=1)
    assert len({_case(first).id, _case(second).id}) == 1


@pytest.mark.parametrize(
    ("more", "comes"),
    [({}, True), ({"distance": 10}, True), ({"distance": 11}, False), ({"quality": 79}, False), ({"wide": True}, False)],
)
def test_what_equals_a_reporters_fingerprint_comes_under_their_case(story: Story, more: dict[str, int], comes: bool) -> None:
    claim = _claim(story)
    story.post("one")
    case = _look(story, "one", _near(opinion="seed", from_case=claim, **more))
    assert (case == claim) == comes
    assert {i.external_id for i in items_of(case=claim)} == ({"one"} if comes else set())
    if comes:
        assert _case(claim).withheld and _measure("one") == "withhold"
        assert _look(story, "one", _near(opinion="seed", from_case=claim)) == claim
        story.decide(claim, 0, "remove")
        assert _measure("one") == "remove"


def test_a_fingerprint_takes_nothing_from_another_case_and_nothing_into_a_decided_one(story: Story) -> None:
    claim = _claim(story)
    story.post("one")
    other = story.report("one").case
    assert _look(story, "one", _near(opinion="seed", from_case=claim)) == other
    story.decide(claim, 0, "not_found")
    story.decide(claim, 1, "not_found")
    assert _case(claim).state == "not_found"
    story.post("two", sha=b"2" * 32)
    assert _look(story, "two", _near(opinion="seed", from_case=claim)) != claim


def test_one_report_takes_in_a_few_by_its_fingerprints_and_the_rest_has_cases_of_its_own(story: Story) -> None:
    claim, most = _claim(story), story.desk.policy.match.wide_hits
    for n in range(most + 1):
        story.post(f"{n}", sha=bytes([n + 1]) * 32)
        case = _look(story, f"{n}", _near(opinion="seed", from_case=claim))
        assert (case == claim) == (n < most)


def _claim(story: Story) -> uuid.UUID:
    """Somebody reports what shows them by its fingerprint alone; return the case."""
    made = ({"type": "pdq", "value": "0f" * 32, "quality": 90},)
    concern = Concern(kind="csam", minor=True, claimant="depicted")
    notice = NewNotice(external_id=None, source="user", concern=concern, places=(), hashes=made)
    return receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now).case
