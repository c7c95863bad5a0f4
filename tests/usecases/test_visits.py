"""Visits end by themselves, by their person and by the operator; guessing codes does not pay, and locks nobody out for long."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from functools import partial

import pyotp
import pytest

from odzew.foundation.errors import NotFound, TooMany, Unauthorised
from odzew.foundation.writes import fetch_all
from odzew.ledger.factors import LONGEST_WAIT, WRONG_MOST
from odzew.ledger.people import leave_desk
from odzew.ledger.visits import FRESH, IDLE, LONGEST, VisitView, visit_of_secret, visits_of
from odzew.usecases.come_in import ByLink, BySecret, CameIn, come_in
from odzew.usecases.end_visits import end_visits
from odzew.usecases.enrol_person import Enrolled, enrol_person
from odzew.usecases.step_up import step_up
from tests.cast import Story

BROWSER = b"a browser"


class Desk:
    """A story with one person who signs in."""

    def __init__(self, story: Story) -> None:
        self.story, self.who = story, self.enrol("Zofia Żółć", story)

    @staticmethod
    def enrol(name: str, story: Story) -> Enrolled:
        """Enrol somebody."""
        return enrol_person(name=name, role="reviewer", sign_in_lives=timedelta(days=7), desk=story.desk, now=story.now)

    def code(self, who: Enrolled | None = None) -> str:
        """What the authenticator shows now."""
        return str(pyotp.TOTP(re.findall(r"secret=(\w+)", (who or self.who).otpauth)[0]).at(self.story.now))

    def enter(self, code: str | None = None, who: Enrolled | None = None) -> CameIn:
        """Sign in."""
        proof = BySecret(secret=(who or self.who).sign_in, code=self.code(who) if code is None else code)
        return come_in(proof=proof, browser=BROWSER, desk=self.story.desk, now=self.story.now)

    def later(self, length: timedelta) -> None:
        """Let time pass."""
        self.story.now += length

    def visit(self, came: CameIn, browser: bytes = BROWSER) -> VisitView | None:
        """What a browser with this cookie finds."""
        return visit_of_secret(secret=came.cookie, browser=browser, now=self.story.now)

    def wrong(self) -> None:
        """A wrong code."""
        with pytest.raises(Unauthorised):
            self.enter("000000")


@pytest.fixture
def desk(story: Story) -> Desk:
    """A desk with Zofia."""
    return Desk(story)


def _kinds() -> list[str]:
    return [kind for (kind,) in fetch_all("SELECT kind FROM ledger_event ORDER BY at, id", [])]


def test_a_visit_is_over_when_idle_and_when_old(desk: Desk) -> None:
    came = desk.enter()
    for _ in range(11):
        desk.later(IDLE)
        assert desk.visit(came) is not None
    desk.later(LONGEST - 11 * IDLE)
    assert desk.visit(came) is None
    again = desk.enter()
    assert [v.id for v in visits_of(person=desk.who.person.id, now=desk.story.now)] == [again.visit]
    desk.later(IDLE + timedelta(seconds=1))
    assert desk.visit(again) is None and visits_of(person=desk.who.person.id, now=desk.story.now) == []


def test_a_cookie_opens_nothing_in_another_browser_or_after_the_person_left(desk: Desk) -> None:
    came = desk.enter()
    assert desk.visit(came, browser=b"another") is None and desk.visit(came) is not None
    leave_desk(person=desk.who.person.id, now=desk.story.now)
    assert desk.visit(came) is None


def test_one_visit_ends_or_all_others_and_never_somebody_elses(desk: Desk) -> None:
    cames = []
    for _ in range(3):
        cames.append(desk.enter())
        desk.later(timedelta(minutes=1))
    who, ola = desk.who.person, desk.enrol("Ola", desk.story)
    other = desk.enter(who=ola)
    act = partial(end_visits, person_id=who.id, actor=who.pseudonym, now=desk.story.now)
    assert act(only=other.visit) == 0 and desk.visit(other) is not None
    assert act(only=cames[0].visit) == 1
    assert [desk.visit(c) is not None for c in cames] == [False, True, True]
    assert act(but=cames[2].visit) == 1
    assert [desk.visit(c) is not None for c in cames] == [False, False, True]
    assert end_visits(person_id=who.id, actor="operator", now=desk.story.now) == 1
    assert end_visits(person_id=who.id, actor="operator", now=desk.story.now) == 0
    assert desk.visit(other) is not None and (_kinds().count("visit.began"), _kinds().count("visit.ended")) == (4, 3)
    with pytest.raises(NotFound):
        end_visits(person_id=uuid.uuid4(), actor="operator", now=desk.story.now)


def test_a_second_factor_is_fresh_for_five_minutes(desk: Desk) -> None:
    came = desk.enter()
    visit = desk.visit(came)
    assert visit is not None and visit.fresh(now=desk.story.now)
    with pytest.raises(Unauthorised):
        step_up(visit=visit, proof=desk.code(), desk=desk.story.desk, now=desk.story.now)  # the code of the sign-in
    desk.later(FRESH + timedelta(seconds=1))
    assert not visit.fresh(now=desk.story.now)
    step_up(visit=visit, proof=desk.code(), desk=desk.story.desk, now=desk.story.now)
    again = desk.visit(came)
    assert again is not None and again.fresh(now=desk.story.now + FRESH)
    end_visits(person_id=desk.who.person.id, actor="operator", now=desk.story.now)
    desk.later(timedelta(minutes=2))
    with pytest.raises(Unauthorised):
        step_up(visit=visit, proof=desk.code(), desk=desk.story.desk, now=desk.story.now)


def test_a_link_is_no_second_factor(desk: Desk) -> None:
    came = come_in(proof=ByLink(secret=desk.who.sign_in), browser=BROWSER, desk=desk.story.desk, now=desk.story.now)
    visit = desk.visit(came)
    assert visit is not None and visit.how == "link" and not visit.fresh(now=desk.story.now)


def test_wrong_codes_make_the_next_wait_and_an_alarm_says_so_once(desk: Desk) -> None:
    for _ in range(WRONG_MOST):
        desk.wrong()
    with pytest.raises(TooMany):
        desk.enter()
    desk.later(timedelta(minutes=5))
    desk.wrong()
    desk.later(timedelta(minutes=5))
    with pytest.raises(TooMany):
        desk.enter()
    desk.later(timedelta(minutes=5))
    assert desk.enter()
    desk.wrong()
    desk.story.work()
    assert [a["code"] for a in desk.story.alarms] == ["guessing"]


def test_a_stranger_without_the_secret_holds_nobody_up_and_the_wait_has_an_end(desk: Desk) -> None:
    for _ in range(3 * WRONG_MOST):
        with pytest.raises(Unauthorised):
            come_in(proof=BySecret(secret="guess", code="000000"), browser=BROWSER, desk=desk.story.desk, now=desk.story.now)
    assert desk.enter()
    desk.later(timedelta(minutes=1))
    for _ in range(40):
        desk.later(LONGEST_WAIT)
        desk.wrong()
    desk.later(LONGEST_WAIT)
    assert desk.enter()


def test_the_record_names_nobody(desk: Desk) -> None:
    came = desk.enter()
    (data,) = [bytes(row[0]) for row in fetch_all("SELECT data FROM ledger_event WHERE kind = 'visit.began'", [])]
    assert desk.who.person.pseudonym.encode() in data and str(came.visit).encode() in data
    assert b"Zofia" not in data and came.cookie.encode() not in data
