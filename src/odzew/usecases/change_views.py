"""A person saves what they look at in the queue under a name, changes that, or forgets it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from odzew.foundation.errors import Forbidden
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.people import Caller
from odzew.ledger.saved_views import add_view, change_view, drop_view, hold_views

T = TypeVar("T")


def save_view(*, name: str, query: str, shared: bool, caller: Caller, now: datetime) -> uuid.UUID:
    """Keep a filter under a name, for this person alone or `shared` with the desk; return it.

    `query` is words of the desk only, never of a notice. It is nobody else's business, so it is not on the record. Raises `Forbidden`
    (only a lead shares), `Invalid` (the name, or nothing is chosen) and `Conflict` (the name is taken, there are too many).
    """
    _may_share(shared, caller)
    return _held(lambda writes: add_view(writes, person=caller.id, name=name, query=query, shared=shared, now=now))


def rename_view(*, view: uuid.UUID, name: str, shared: bool, caller: Caller) -> None:
    """Give a view another name, or share it or not. Raises what `save_view` does, and `NotFound` for what is not theirs to change."""
    _may_share(shared, caller)
    _held(lambda writes: change_view(writes, view=view, person=caller.id, leads=_leads(caller), name=name, shared=shared))


def forget_view(*, view: uuid.UUID, caller: Caller) -> None:
    """Forget a view; a lead also one that somebody shared. Raises `NotFound` for what is not theirs to change."""
    _held(lambda _: drop_view(view=view, person=caller.id, leads=_leads(caller)))


def _leads(caller: Caller) -> bool:
    return caller.role == "lead"


def _may_share(shared: bool, caller: Caller) -> None:
    if shared and not _leads(caller):
        raise Forbidden("Only a lead shares a view with the desk.", why="view_share")


def _held(work: Callable[[Writes], T]) -> T:
    """1. Nobody else changes views meanwhile. 2. The change. 3. Written."""

    def held() -> T:
        hold_views()
        writes = Writes()
        done = work(writes)
        writes.send()
        return done

    return atomically(held)
