"""Passkeys (WebAuthn): made for this desk's address alone, only with the device's own check of the person, answered once."""

from __future__ import annotations

import logging
import struct
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from odzew.foundation.errors import Conflict, Invalid, NotFound
from odzew.foundation.ids import new_id
from odzew.foundation.secrets import Keys, seal_facts, unseal_facts
from odzew.foundation.writes import Writes
from odzew.ledger.models import Passkey
from odzew.ledger.people import PersonView, person
from odzew.ledger.spent import spend

# How long a challenge may be answered.
ANSWERED_WITHIN: Final = timedelta(minutes=10)
MOST: Final = 10
_LONGEST_ANSWER: Final = 20_000
_LONGEST_NAME: Final = 60
_REQUIRED: Final = UserVerificationRequirement.REQUIRED
logging.getLogger("fido2").setLevel(logging.WARNING)  # it would log the number of each passkey that is used


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where passkeys of this desk work: its host (`rp`), and the whole origin that a browser must name."""

    rp: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a browser is given: options for its WebAuthn call, and the sealed challenge that comes back with the answer."""

    options: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the browser's JSON and the sealed challenge, both as anybody may have written them."""

    text: str
    sealed: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyView:
    """A passkey as its person sees it."""

    id: uuid.UUID
    name: str
    created_at: datetime
    used_at: datetime | None


def _server(place: Place) -> Fido2Server:
    rp = PublicKeyCredentialRpEntity(id=place.rp, name="Odzew")
    return Fido2Server(rp, verify_origin=lambda origin: origin == place.origin)


def _question(options: Any, state: dict[str, Any], purpose: str, keys: Keys, now: datetime) -> Question:
    body = {"challenge": state["challenge"], "for": purpose, "until": (now + ANSWERED_WITHIN).timestamp()}
    return Question(options=orjson.dumps(dict(options.public_key)).decode(), sealed=seal_facts(keys=keys, facts=body))


def _state(sealed: str, purpose: str, keys: Keys, now: datetime) -> dict[str, Any] | None:
    """Return the challenge if it was made by us for this, lately, and was never answered before; it is used up by asking."""
    body = unseal_facts(keys=keys, sealed=sealed, now=now)
    if body.get("for") != purpose:
        return None
    if not spend(what=body["challenge"], until=now + ANSWERED_WITHIN, now=now):
        return None
    return {"challenge": body["challenge"], "user_verification": _REQUIRED}


def ask(*, place: Place, keys: Keys, now: datetime) -> Question:
    """Ask for any passkey of this desk; which person's it is, the passkey says."""
    options, state = _server(place).authenticate_begin(user_verification=_REQUIRED)
    return _question(options, state, "get", keys, now)


def answered(*, answer: Answer, keys: Keys, now: datetime) -> PersonView | None:
    """Return whose passkey gave this answer, or None if it proves nothing.

    The device must have checked the person (PIN, finger, face). A counter that does not rise is a copied key, and proves nothing.
    """
    state = _state(answer.sealed, "get", keys, now)
    if state is None or len(answer.text) > _LONGEST_ANSWER:
        return None
    try:
        given = AuthenticationResponse.from_dict(orjson.loads(answer.text))
        row = Passkey.objects.select_for_update().get(credential_id=given.raw_id)
        known = AttestedCredentialData(bytes(row.credential))
        _server(answer.place).authenticate_complete(state, [known], given)
        counter = given.response.authenticator_data.counter
    except (Passkey.DoesNotExist, *_NONSENSE):
        return None
    if (counter or row.counter) and counter <= row.counter:
        return None
    Passkey.objects.filter(id=row.id).update(counter=counter, used_at=now)
    who = person(person=row.person_id)
    return who if who is not None and who.enrolled else None


# What the library raises for what a stranger may send instead of an answer.
_NONSENSE: Final = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, NotImplementedError),
    *(struct.error, RecursionError),
)


def ask_new(*, who: PersonView, place: Place, keys: Keys, now: datetime) -> Question:
    """Ask a browser to make a passkey for a person; a device that has one of theirs already makes no second."""
    theirs = [AttestedCredentialData(bytes(row.credential)) for row in Passkey.objects.filter(person_id=who.id)]
    options, state = _server(place).register_begin(
        PublicKeyCredentialUserEntity(id=who.id.bytes, name=who.name, display_name=who.name),
        credentials=theirs,
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=_REQUIRED,
    )
    return _question(options, state, f"create {who.id}", keys, now)


def add_passkey(writes: Writes, *, who: PersonView, name: str, answer: Answer, keys: Keys, now: datetime) -> uuid.UUID:
    """Keep a passkey that a person's browser has just made. Raises `Invalid` (the name, the answer) and `Conflict`."""
    called = " ".join(name.split())
    if not 0 < len(called) <= _LONGEST_NAME or not called.isprintable():
        raise Invalid("A passkey's name has 1 to 60 letters.", why="passkey_name")
    if Passkey.objects.filter(person_id=who.id).count() >= MOST:
        raise Conflict("You have ten passkeys; remove one first.", why="passkey_many")
    state = _state(answer.sealed, f"create {who.id}", keys, now)
    try:
        if state is None or len(answer.text) > _LONGEST_ANSWER:
            raise ValueError("not a challenge of ours, or too old")
        made = _server(answer.place).register_complete(state, orjson.loads(answer.text))
        credential = made.credential_data
        if credential is None:
            raise ValueError("no key in it")
    except _NONSENSE as error:
        raise Invalid("The passkey was not made. Try again.", why="passkey_failed") from error
    if Passkey.objects.filter(credential_id=credential.credential_id).exists():
        raise Conflict("This passkey is here already.", why="passkey_failed")
    number = new_id(now=now)
    row = {"id": number, "person_id": who.id, "credential_id": credential.credential_id, "credential": bytes(credential)}
    writes.insert(Passkey, {**row, "counter": made.counter, "name": called, "created_at": now})
    return number


def passkeys_of(*, person: uuid.UUID) -> list[PasskeyView]:
    """Return a person's passkeys, the newest first."""
    rows = Passkey.objects.filter(person_id=person).order_by("-created_at", "id")
    return [PasskeyView(id=row.id, name=row.name, created_at=row.created_at, used_at=row.used_at) for row in rows]


def drop_passkey(*, person: uuid.UUID, passkey: uuid.UUID) -> None:
    """Forget one of a person's passkeys. Raises `NotFound`."""
    if not Passkey.objects.filter(id=passkey, person_id=person).delete()[0]:
        raise NotFound("There is no such passkey of yours.")


def drop_passkeys(*, person: uuid.UUID) -> None:
    """Forget all of a person's passkeys."""
    Passkey.objects.filter(person_id=person).delete()
