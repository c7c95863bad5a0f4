"""Her own post, his phone: the child may be the uploader, and the first to report may be the one to fear (house practice 21)."""

from __future__ import annotations

from odzew.answers.api import answers_to
from odzew.cases.clocks import armed
from odzew.cases.items import surroundings
from odzew.cases.rows import read_cases
from odzew.decisions.api import statements_of
from odzew.usecases.appeal import appeal
from tests.cast import Story

ACCUSING = ("never allowed", "breaks", "broke", "rule")


def test_her_own_post(story: Story) -> None:
    story.post("hers", account="girl", views=40)
    # 1. He reports first, as guardian.
    his = story.report("hers", kind="sextortion_child", claimant="guardian")
    story.work()
    said = [(a.kind, a.text) for a in answers_to(notice=his.notice)]
    # 2. She reports from a library computer: the same case, and nothing he can read changes.
    hers = story.report("hers", claimant="depicted", flags=frozenset({"self_produced", "imminent"}), text="he will be home soon")
    story.work()
    assert hers.case == his.case
    assert [(a.kind, a.text) for a in answers_to(notice=his.notice)] == said
    first = answers_to(notice=hers.notice)[0]
    assert "112" in first.text and "danger" in {name for name, _ in armed(cases=[hers.case])[hers.case]}
    assert not any("112" in text and "Call" in text.split("\n")[0] for _, text in said)
    # 3. It is hidden, her account is kept and bears no mark, and nothing accuses her.
    case = read_cases(ids=[hers.case])[0]
    assert case.withheld and case.protect_uploader
    story.decide(hers.case, 0, "remove")
    story.work()
    items = [m for m in story.platform_side.inbox if m["type"] == "measure.ordered"]
    assert {m["data"]["measure"] for m in items} == {"withhold", "remove"}
    from odzew.cases.items import copysets_of

    assert not surroundings(copysets=copysets_of(case=case.id), now=story.now).account_marked
    last = statements_of(case=case.id)[-1]["text"]
    assert not any(word in last.lower() for word in ACCUSING), last
    # 4. Both have their answer, and neither learns of the other.
    for receipt in (his, hers):
        assert answers_to(notice=receipt.notice)[-1].kind == "removed"
    # 5. He appeals as the uploader, and learns no source, referral or copies.
    appeal(
        case=case.id, by="uploader", text="Give it back.", account_id="girl", caller=story.program, desk=story.desk, now=story.now
    )
    story.decide(case.id, 1, "remove")
    story.work()
    told = statements_of(case=case.id)[-1]["text"]
    assert not any(word in told.lower() for word in ("report", "police", "hotline", "refer", "cop"))
    # 6. She lost her code: a new notice joins silently, and is answered.
    again = story.report("hers", claimant="depicted")
    story.work()
    assert again.case == case.id and answers_to(notice=again.notice)[-1].kind == "removed"


def test_a_report_by_the_account_that_posted_it_protects_the_account(story: Story) -> None:
    story.post("hers", account="girl")
    receipt = story.report("hers", claimant="depicted", account="girl")
    assert read_cases(ids=[receipt.case])[0].protect_uploader
    other = story.report("hers", claimant="other", account="boy")
    assert read_cases(ids=[other.case])[0].protect_uploader


def test_another_account_of_the_same_name_elsewhere_protects_nobody(story: Story) -> None:
    story.post("his", account="girl")
    receipt = story.report("his", claimant="depicted", account="somebody")
    assert not read_cases(ids=[receipt.case])[0].protect_uploader


def test_a_threat_with_nothing_public_hides_nothing_and_tells_not_to_pay(story: Story) -> None:
    receipt = story.report(
        url="https://kladka.example/messages/7",
        kind="sextortion_child",
        claimant="depicted",
        flags=frozenset({"threat_to_publish"}),
    )
    case = read_cases(ids=[receipt.case])[0]
    assert not case.withheld and not case.published
    assert "pay" in answers_to(notice=receipt.notice)[0].text.lower()
    story.wait(hours=5)
    case = read_cases(ids=[receipt.case])[0]
    assert not case.withheld
    assert not [m for m in story.platform_side.inbox if m["type"] == "measure.ordered"]
    # Another report about the same without a threat tells nobody what the first one said.
    other = story.report(url="https://kladka.example/messages/7", kind="csam", claimant="other")
    assert other.case == receipt.case
    assert "pay" not in answers_to(notice=other.notice)[0].text.lower()
    assert read_cases(ids=[receipt.case])[0].published
