"""Which final decisions are drawn for a second look, and what the two answers mean together."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable
from typing import Final

from odzew.policy.rules import Policy

_CLEARING: Final = frozenset({"no_violation", "not_found"})
_WHOLE: Final = 1 << 64


def share_of(*, policy: Policy, queue: str, kinds: Iterable[str]) -> float:
    """Say what part of the decisions on such cases is drawn: the largest share of their kinds, else their queue's, else the usual."""
    rule = policy.double
    named = [rule.kinds[kind] for kind in kinds if kind in rule.kinds]
    return max(named) if named else rule.queues.get(queue, rule.share)


def drawn(*, key: bytes, decision: uuid.UUID, share: float) -> bool:
    """Say whether a decision is drawn: by a code of its id under the desk's own key.

    The id is made with the decision and holds 62 random bits, so that nobody can know or choose the draw before they decide; whoever
    has the key can draw again and must come to the same.
    """
    code = hmac.digest(key, decision.bytes, "sha256")[:8]
    return int.from_bytes(code) < share * _WHOLE


def together(*, first: str, second: str) -> str:
    """Say what two blind answers come to: `agreed`, `unsure`, `worse` (the second would hide what the first cleared) or `differs`."""
    if second == "cannot_judge":
        return "unsure"
    if second == first:
        return "agreed"
    return "worse" if first in _CLEARING and second not in _CLEARING else "differs"
