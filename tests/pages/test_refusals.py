"""What is refused is said in the reader's language, from one place, and no refusal is without its words."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest

import odzew
from odzew.answers.wordbook import book, codes
from odzew.entrypoints.refusals import refusal
from odzew.foundation.errors import Forbidden, NotFound, OdzewError
from odzew.usecases.decide import decide
from tests.cast import START, Story

SOURCE = Path(odzew.__file__).parent
# What the pages of the desk call, and what these raise errors in.
ROAD = ["decide", "_deciding", "_may_decide", "give_opinion", "decide_wave", "release_statement", "look_at", "look_away"]

FAMILY = {"OdzewError", "Invalid", "Forbidden", "NotFound", "Conflict", "Unauthorised", "TooMany", "TooLate"}


def _raised(path: Path) -> list[tuple[str, int, str | None]]:
    """Every error of ours that a file raises, with its `why`."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        made = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id in FAMILY:
            why = [k.value.value for k in made.keywords if k.arg == "why" and isinstance(k.value, ast.Constant)]
            found.append((path.name, made.lineno, str(why[0]) if why else None))
    return found


def test_every_refusal_on_the_road_of_the_pages_has_words_and_no_words_are_idle() -> None:
    road = [found for name in ROAD for found in _raised(SOURCE / "usecases" / f"{name}.py")]
    assert len(road) > 20 and [f for f in road if f[2] is None] == []
    named = {why for path in SOURCE.rglob("*.py") for _, _, why in _raised(path) if why}
    for code in codes():
        assert {k.removeprefix("refusal.") for k in book(language=code).sentences if k.startswith("refusal.")} == named


def _refused(story: Story, who: int) -> OdzewError:
    story.post()
    case = story.report().case
    story.decide(case, who, "no_violation", ground="not_in_scope")
    with pytest.raises(OdzewError) as found:
        decide(
            case=case, caller=story.reviewer(who), outcome="no_violation", ground="not_in_scope", reason="Again.", referral=None,
            desk=story.desk, now=story.now,
        )  # fmt: skip
    return found.value


def test_a_refusal_is_read_in_both_languages(story: Story) -> None:
    error = _refused(story, 0)
    assert refusal(error=error, language="pl") == "Jest tu już twoja decyzja. Potrzebna jest druga osoba, która jej nie zna."
    assert refusal(error=error, language="en").startswith("You have decided this case.")


def test_a_time_in_it_is_told_in_the_desks_own_words(transactional_db: None) -> None:
    error = _refused(Story(people=1), 0)
    told = refusal(error=error, language="pl", zone="Europe/Warsaw", now=START)
    assert "22." in told and "2 marca" in told
    assert "2026-03-02 21:00 UTC" in refusal(error=error, language="pl")
    assert error.detail["not_before"] == (START + timedelta(hours=12)).isoformat()


def test_what_has_no_words_of_its_own_has_those_of_its_family() -> None:
    error = NotFound("There is no bridge here.")
    assert refusal(error=error, language="en") == "There is no bridge here."
    assert refusal(error=error, language="pl") == book(language="pl").sentences["problem.not-found"]
    assert refusal(error=Forbidden("No.", why="nonsense"), language="pl") == book(language="pl").sentences["problem.forbidden"]
