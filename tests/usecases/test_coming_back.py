"""A reporter comes back with the code: a new notice that joins, and a fingerprint that is taken back."""

from __future__ import annotations

import pytest

from odzew.banks.api import find_bank
from odzew.banks.data import REPORTED, NewHash
from odzew.banks.entries import any_live
from odzew.cases.data import Place
from odzew.cases.rows import read_cases
from odzew.foundation.errors import Invalid, NotFound
from odzew.ledger.people import FORM
from odzew.notices.api import thread
from odzew.notices.data import Concern, NewNotice, Receipt
from odzew.usecases.add_to_report import add_to_report
from odzew.usecases.appeal import appeal
from odzew.usecases.read_status import Status, read_status
from odzew.usecases.receive_notice import receive_notice
from odzew.usecases.withdraw_fingerprint import withdraw_fingerprint
from tests.cast import Story

PDQ = {"type": "pdq", "value": "b9" * 32, "quality": 90}


def _add(story: Story, first: Receipt, where: str = "", *, once: str = "a", danger: bool = False) -> Receipt:
    assert first.code
    return add_to_report(code=first.code, where=where, once=once, danger=danger, desk=story.desk, now=story.now)


def _status(story: Story, first: Receipt) -> Status:
    assert first.code
    found = read_status(code=first.code, desk=story.desk, now=story.now)
    assert found is not None
    return found


def test_it_is_back_says_the_same_of_the_same_item_and_is_nobody_new(story: Story) -> None:
    story.post()
    first = story.report(kind="csam", minor=True, claimant="other", flags=frozenset({"viral"}))
    again = _add(story, first)
    assert again.case == first.case and _add(story, first) == again.__class__(
        notice=again.notice, case=again.case, code=again.code, answer_due=again.answer_due, repeated=True
    )
    root, later = thread(notice=first.notice)
    assert (later.kind, later.minor, later.claimant, later.flags) == (root.kind, root.minor, root.claimant, root.flags)
    assert later.places == root.places and later.program == FORM
    case = read_cases(ids=[first.case])[0]
    assert (case.notices, case.independent, case.withheld) == (2, 1, False)
    assert again.answer_due >= first.answer_due  # its own promise, not a clock that another may have moved
    assert [a.kind for a in _status(story, first).answers] == ["receipt", "receipt"]


def test_what_was_removed_is_looked_at_again_and_hidden_again(story: Story) -> None:
    story.post()
    first = story.report(claimant="depicted")
    story.work()
    story.decide(first.case, 0, "remove")
    story.work()
    story.wait(hours=2)
    story.platform_side.stuck["https://kladka.example/posts/post-1"] = 200
    story.platform_side.inbox.clear()
    _add(story, first)
    story.work()
    assert [m["data"]["measure"] for m in story.platform_side.inbox if m["type"] == "measure.ordered"] == ["remove"]


def test_a_new_link_joins_and_one_code_reads_and_appeals_for_both(story: Story) -> None:
    story.post()
    story.post("post-2", account="other")
    first = story.report(claimant="depicted")
    story.work()
    added = _add(story, first, "Tu też: https://kladka.example/posts/post-2")
    (new,) = set(thread(notice=first.notice)[1].cases) - {first.case}  # nothing that nobody judged is hidden with the rest
    assert added.case == first.case
    story.work()
    story.decide(first.case, 0, "remove")
    for who in (0, 1):
        story.decide(new, who, "no_violation", ground="not_in_scope")
    story.work()
    found = _status(story, first)
    assert new in found.may_appeal and "not_removed" in {a.kind for a in found.answers}
    assert first.code
    made = appeal(case=new, by="reporter", text="Look again.", desk=story.desk, now=story.now, receipt_code=first.code)
    assert made.answer_due > story.now
    with pytest.raises(NotFound):
        stranger = story.report("post-2", account="somebody")
        assert stranger.code
        appeal(case=first.case, by="reporter", text="x", desk=story.desk, now=story.now, receipt_code=stranger.code)


def test_a_threat_that_has_come_true_hides(story: Story) -> None:
    notice = NewNotice(
        external_id=None,
        source="user",
        concern=Concern(kind="sextortion_child", minor=True, claimant="depicted", flags=frozenset({"threat_to_publish"})),
        places=(),
        text="On the phone.",
        in_words=True,
    )
    first = receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now)
    assert not read_cases(ids=[first.case])[0].withheld
    story.post()
    added = _add(story, first, "https://kladka.example/posts/post-1", danger=True)
    assert read_cases(ids=[added.case])[0].withheld
    assert thread(notice=first.notice)[1].flags == ("imminent",)


@pytest.mark.parametrize("code", ["", "0" * 20, "x" * 5000])
def test_a_code_that_opens_nothing_adds_nothing(story: Story, code: str) -> None:
    with pytest.raises(NotFound):
        add_to_report(code=code, where="", once="a", danger=False, desk=story.desk, now=story.now)
    with pytest.raises(NotFound):
        withdraw_fingerprint(code=code, desk=story.desk, now=story.now)


def test_too_much_is_refused_and_nothing_is_stored(story: Story) -> None:
    story.post()
    first = story.report()
    many = " ".join(f"https://kladka.example/posts/{n}" for n in range(101))
    for where in ("x" * 8001, many):
        with pytest.raises(Invalid):
            _add(story, first, where)
    assert len(thread(notice=first.notice)) == 1


def _fingerprint(story: Story, *, item: str = "post-1") -> Receipt:
    notice = NewNotice(
        external_id=None,
        source="user",
        concern=Concern(kind="csam", minor=True, claimant="depicted"),
        places=(Place(item_id=item),),
        hashes=(PDQ,),
    )
    return receive_notice(notice=notice, caller=story.program, desk=story.desk, now=story.now)


def _looked_for(receipt: Receipt) -> bool:
    bank = find_bank(name=REPORTED)
    one = NewHash(type="pdq", value=bytes.fromhex(str(PDQ["value"])), entry_id=str(receipt.notice))
    return bank is not None and any_live(bank=bank, hashes=[one])


def test_a_fingerprint_is_taken_back_the_hide_stays_and_so_does_what_others_sent(story: Story) -> None:
    story.post()
    hers, his = _fingerprint(story), _fingerprint(story)
    assert _looked_for(hers) and _looked_for(his) and _status(story, hers).fingerprint
    assert hers.code and withdraw_fingerprint(code=hers.code, desk=story.desk, now=story.now)
    assert not _looked_for(hers) and _looked_for(his)
    assert not _status(story, hers).fingerprint and _status(story, his).fingerprint
    assert not withdraw_fingerprint(code=hers.code, desk=story.desk, now=story.now)
    assert read_cases(ids=[hers.case])[0].withheld
    assert [a.kind for a in _status(story, hers).answers] == ["receipt"]


def test_a_report_without_a_fingerprint_offers_nothing_to_take_back(story: Story) -> None:
    story.post()
    first = story.report()
    assert not _status(story, first).fingerprint
    assert first.code and not withdraw_fingerprint(code=first.code, desk=story.desk, now=story.now)
