"""What a case file says, and what is said about a wrong one."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from odzew.entrypoints.cli.main import main
from odzew.entrypoints.replay.case_file import find_case, load_case, shipped_cases
from odzew.foundation.errors import Invalid

DOE = files("odzew.entrypoints.replay").joinpath("cases", "doe-v-twitter.toml").read_text(encoding="utf-8")
FORUM = Path(__file__).with_name("forum.toml")


def noon(year: int, month: int, day: int) -> datetime:
    """Return the moment that a day alone stands for."""
    return datetime(year, month, day, 12, tzinfo=UTC)


def test_the_shipped_case_holds_the_public_facts_and_nothing_else() -> None:
    case = find_case(name="doe-v-twitter")
    assert shipped_cases() == ["doe-v-twitter"]
    assert [(a.known) for a in case.accounts] == [True, True]
    assert [(n.at, n.claimant) for n in case.notices] == [
        (noon(2019, 12, 25), "other"),
        (noon(2020, 1, 21), "depicted"),
        (noon(2020, 1, 22), "guardian"),
        (noon(2020, 1, 22), "guardian"),
        (noon(2020, 1, 26), "guardian"),
    ]
    assert len({n.reporter for n in case.notices}) == 3
    assert len({i.media for i in case.items}) == 1 and len({i.account for i in case.items}) == 2
    then = case.then
    assert (then.views, then.reposts, then.counted_at) == (167_000, 2_223, noon(2020, 1, 28))
    assert (then.decided_at, then.answered_at, then.gone_at) == (noon(2020, 1, 28), noon(2020, 1, 28), noon(2020, 1, 30))
    assert [c.shape for c in case.curves] == ["steady", "early", "late"]


def test_the_shipped_case_is_told_with_care() -> None:
    case = find_case(name="doe-v-twitter")
    words = " ".join([case.title, *case.sources, *case.assumed])
    assert "as alleged" in case.title and "revived on appeal in 2025" in words
    assert '"' not in words and "“" not in words
    assert "the public facts do not say when" in words


def test_the_shipped_staffing_is_twelve_hours_alone_then_careless_then_nobody() -> None:
    late, careless, nobody = find_case(name="doe-v-twitter").staffing
    assert [p.on_duty_after for p in late.people] == [timedelta(hours=12)] * 2
    assert all(p.takes <= timedelta(minutes=1) and p.decides == "no_violation" for p in careless.people)
    assert len(careless.people) == 2 and nobody.people == ()


def test_another_file_of_the_same_form_is_read() -> None:
    case = find_case(name=str(FORUM))
    assert case.then.gone_at is None and case.then.decided_at is None
    assert case.items[0].share == 1 and case.items[0].media == "thread-1"
    assert case.notices[0].items == ("thread-1",)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('jurisdiction = "US"', "", "jurisdiction"),
        ('jurisdiction = "US"', 'jurisdiction = "US"\nmood = "bad"', "mood"),
        ("views = 167_000", 'views = "many"', "then.views"),
        ("views = 167_000", "views = -1", "then.views"),
        ('claimant = "depicted"', 'claimant = "somebody"', "notices[1].claimant"),
        ("at = 2020-01-21", 'at = "in January"', "notices[1].at"),
        ("at = 2020-01-21", "at = 2020-01-21T10:00:00", "notices[1].at"),
        ('account = "second account"', 'account = "third account"', "items[1].account"),
        ("share = 0.5", "share = 0.4", "items.share"),
        ('id = "post-2"', 'id = "post-1"', "items[1].id"),
        ("known = true", 'known = "yes"', "accounts[0].known"),
        ('takes = "30 s"', 'takes = "soon"', "staffing[1].people[0].takes"),
        ('decides = "remove"', 'decides = "burn"', "staffing[0].people[0].decides"),
        ("after = 0.4", "after = 0.2", "curves[1].after"),
        ("after = 0.4", "after = 0.95", "curves[1].after"),
        ('shape = "late"', 'shape = "odd"', "curves[2].shape"),
        ("posted = 2019-12-21T12:00:00Z", "posted = 2019-12-25T12:00:00Z", "posted"),
        ("posted = 2019-12-21T12:00:00Z", "posted = 2019-09-01T12:00:00Z", "curves[0].shape"),
        ("gone_at = 2020-01-30", "gone_at = 2019-12-01", "then.gone_at"),
        ("counted_at = 2020-01-28", "counted_at = 2019-12-20", "then.counted_at"),
        ("[then]", "[[then]]", "then"),
    ],
)
def test_a_wrong_key_is_named_in_one_sentence(old: str, new: str, named: str) -> None:
    assert old in DOE
    text = DOE.replace(old, new, 1)
    with pytest.raises(Invalid) as error:
        load_case(text=text)
    assert named in error.value.sentence and "\n" not in error.value.sentence
    assert error.value.detail["key"] == named


def test_a_file_that_is_no_toml_is_refused() -> None:
    with pytest.raises(Invalid, match="not valid TOML"):
        load_case(text="name = ")


@pytest.mark.parametrize(
    "words", [["no-such-case"], ["doe-v-twitter", "--staffing", "9"], ["doe-v-twitter", "--policy", "no-such-file"]]
)
def test_the_command_says_what_is_wrong_and_exits_with_1(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["odzew", "replay", *words])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    assert end.value.code == 1 and out == ""
    assert err.startswith("odzew: ") and err.count("\n") == 1


def test_a_wrong_case_file_ends_the_command_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(FORUM.read_text(encoding="utf-8").replace("views = 400", "view = 400"), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["odzew", "replay", str(wrong), "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    assert (end.value.code, out, err) == (1, "", "odzew: The case file has an unknown key: then.view.\n")
