"""A person is linked to their account at the provider of single sign-on, or no longer."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from odzew.foundation.errors import Conflict, NotFound
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.people import PersonView, person
from odzew.ledger.provider_accounts import ASKED_WITHIN, link, unlink
from odzew.ledger.spent import spend


def link_provider(*, person_id: uuid.UUID, account: bytes, actor: str, now: datetime, once: str = "") -> None:
    """Let a person come in by this account, beside their second factor; a former link of theirs ends.

    `account` is the keyed hash of issuer and subject; `once` is what the round with the provider was called, if there was one.
    The caller has asked a person who does it themselves for a fresh second factor. Raises `NotFound`, and `Conflict` (it is somebody
    else's, or the round was used before).
    """
    with transaction.atomic():
        view = _here(person_id)
        if once and not spend(what=once, until=now + ASKED_WITHIN, now=now):
            raise Conflict("This was done before. Begin again.", why="provider_again")
        link(person=view.id, account=account, now=now)
        _said("factor.provider_linked", view, actor, now)


def unlink_provider(*, person_id: uuid.UUID, actor: str, now: datetime) -> bool:
    """End a person's link; their visits and what else they sign in with go on. False if they had none. Raises `NotFound`."""
    with transaction.atomic():
        view = _here(person_id)
        had = unlink(person=view.id)
        if had:
            _said("factor.provider_unlinked", view, actor, now)
    return had


def _here(number: uuid.UUID) -> PersonView:
    view = person(person=number)
    if view is None:
        raise NotFound("There is no such person.")
    return view


def _said(kind: str, view: PersonView, actor: str, now: datetime) -> None:
    writes = Writes()
    record(writes, kind=kind, actor=actor, now=now, facts={"person": view.pseudonym})
    writes.send()
