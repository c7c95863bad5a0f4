"""Authenticator, recovery codes and passkeys: each proves its own person, once, and a device that lies proves nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from fido2.utils import websafe_encode

from odzew.foundation.errors import Conflict, Invalid, NotFound, OdzewError, Unauthorised
from odzew.foundation.writes import fetch_all
from odzew.ledger.factors import RECOVERY_CODES, recovery_codes_left
from odzew.ledger.passkeys import ANSWERED_WITHIN, Answer, Place, Question, ask, ask_new, passkeys_of
from odzew.ledger.people import leave_desk
from odzew.ledger.visits import VisitView
from odzew.usecases.change_passkeys import new_passkey, remove_passkey
from odzew.usecases.come_in import ByPasskey, CameIn, come_in
from odzew.usecases.enrol_person import Enrolled
from odzew.usecases.make_recovery_codes import make_recovery_codes
from odzew.usecases.renew_authenticator import Offer, offer_authenticator, offered, renew_authenticator
from odzew.usecases.renew_sign_in import renew_sign_in
from odzew.usecases.step_up import step_up
from tests.cast import KEYS, Story
from tests.usecases.device import Device
from tests.usecases.test_visits import BROWSER, Desk

PLACE = Place(rp="localhost", origin="http://localhost:8400")
SPACES = timedelta(minutes=2)


@pytest.fixture
def desk(story: Story) -> Desk:
    """A desk with Zofia."""
    return Desk(story)


def _visit(desk: Desk, came: CameIn) -> VisitView:
    visit = desk.visit(came)
    assert visit is not None
    return visit


# Recovery codes


def test_each_recovery_code_works_once_and_everybody_learns_of_it(desk: Desk) -> None:
    codes = make_recovery_codes(who=desk.who.person, desk=desk.story.desk, now=desk.story.now)
    assert len(set(codes)) == RECOVERY_CODES
    assert desk.enter(codes[0].lower().replace("-", " "))
    with pytest.raises(Unauthorised):
        desk.enter(codes[0])
    desk.story.work()
    assert [a["code"] for a in desk.story.alarms] == ["recovery_used"]
    assert recovery_codes_left(person=desk.who.person.id) == RECOVERY_CODES - 1
    step_up(visit=_visit(desk, desk.enter(codes[1])), proof=codes[2], desk=desk.story.desk, now=desk.story.now)
    ola = desk.enrol("Ola", desk.story)
    with pytest.raises(Unauthorised):
        desk.enter(codes[3], who=ola)
    again = make_recovery_codes(who=desk.who.person, desk=desk.story.desk, now=desk.story.now)
    with pytest.raises(Unauthorised):
        desk.enter(codes[4])
    assert desk.enter(again[0])


def test_recovery_codes_are_kept_nowhere_in_the_clear(desk: Desk) -> None:
    codes = make_recovery_codes(who=desk.who.person, desk=desk.story.desk, now=desk.story.now)
    kept = fetch_all("SELECT r.*::text, e.data FROM ledger_recovery_code r, ledger_event e", [])
    assert kept and not any(codes[0][:4] in str(row) or codes[0][:4].encode().hex() in str(row) for row in kept)


# The authenticator


def _offer(desk: Desk, visit: VisitView) -> Offer:
    return offer_authenticator(visit=visit, desk=desk.story.desk, now=desk.story.now)


def _shows(offer: Offer, desk: Desk) -> str:
    return str(pyotp.TOTP(offer.secret).at(desk.story.now))


def test_a_new_authenticator_counts_when_its_code_was_given(desk: Desk) -> None:
    other, came = desk.enter(), None
    desk.later(SPACES)
    came = desk.enter()
    visit = _visit(desk, came)
    offer = _offer(desk, visit)
    with pytest.raises(Invalid):
        renew_authenticator(visit=visit, offer=offer, code="000000", desk=desk.story.desk, now=desk.story.now)
    desk.later(SPACES)
    assert desk.enter(), "the former one still works"
    renew_authenticator(visit=visit, offer=offer, code=_shows(offer, desk), desk=desk.story.desk, now=desk.story.now)
    assert desk.visit(came) is not None and desk.visit(other) is None
    with pytest.raises(Unauthorised):
        desk.enter(_shows(offer, desk))  # it was used to prove that it is there
    desk.later(SPACES)
    with pytest.raises(Unauthorised):
        desk.enter()
    assert desk.enter(_shows(offer, desk))


def test_an_offer_is_for_its_own_visit_and_not_for_long(desk: Desk) -> None:
    mine = _visit(desk, desk.enter())
    theirs = _visit(desk, desk.enter(who=desk.enrol("Ola", desk.story)))
    offer, now = _offer(desk, mine), desk.story.now
    assert offered(visit=mine, sealed=offer.sealed, desk=desk.story.desk, now=now) == offer
    assert offered(visit=theirs, sealed=offer.sealed, desk=desk.story.desk, now=now) is None
    late = now + timedelta(minutes=15)
    assert offered(visit=mine, sealed=offer.sealed, desk=desk.story.desk, now=late) is None
    other = KEYS.seal(clear=b"no facts").decode()
    for nonsense in ("", "x", "ż", other, ask(place=PLACE, keys=KEYS, now=now).sealed):
        assert offered(visit=mine, sealed=nonsense, desk=desk.story.desk, now=now) is None


# Passkeys


def _make(desk: Desk, device: Device, who: Enrolled | None = None, name: str = "Klucz żółty") -> uuid.UUID:
    person = (who or desk.who).person
    question = ask_new(who=person, place=PLACE, keys=KEYS, now=desk.story.now)
    answer = Answer(text=device.make(question), sealed=question.sealed, place=PLACE)
    return new_passkey(who=person, name=name, answer=answer, desk=desk.story.desk, now=desk.story.now)


def _ask(desk: Desk) -> Question:
    return ask(place=PLACE, keys=KEYS, now=desk.story.now)


def _in(desk: Desk, question: Question, text: str) -> CameIn:
    proof = ByPasskey(answer=Answer(text=text, sealed=question.sealed, place=PLACE))
    return come_in(proof=proof, browser=BROWSER, desk=desk.story.desk, now=desk.story.now)


def test_a_passkey_signs_its_person_in_and_counts_as_both_factors(desk: Desk) -> None:
    device = Device()
    number = _make(desk, device)
    question = _ask(desk)
    came = _in(desk, question, device.answer(question))
    visit = _visit(desk, came)
    assert (visit.person.id, visit.how) == (desk.who.person.id, "passkey") and visit.fresh(now=desk.story.now)
    with pytest.raises(Unauthorised):
        _in(desk, question, device.answer(question))  # the challenge was answered
    (kept,) = passkeys_of(person=desk.who.person.id)
    assert (kept.id, kept.name, kept.used_at) == (number, "Klucz żółty", desk.story.now)
    remove_passkey(who=desk.who.person, passkey=number, now=desk.story.now)
    question = _ask(desk)
    with pytest.raises(Unauthorised):
        _in(desk, question, device.answer(question))
    with pytest.raises(NotFound):
        remove_passkey(who=desk.who.person, passkey=number, now=desk.story.now)


LIES: dict[str, Callable[[Device], Device]] = {
    "another origin": lambda d: replace(d, origin="http://localhost:8401"),
    "another host": lambda d: replace(d, rp="kladka.example"),
    "the person was not checked": lambda d: replace(d, checked=False),
    "another key": lambda d: replace(d, key=Device().key),
    "an unknown passkey": lambda d: replace(d, number=b"nobody's"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_device_that_lies_opens_nothing(desk: Desk, lie: str) -> None:
    honest = Device()
    _make(desk, honest)
    question = _ask(desk)
    with pytest.raises(Unauthorised):
        _in(desk, question, LIES[lie](honest).answer(question))
    if lie in ("another origin", "another host", "the person was not checked"):
        with pytest.raises(Invalid):
            _make(desk, replace(LIES[lie](Device()), number=b"a second"))


def test_a_copied_passkey_shows_by_its_counter(desk: Desk) -> None:
    device = Device(counter=5)
    _make(desk, device)
    for counter, good in ((6, True), (6, False), (4, False), (0, False), (7, True)):
        question, device.counter = _ask(desk), counter
        if good:
            assert _in(desk, question, device.answer(question))
        else:
            with pytest.raises(Unauthorised):
                _in(desk, question, device.answer(question))


def _crafted(**response: str) -> str:
    """An answer of the right shape whose insides are cut short, or nest without end."""
    whole = {
        "clientDataJSON": websafe_encode(b"{}"),
        "authenticatorData": websafe_encode(b"\0" * 37),
        "signature": "AA",
        **response,
    }
    return json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": whole})


@pytest.mark.parametrize(
    "text",
    [
        *("{}", "[]", "null", "ż", "\x00", '{"id":"x","rawId":"x","type":"public-key","response":{}}', "1" * 30_000),
        _crafted(authenticatorData=websafe_encode(b"\0" * 3)),
        _crafted(authenticatorData=websafe_encode(b"\0" * 32 + b"\x80" + b"\0" * 4 + b"\xb9")),
        _crafted(authenticatorData=websafe_encode(b"\0" * 32 + b"\x80" + b"\0" * 4 + b"\x81" * 5_000)),
        _crafted(clientDataJSON=websafe_encode(b"[" * 5_000)),
        _crafted(attestationObject=websafe_encode(b"\x81" * 5_000)),
    ],
)
def test_nonsense_is_no_answer(desk: Desk, text: str) -> None:
    question = _ask(desk)
    with pytest.raises(Unauthorised):
        _in(desk, question, text)
    with pytest.raises(Unauthorised):
        _in(desk, replace(question, sealed=text), Device().answer(question))
    new = ask_new(who=desk.who.person, place=PLACE, keys=KEYS, now=desk.story.now)
    answer = Answer(text=text, sealed=new.sealed, place=PLACE)
    with pytest.raises(Invalid):
        new_passkey(who=desk.who.person, name="x", answer=answer, desk=desk.story.desk, now=desk.story.now)


def test_an_answer_comes_in_time_or_not_at_all(desk: Desk) -> None:
    device = Device()
    _make(desk, device)
    question = _ask(desk)
    desk.later(ANSWERED_WITHIN)
    with pytest.raises(Unauthorised):
        _in(desk, question, device.answer(question))


def test_a_challenge_for_one_thing_or_person_is_none_for_another(desk: Desk) -> None:
    ola, device = desk.enrol("Ola", desk.story), Device()
    for_ola = ask_new(who=ola.person, place=PLACE, keys=KEYS, now=desk.story.now)
    for question in (for_ola, _ask(desk)):
        answer = Answer(text=device.make(question), sealed=question.sealed, place=PLACE)
        with pytest.raises(Invalid):
            new_passkey(who=desk.who.person, name="x", answer=answer, desk=desk.story.desk, now=desk.story.now)
    _make(desk, device)
    with pytest.raises(Conflict):
        _make(desk, device, who=ola)
    for name in ("", "x" * 61, "\x07"):
        with pytest.raises(Invalid):
            _make(desk, Device(number=b"another"), name=name)
    visit = _visit(desk, desk.enter(who=ola))
    question = _ask(desk)
    answer = Answer(text=device.answer(question), sealed=question.sealed, place=PLACE)
    with pytest.raises(Unauthorised):
        step_up(visit=visit, proof=answer, desk=desk.story.desk, now=desk.story.now)  # Zofia's passkey in Ola's visit


def test_what_ends_a_person_ends_their_passkeys(desk: Desk) -> None:
    device = Device()
    act = {"sign_in_lives": timedelta(days=7), "desk": desk.story.desk, "now": desk.story.now}
    ends: list[Callable[[], object]] = [
        lambda: renew_sign_in(person_id=desk.who.person.id, authenticator=True, **act),  # type: ignore[arg-type]
        lambda: leave_desk(person=desk.who.person.id, now=desk.story.now),
    ]
    for end in ends:
        _make(desk, device)
        codes = make_recovery_codes(who=desk.who.person, desk=desk.story.desk, now=desk.story.now)
        end()
        question = _ask(desk)
        with pytest.raises(OdzewError):
            _in(desk, question, device.answer(question))
        with pytest.raises(Unauthorised):
            desk.enter(codes[0])
        assert recovery_codes_left(person=desk.who.person.id) == 0
