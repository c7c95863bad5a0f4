"""Whoever works at the desk can keep signing in, and nobody gets in by an old secret."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest

from odzew.foundation.errors import Unauthorised
from odzew.ledger.people import caller_of_key, new_person_key, new_sign_in
from odzew.ledger.visits import visit_of_secret
from odzew.usecases.come_in import BySecret, CameIn, come_in
from odzew.usecases.enrol_person import enrol_person
from odzew.usecases.renew_sign_in import renew_sign_in
from tests.cast import Story

WEEK = timedelta(days=7)


def _code(otpauth: str, story: Story) -> str:
    return str(pyotp.TOTP(re.findall(r"secret=(\w+)", otpauth)[0]).at(story.now))


def _came(story: Story, secret: str, code: str) -> CameIn:
    return come_in(proof=BySecret(secret=secret, code=code), browser=b"", desk=story.desk, now=story.now)


def _enter(story: Story, secret: str, code: str) -> str:
    return _came(story, secret, code).person.name


def test_whoever_comes_each_week_is_never_locked_out(story: Story) -> None:
    zosia = enrol_person(name="Zofia Żółć", role="lead", sign_in_lives=WEEK, desk=story.desk, now=story.now)
    for _ in range(10):
        story.now += timedelta(days=6)
        assert _enter(story, zosia.sign_in, _code(zosia.otpauth, story)) == "Zofia Żółć"
    story.now += timedelta(days=31)
    with pytest.raises(Unauthorised):
        _enter(story, zosia.sign_in, _code(zosia.otpauth, story))
    new = renew_sign_in(person_id=zosia.person.id, authenticator=False, sign_in_lives=WEEK, desk=story.desk, now=story.now)
    assert new.otpauth is None and _enter(story, new.sign_in, _code(zosia.otpauth, story)) == "Zofia Żółć"


def test_a_secret_that_was_never_used_ends_after_its_week(story: Story) -> None:
    zosia = enrol_person(name="Zofia", role="lead", sign_in_lives=WEEK, desk=story.desk, now=story.now)
    story.now += WEEK
    with pytest.raises(Unauthorised):
        _enter(story, zosia.sign_in, _code(zosia.otpauth, story))


def test_a_new_second_factor_ends_the_old_one_and_the_key_and_everybody_learns_of_it(story: Story) -> None:
    zosia = enrol_person(name="Zofia", role="lead", sign_in_lives=WEEK, desk=story.desk, now=story.now)
    key = new_person_key(person=zosia.person.id, now=story.now)
    came = _came(story, zosia.sign_in, _code(zosia.otpauth, story))
    size = story.desk.size(now=story.now)
    new = renew_sign_in(person_id=zosia.person.id, authenticator=True, sign_in_lives=WEEK, desk=story.desk, now=story.now)
    assert visit_of_secret(secret=came.cookie, browser=b"", now=story.now) is None
    assert new.otpauth and caller_of_key(key=key, now=story.now) is None and story.desk.size(now=story.now) == size
    for secret, link in ((zosia.sign_in, new.otpauth), (new.sign_in, zosia.otpauth)):
        with pytest.raises(Unauthorised):
            _enter(story, secret, _code(link, story))
    assert _enter(story, new.sign_in, _code(new.otpauth, story)) == "Zofia"
    story.work()
    assert [a["code"] for a in story.alarms] == ["renewed"]


@pytest.mark.parametrize("code", ["ąęłóżź", "１２３４５６", "", " ", "\x00", "1" * 5000])
def test_letters_are_no_code_and_no_crash(story: Story, code: str) -> None:
    who = story.people[0]
    secret = new_sign_in(person=who.id, now=story.now, lives=WEEK)
    with pytest.raises(Unauthorised):
        _came(story, secret, code)
