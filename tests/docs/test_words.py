"""The glossary and the policy page know every word that the code uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.apps import apps
from django.db.models import CheckConstraint, Q

from odzew.cases.data import MOVES
from odzew.ledger.people import SCOPES
from odzew.policy import vocabulary
from odzew.policy.rules import DEEDS, REGIME_NAMES, VARIANTS
from tests.docs.tables import DOCS, ROOT

GLOSSARY = (DOCS / "glossary.md").read_text(encoding="utf-8")


def _missing(words: set[str], text: str = GLOSSARY) -> list[str]:
    return sorted(word for word in words if f"`{word}`" not in text)


def _in_lookups(condition: Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from _in_lookups(child)
        elif isinstance(child, tuple) and child[0].endswith("__in"):
            yield from child[1]


def test_the_glossary_knows_every_word_of_the_vocabulary() -> None:
    words = set(vocabulary.KINDS | vocabulary.FLAGS | vocabulary.SOURCES | vocabulary.CLAIMANTS | vocabulary.OUTCOMES)
    words |= {*vocabulary.DESKS, *vocabulary.REGIMES, *vocabulary.ROLES, *REGIME_NAMES, *SCOPES, *DEEDS, *MOVES}
    assert _missing(words) == []


def test_the_glossary_knows_every_table_and_every_word_that_the_database_allows() -> None:
    words = set()
    for model in apps.get_models():
        if not model.__module__.startswith("odzew."):
            continue
        words.add(model.__name__)
        for constraint in model._meta.constraints:
            if isinstance(constraint, CheckConstraint) and isinstance(constraint.condition, Q):
                words |= set(_in_lookups(constraint.condition))
    assert {"Case", "armed", "awaiting_second", "reviewer"} <= words
    assert _missing(words) == []


def test_the_policy_page_knows_every_clock() -> None:
    assert _missing(set(VARIANTS), (DOCS / "policy.md").read_text(encoding="utf-8")) == []


def test_the_operators_guide_knows_every_alarm() -> None:
    codes = set()
    for path in (ROOT / "src" / "odzew").rglob("*.py"):
        for call in re.findall(r"\bring(?:_once)?\((?:[^()]|\([^()]*\))*\)", path.read_text(encoding="utf-8")):
            codes |= set(re.findall(r'"([a-z_]+)"', found[0]) if (found := re.findall(r"code=([^,)]+)", call)) else ())
    from odzew.policy.reasons import ALARMS

    codes |= ALARMS
    assert {"overdue", "not_gone", "not_restored", "breaker"} <= codes
    assert _missing(codes, (DOCS / "operator.md").read_text(encoding="utf-8")) == []
