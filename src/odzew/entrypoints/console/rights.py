"""Who may open what: one table. What is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from odzew.ledger.people import DECIDERS, OUTSIDE
from odzew.policy.vocabulary import ROLES
from odzew.usecases.reply_to_reporter import WRITERS

READERS: Final = DECIDERS | {"auditor"}
ALL: Final = frozenset(ROLES)
# (page, method): roles. HEAD is GET.
RIGHTS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("home", "GET"): ALL,
    ("queue", "GET"): READERS,
    ("search", "POST"): READERS,
    ("next", "POST"): DECIDERS,
    ("renew", "POST"): DECIDERS,
    ("give_back", "POST"): DECIDERS,
    ("case", "GET"): READERS,
    ("decide", "POST"): DECIDERS,
    ("messages", "GET"): READERS,
    ("messages", "POST"): WRITERS,
    ("messages_read", "POST"): WRITERS,
    ("release", "POST"): frozenset({"safety_officer"}),
    ("wave", "GET"): DECIDERS,
    ("wave", "POST"): DECIDERS,
    ("opinions", "GET"): frozenset({OUTSIDE}),
    ("opinion", "GET"): frozenset({OUTSIDE}),
    ("opinion", "POST"): frozenset({OUTSIDE}),
    ("alarms", "GET"): READERS | {"operator"},
    ("confirm", "POST"): DECIDERS | {"operator"},
    ("key", "GET"): ALL,
    ("key", "POST"): ALL,
    ("sign_out", "POST"): ALL,
}


def may(*, role: str, page: str, method: str) -> bool:
    """May somebody with this role do this?"""
    return role in RIGHTS.get((page, "GET" if method == "HEAD" else method), frozenset())
