"""Files that look alike are one harm, wherever they are hosted."""

from __future__ import annotations

import random
import uuid

import pytest

from odzew.banks.api import BankRules, create_bank
from odzew.banks.data import NewHash
from odzew.banks.entries import put
from odzew.cases.items import items_of
from odzew.cases.rows import CaseRow, read_cases
from odzew.enforcement.api import in_force_on
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes, fetch_all
from odzew.hashing.turns import turned_of_bits
from odzew.notices.data import Concern, NewNotice
from odzew.usecases.appeal import appeal
from odzew.usecases.receive_notice import receive_notice
from odzew.usecases.scan_hosted import scan_hosted
from tests.cast import Story

A = random.Random(1).randbytes(32)
B = random.Random(2).randbytes(32)


def bits(of: bytes, flipped: int, seed: int = 0) -> bytes:
    """Return a hash so many bits away."""
    whole = int.from_bytes(of)
    for n in random.Random(seed).sample(range(256), flipped):
        whole ^= 1 << n
    return whole.to_bytes(32)


def measure(name: str) -> str | None:
    """Return what holds for an item now."""
    (item,) = fetch_all("SELECT id FROM cases_item WHERE external_id = %s", [name])
    return next((m.measure for m in in_force_on(items=[item[0]]).values()), None)


def items(case: uuid.UUID) -> set[str | None]:
    """Return the items of a case by their platform's names."""
    return {i.external_id for i in items_of(case=case)}


def row(case: uuid.UUID) -> CaseRow:
    """Return a case."""
    return read_cases(ids=[case])[0]


@pytest.mark.parametrize("flipped", [0, 1, 10])
def test_a_picture_that_is_the_same_joins_the_case_and_its_measure(story: Story, flipped: int) -> None:
    story.post("one", pdq=A)
    story.post("two", pdq=bits(A, flipped))
    story.post("other", pdq=B)
    receipt = story.report("one", claimant="depicted")
    assert story.search() >= 1
    assert items(receipt.case) == {"one", "two"}
    assert (measure("one"), measure("two"), measure("other")) == ("withhold", "withhold", None)


@pytest.mark.parametrize(("flipped", "quality"), [(11, 100), (31, 100), (4, 79), (0, 49)])
def test_what_is_only_near_stays_apart_while_nobody_has_decided(story: Story, flipped: int, quality: int) -> None:
    story.post("one", pdq=A)
    story.post("two", pdq=bits(A, flipped), quality=quality)
    receipt = story.report("one", claimant="depicted")
    story.search()
    assert items(receipt.case) == {"one"}
    assert measure("two") is None


def test_a_copy_that_comes_later_follows_at_once(story: Story) -> None:
    story.post("one", pdq=A)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.search()
    story.post("two", pdq=bits(A, 6))
    assert measure("two") is None
    story.search()
    assert measure("two") == "remove" and items(receipt.case) == {"one", "two"}


def test_two_reported_copies_become_one_case(story: Story) -> None:
    story.post("one", pdq=A)
    story.post("two", pdq=bits(A, 3))
    first, second = story.report("one"), story.report("two")
    assert first.case != second.case
    story.search()
    stays = next(r for r in (row(first.case), row(second.case)) if r.merged_into is None)
    assert items(stays.id) == {"one", "two"} and stays.notices == 2


def test_searching_again_changes_nothing(story: Story) -> None:
    story.post("one", pdq=A)
    story.post("two", pdq=A)
    receipt = story.report("one", claimant="depicted")
    story.search()
    before = row(receipt.case)
    assert story.search() == 0
    assert row(receipt.case) == before


def test_a_file_that_changed_is_looked_at_anew(story: Story) -> None:
    story.post("one", pdq=A)
    receipt = story.report("one", claimant="depicted")
    story.post("two", pdq=B)
    story.search()
    story.post("two", pdq=bits(A, 2), sha=b"x" * 32)
    story.search()
    assert items(receipt.case) == {"one", "two"}


def test_a_file_that_is_gone_is_found_no_more(story: Story) -> None:
    story.post("one", pdq=A)
    story.post("one", pdq=B, sha=b"y" * 32)
    story.search()
    receipt = story.report("one", claimant="depicted")
    story.post("two", pdq=A)
    story.search()
    assert items(receipt.case) == {"one"}


def test_a_chain_of_small_steps_leads_nowhere(story: Story) -> None:
    steps = [A]
    for n in range(5):
        steps.append(bits(steps[-1], 8, seed=n + 1))
    for n, step in enumerate(steps):
        story.post(f"step-{n}", pdq=step)
    receipt = story.report("step-0", claimant="depicted")
    story.search()
    assert items(receipt.case) == {"step-0", "step-1"}
    story.decide(receipt.case, 0, "remove")
    story.search()
    assert [measure(f"step-{n}") for n in range(2)] == ["remove", "remove"]
    assert {measure(f"step-{n}") for n in range(2, 6)} <= {"withhold", None}, "what is only near is looked at"


def test_a_chain_of_reports_does_not_make_one_case_of_it(story: Story) -> None:
    steps = [A]
    for n in range(4):
        steps.append(bits(steps[-1], 8, seed=n + 1))
    for n, step in enumerate(steps):
        story.post(f"step-{n}", pdq=step)
    receipts = [story.report(f"step-{n}") for n in range(5)]
    story.search()
    ends = {row(r.case).merged_into or r.case for r in receipts}
    assert len(ends) >= 2
    together = [items(case) for case in ends]
    assert not any({"step-0", "step-4"} <= names for names in together)


def test_a_bare_claim_takes_in_no_more_than_a_few_copies_before_a_person_has_decided(story: Story) -> None:
    for n in range(8):
        story.post(f"copy-{n}", pdq=A, account=f"someone {n}")
    receipt = story.report("copy-0", claimant="depicted")
    story.search()
    assert items(receipt.case) == {"copy-0"} and measure("copy-1") is None
    assert fetch_all("SELECT 1 FROM ledger_event WHERE case_id = %s AND kind = 'copies.too_many'", [receipt.case])


def test_what_was_cleared_takes_nothing_in(story: Story) -> None:
    story.post("one", pdq=A)
    receipt = story.report("one")
    for who in (0, 1):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    story.post("two", pdq=bits(A, 4))
    story.search()
    assert items(receipt.case) == {"one"}


def test_a_removed_picture_does_not_come_back(story: Story) -> None:
    story.post("one", pdq=A)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.post("gone", pdq=B)  # something else happens meanwhile
    story.post("one", pdq=B, sha=b"q" * 32)  # and the post shows another picture by now
    story.search()
    story.post("again", pdq=bits(A, 9))
    story.post("alike", pdq=bits(A, 25, seed=3))
    story.search()
    assert measure("again") == "remove"
    assert measure("alike") == "withhold", "near is not equal: hidden, and one look"


def test_a_mirrored_copy_of_what_was_removed_is_known_by_its_other_forms(story: Story) -> None:
    story.post("one", pdq=A)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    mirrored = turned_of_bits(bits=A)[2]
    story.post("two", pdq=bits(mirrored, 5))
    story.search()
    assert measure("two") == "remove"


def test_a_successful_appeal_takes_the_picture_out_of_the_bank(story: Story) -> None:
    story.post("one", pdq=A)
    receipt = story.report("one", claimant="depicted")
    story.decide(receipt.case, 0, "remove")
    story.search()
    appeal(
        case=receipt.case,
        by="uploader",
        account_id="uploader",
        text="It is mine.",
        caller=story.program,
        desk=story.desk,
        now=story.now,
    )
    for who in (1, 2):
        story.decide(receipt.case, who, "no_violation", ground="not_in_scope")
    assert row(receipt.case).state == "cleared"
    story.post("two", pdq=bits(A, 3))
    story.search()
    assert measure("two") is None


def test_a_reporters_fingerprint_finds_what_is_hosted_and_waits_for_people(story: Story) -> None:
    story.post("one", pdq=A)
    notice = NewNotice(
        external_id=None,
        source="user",
        concern=Concern(kind="csam", minor=True, claimant="depicted"),
        places=(),
        hashes=({"type": "pdq", "value": bits(A, 4).hex(), "quality": 95},),
    )
    receipt = receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now)
    story.search()
    case = read_cases(ids=[_case_of("one")])[0]
    assert measure("one") == "withhold" and case.undecided
    assert row(receipt.case).undecided


def test_a_fingerprint_that_hits_many_hides_none_of_them_without_a_person(story: Story) -> None:
    for n in range(7):
        story.post(f"copy-{n}", pdq=A)
    notice = NewNotice(
        external_id=None,
        source="user",
        concern=Concern(kind="csam", minor=True, claimant="depicted"),
        places=(),
        hashes=({"type": "pdq", "value": A.hex(), "quality": 95},),
    )
    receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now)
    story.search()
    assert {measure(f"copy-{n}") for n in range(7)} == {None}


def _case_of(name: str) -> uuid.UUID:
    sql = "SELECT g.case_id FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id WHERE i.external_id = %s"
    case: uuid.UUID = fetch_all(sql, [name])[0][0]
    return case


def test_a_scan_that_was_stopped_goes_on_where_it_was(story: Story) -> None:
    for n in range(5):
        story.post(f"copy-{n}", pdq=bits(A, n))
    story.search()
    bank = _bank_with("list", bits(A, 1), story)
    story.index.refresh()
    first = scan_hosted(bank=bank, desk=story.desk, index=story.index, now=story.now, most=2)
    assert (first.looked, first.left, first.ended) == (2, 3, False)
    rest = [scan_hosted(bank=bank, desk=story.desk, index=story.index, now=story.now, most=2) for _ in range(2)]
    assert [(s.looked, s.ended) for s in rest] == [(2, False), (1, True)]
    assert {measure(f"copy-{n}") for n in range(5)} == {"withhold"}
    again = scan_hosted(bank=bank, desk=story.desk, index=story.index, now=story.now, most=100)
    assert again.looked == 5


def _bank_with(name: str, value: bytes, story: Story) -> str:
    def work() -> None:
        writes = Writes()
        bank = create_bank(writes, name=name, rules=BankRules(child=True), now=story.now)
        writes.send()
        writes = Writes()
        put(writes, bank=bank, hashes=[NewHash(type="pdq", value=value, quality=100)], now=story.now)
        writes.send()

    atomically(work)
    return name
