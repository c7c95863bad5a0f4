"""Who may open what: one table. What is not in it is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from odzew.ledger.people import DECIDERS, OUTSIDE, SIGNERS
from odzew.policy.vocabulary import ROLES
from odzew.usecases._threads import WRITERS

READERS: Final = DECIDERS | {"auditor"}
ALL: Final = frozenset(ROLES)
# (page, method): roles. HEAD is GET.
RIGHTS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("home", "GET"): ALL,
    ("queue", "GET"): READERS,
    ("live", "GET"): READERS,
    ("case_live", "GET"): READERS,
    ("save_view", "POST"): READERS,
    ("change_view", "POST"): READERS,
    ("drop_view", "POST"): READERS,
    ("search", "POST"): READERS,
    ("next", "POST"): DECIDERS,
    ("renew", "POST"): DECIDERS,
    ("give_back", "POST"): DECIDERS,
    ("case", "GET"): READERS,
    ("duplicates", "GET"): READERS,
    ("duplicates", "POST"): DECIDERS,
    ("preview", "POST"): DECIDERS,
    ("decide", "POST"): DECIDERS,
    ("messages", "GET"): READERS,
    ("messages", "POST"): WRITERS,
    ("messages_read", "POST"): WRITERS,
    ("warn", "POST"): SIGNERS,
    ("suspend", "POST"): SIGNERS,
    ("end_suspension", "POST"): SIGNERS,
    ("hold", "GET"): READERS,
    ("hold", "POST"): SIGNERS,
    ("end_hold", "POST"): SIGNERS,
    ("release", "POST"): frozenset({"safety_officer"}),
    ("look", "POST"): DECIDERS,
    ("look_away", "POST"): DECIDERS,
    ("me", "GET"): ALL,
    ("me", "POST"): DECIDERS,
    ("accident", "POST"): ALL,
    ("letter", "GET"): DECIDERS,
    ("wave", "GET"): DECIDERS,
    ("wave", "POST"): DECIDERS,
    ("opinions", "GET"): frozenset({OUTSIDE}),
    ("opinion", "GET"): frozenset({OUTSIDE}),
    ("opinion", "POST"): frozenset({OUTSIDE}),
    ("alarms", "GET"): READERS | {"operator"},
    ("confirm", "POST"): DECIDERS | {"operator"},
    ("policy", "GET"): READERS | {"operator"},
    ("policy_version", "GET"): READERS | {"operator"},
    ("policy_draft", "GET"): READERS | {"operator"},
    ("policy_edit", "GET"): SIGNERS,
    ("policy_edit", "POST"): SIGNERS,
    ("policy_sign", "POST"): SIGNERS,
    ("policy_withdraw", "POST"): SIGNERS,
    ("policy_preview", "POST"): SIGNERS,
    ("figures", "GET"): frozenset({"lead", "safety_officer", "auditor"}),
    ("agreement", "GET"): frozenset({"lead", "auditor"}),
    ("settle", "POST"): frozenset({"lead"}),
    ("operation", "GET"): frozenset({"lead", "operator"}),
    ("key", "GET"): ALL,
    ("key", "POST"): ALL,
    ("revoke_key", "POST"): ALL,
    ("you", "GET"): ALL,
    ("end_visit", "POST"): ALL,
    ("end_others", "POST"): ALL,
    ("recovery", "POST"): ALL,
    ("authenticator", "GET"): ALL,
    ("authenticator", "POST"): ALL,
    ("passkey", "GET"): ALL,
    ("passkey", "POST"): ALL,
    ("drop_passkey", "POST"): ALL,
    ("provider", "GET"): ALL,
    ("provider", "POST"): ALL,
    ("drop_provider", "POST"): ALL,
    ("step_up", "GET"): ALL,
    ("step_up", "POST"): ALL,
    ("sign_out", "POST"): ALL,
}


def may(*, role: str, page: str, method: str) -> bool:
    """May somebody with this role do this?"""
    return role in RIGHTS.get((page, "GET" if method == "HEAD" else method), frozenset())
