"""Shared by the use cases that change the policy: may this text take force, and what else must hold of its words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from odzew.answers.wordbook import codes
from odzew.foundation.errors import Invalid, OdzewError
from odzew.policy.check import check_policy
from odzew.policy.load import load_policy
from odzew.policy.rules import Policy

LONGEST: Final = 100_000
MOST_LINES: Final = 3000
# One line alone holds a dotted key: reading one takes the square of its length.
LONGEST_LINE: Final = 2000
LONGEST_NAME: Final = 200


def reasons_against(*, text: str) -> list[str]:
    """Give every reason why a text may not be proposed, each as one English sentence; none if it may."""
    if len(text) > LONGEST or text.count("\n") >= MOST_LINES:
        return [f"A policy has at most {LONGEST} letters in {MOST_LINES} lines."]
    if max(map(len, text.split("\n"))) > LONGEST_LINE:
        return [f"A line of a policy has at most {LONGEST_LINE} letters."]
    try:
        policy = load_policy(text=text)
    except OdzewError as error:
        return [error.sentence]
    return [*check_policy(policy=policy), *_words(policy)]


def usable(*, text: str) -> Policy:
    """Read a text that may be proposed. Raises `Invalid` with every reason why it may not, in `detail["reasons"]`."""
    if found := reasons_against(text=text):
        raise Invalid(f"This policy cannot take force. {found[0]}", why="policy_unfit", reasons=found)
    return load_policy(text=text)


@lru_cache(maxsize=8)
def readable(text: str) -> Policy | None:
    """Return the policy of a text that was in force, or None if this release cannot use it any more."""
    try:
        policy = load_policy(text=text)
    except OdzewError:
        return None
    return None if check_policy(policy=policy) else policy


def _words(policy: Policy) -> Iterator[str]:
    """What people of the desk, reporters and uploaders read of a rule is there in every language, on one line."""
    for ground, labels in policy.grounds.items():
        for language in codes():
            if not labels.get(language, "").strip():
                yield f"The ground {ground} has no text in {language}; reporters and uploaders read it in their own language."
        for language, label in labels.items():
            if len(label) > LONGEST_NAME or not label.isprintable():
                yield f"The text of the ground {ground} in {language} must be one line of at most {LONGEST_NAME} letters."
    if len(policy.name) > LONGEST_NAME or not policy.name.isprintable():
        yield f"The name of the policy must be one line of at most {LONGEST_NAME} letters."
