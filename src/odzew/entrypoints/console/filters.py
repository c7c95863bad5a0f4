"""What a reader wants to see of the queue, as a query string: words of the desk and a platform's id, never anything about a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from odzew.cases.queue import Wanted
from odzew.decisions.overview import all_appealed, signed_by
from odzew.entrypoints.console.said import Said
from odzew.ledger.people import Caller, platform_names

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("child", "intimate", "other"),
    "hidden": ("yes", "no"),
    "stage": ("appeal", "passed_on", "mine", "second"),
    "due": ("1", "4", "24"),
    "danger": ("yes",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What the reader chose; an empty word asks nothing."""

    kind: str = ""
    hidden: str = ""
    stage: str = ""
    due: str = ""
    danger: str = ""
    platform: str = ""

    @property
    def query(self) -> str:
        """The same choice as a query string."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    @property
    def count(self) -> int:
        """How many things it asks."""
        return sum(bool(value) for value in asdict(self).values())


def chosen(*, typed: Mapping[str, Any], caller: Caller) -> Filter:
    """Read a choice; what is no choice of this reader's is left out."""
    found = {f.name: str(typed.get(f.name, "")) for f in fields(Filter)}
    known = {name: found[name] if found[name] in _allowed(name, caller) else "" for name in _CHOICES}
    return Filter(**known, platform=_platform(found["platform"]))


def _allowed(name: str, caller: Caller) -> tuple[str, ...]:
    """What may be chosen. Which cases have a first answer is known to the auditor, and to its author of their own."""
    hidden = "" if name != "stage" else "mine" if caller.role == "auditor" else "second"
    return tuple(choice for choice in _CHOICES[name] if choice != hidden)


def _platform(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def wanted(*, choice: Filter, caller: Caller, said: Said) -> Wanted:
    """Return what the choice asks of the queue."""
    cases = all_appealed() if choice.stage == "appeal" else signed_by(person=caller.id) if choice.stage == "mine" else None
    states = {"passed_on": {"specialist"}, "second": {"awaiting_second", "disputed"}}.get(choice.stage, set())
    return Wanted(
        regime=choice.kind,
        hidden={"yes": True, "no": False}.get(choice.hidden),
        danger=bool(choice.danger),
        due=said.now + timedelta(hours=int(choice.due)) if choice.due else None,
        platform=uuid.UUID(choice.platform) if choice.platform else None,
        states=frozenset(states),
        cases=None if cases is None else tuple(cases),
    )


def filter_form(*, choice: Filter, caller: Caller, said: Said) -> list[dict[str, Any]]:
    """Return the fields of the form, each with its choices in words."""
    names = {
        "kind": {c: said.label("regime", c) for c in _CHOICES["kind"]},
        "hidden": {"yes": said.words["chip_hidden"], "no": said.words["chip_open"]},
        "stage": {c: said.label("stage", c) for c in _allowed("stage", caller)},
        "due": {c: said.text("due_in", count=c) for c in _CHOICES["due"]},
        "danger": {"yes": said.words["chip_danger"]},
    }
    here = platform_names()
    if len(here) > 1 or choice.platform:
        names["platform"] = {str(number): name for number, name in here.items()}
    return [
        {"name": name, "label": said.label("by", name), "choices": list(words.items()), "value": getattr(choice, name)}
        for name, words in names.items()
    ]
