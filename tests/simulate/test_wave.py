"""A wave of false reports, through the real use cases on a virtual clock: the true ones keep their clock, and every wrong hide goes.

`ODZEW_WAVE=1` plays the whole size: 100 posts, 10,000 false reports, 10 true ones (many minutes).
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from odzew.entrypoints.cli.main import app
from odzew.entrypoints.simulate.attack import FALSE, POSTS, TRUE, Attack, Size, attack
from odzew.entrypoints.simulate.figures import broken, figures, wrong_hides
from odzew.entrypoints.simulate.wave import Happened, play
from odzew.foundation.writes import fetch_all
from tests.cast import POLICY
from tests.promises import truth

FULL = bool(os.environ.get("ODZEW_WAVE"))
SIZE = Size(posts=POSTS, false=FALSE, true=TRUE) if FULL else Size(posts=20, false=400, true=5)
STORY = attack(size=SIZE)


def _played(story: Attack, reviewers: int) -> Happened:
    truth.empty()
    return play(attack=story, reviewers=reviewers, policy=POLICY)


@pytest.mark.timeout(7200 if FULL else 300)
@pytest.mark.parametrize("reviewers", [10, 1])
def test_a_wave_harms_no_true_report_and_is_reversed(transactional_db: None, reviewers: int) -> None:
    calm, happened = _played(STORY.without(), reviewers), _played(STORY, reviewers)
    found = figures(attack=STORY, reviewers=reviewers, happened=happened, calm=calm)
    assert not list(broken(found=found)), found
    assert (found["false_reports"], found["true_reports"], found["posts"]) == (SIZE.false, SIZE.true, SIZE.posts)
    # Every true one is followed, with the promise and the place of a calm day.
    assert [one.outcome for one in happened.true] == ["removed"] * SIZE.true
    assert [(a.promised, a.place) for a in happened.true] == [(b.promised, b.place) for b in calm.true]
    # Hides there were, and each was reversed by a decision at once; the breaker kept the rest from being hidden.
    hides = wrong_hides(attack=STORY, happened=happened)
    assert hides and all(h.end and h.decided and h.end - h.decided <= timedelta(hours=1) for h in hides)
    assert not any(row.withheld for post, row in happened.rows.items() if post not in STORY.harmful)
    assert all(not happened.host.shows(item=post) for post in STORY.harmful)
    # One set of signatures for the wave: two people, or one twice and no sooner than three days later.
    first, last = happened.staff.signed
    assert last.final == last.cases > 0 and last.final >= first.cases - first.final > 0, "what the first signed, the second closes"
    assert (last.at - first.at >= timedelta(hours=72)) == (reviewers == 1)
    assert fetch_all("SELECT count(*) FROM ledger_event WHERE kind = 'wave.signed'", []) == [(2,)]
    # Many reports from few networks are few voices.
    score = found["independence"]
    assert score["most_voices_on_a_post"] < score["most_reports_on_a_post"] == max(r.notices for r in happened.rows.values())
    truth.no_silence()
    truth.one_fate()


def _good() -> dict[str, Any]:
    keys = ("promised_later", "clock_moved_back", "place_later", "not_removed", "decided_after_promise", "silent_hours")
    return {
        "true": dict.fromkeys(keys, 0),
        "wrong_hides": {"hides": 3, "reversed": 3, "reversed_without_a_decision": 0, "longest_from_decision_to_shown": 0.9},
        "hides_without_a_clock": 0,
        "independence": {"miscounted": 0},
        "undecided": 0,
        "unanswered": 0,
    }


@pytest.mark.parametrize(
    ("part", "name", "value", "said"),
    [
        ("true", "promised_later", 1, "later than on a calm day"),
        ("true", "clock_moved_back", 1, "moved back"),
        ("true", "place_later", 1, "worse place"),
        ("true", "not_removed", 1, "not followed"),
        ("true", "decided_after_promise", 1, "after its promised time"),
        ("true", "silent_hours", 0.1, "silence"),
        ("wrong_hides", "reversed", 2, "not reversed"),
        ("wrong_hides", "reversed_without_a_decision", 1, "not reversed"),
        ("wrong_hides", "longest_from_decision_to_shown", 1.1, "more than an hour"),
        ("independence", "miscounted", 1, "one network"),
        ("", "hides_without_a_clock", 1, "without a running clock"),
        ("", "unanswered", 1, "unanswered"),
    ],
)
def test_every_promise_that_breaks_is_named(part: str, name: str, value: float, said: str) -> None:
    found = _good()
    assert not list(broken(found=found))
    (found[part] if part else found)[name] = value
    (sentence,) = broken(found=found)
    assert said in sentence


def test_an_attack_is_always_the_same_and_of_its_size() -> None:
    assert attack(size=SIZE) == STORY and len(STORY.reports) == SIZE.false + SIZE.true
    assert [r.at for r in STORY.reports] == sorted(r.at for r in STORY.reports)
    assert len(STORY.harmful) == SIZE.true and {r.post for r in STORY.reports if not r.true}.isdisjoint(STORY.harmful)
    assert {r.post for r in STORY.reports} == {p.id for p in STORY.posts}
    assert STORY.without() == replace(STORY, reports=tuple(r for r in STORY.reports if r.true))


@pytest.mark.parametrize(
    ("words", "said"),
    [(["tide"], "There is no simulation"), (["wave", "--posts", "5", "--true", "5"], "more posts than true reports")],
)
def test_what_cannot_be_played_is_said(words: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["simulate", *words])
    assert done.exit_code == 1 and said in str(done.exception)


def test_the_command_prints_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from odzew.entrypoints.cli import simulate

    bad = {**_good(), "reviewers": 1, "unanswered": 2}
    monkeypatch.setattr(simulate, "_play", lambda size, staffings: [{**_good(), "reviewers": n} for n in staffings])
    done = CliRunner().invoke(app, ["simulate", "wave"])
    assert done.exit_code == 0 and "wrong hides: reversed" in done.stdout
    monkeypatch.setattr(simulate, "_play", lambda size, staffings: [bad])
    done = CliRunner().invoke(app, ["simulate", "wave", "--json"])
    assert done.exit_code == 1 and json.loads(done.stdout) == [bad] and "unanswered" in done.stderr
