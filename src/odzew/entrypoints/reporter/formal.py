"""The formal request on the status page: folded away, optional, and what was typed comes back with what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest

from odzew.answers.wordbook import moment, say
from odzew.entrypoints.reporter import pages
from odzew.entrypoints.reporter.draft import typed_text
from odzew.usecases.sign_formal_request import FormalState

_TITLES: Final = {"tida": "us", "uk": "uk"}
# No name is asked for where the law asks for none.
_SIGNED: Final = frozenset({"tida"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody filled in under a law, and the field that is wrong, if one is."""

    law: str = ""
    signature: str = ""
    reach: str = ""
    mail: str = ""
    error: str = ""

    @property
    def contact(self) -> str | None:
        """The address that was given as the contact; None where it is the status page."""
        return self.mail if self.reach == "mail" else None


def read_typed(request: HttpRequest) -> Typed:
    """Return what the fold-out sent; an address without the choice of it is not kept."""
    sent = {name: " ".join(typed_text(request.POST.get(name, "")).split()) for name in ("law", "signature", "reach", "mail")}
    return Typed(**sent)


def statement(*, law: str, language: str) -> str:
    """Return what stands above the signature."""
    return say(key=f"page.formal_says_{_TITLES[law]}", language=language) if law in _TITLES else ""


def part(*, state: FormalState, typed: Typed, language: str, now: datetime) -> dict[str, Any]:
    """Return one formal request as the page shows it: to be signed, or on record with the end of the law's time."""
    title = _TITLES[state.law]
    mine = typed if typed.law == state.law else Typed()
    return {
        "law": state.law,
        "title": say(key=f"page.formal_{title}", language=language),
        "help": say(key=f"page.formal_{title}_help", language=language),
        "says": statement(law=state.law, language=language),
        "signs": state.law in _SIGNED,
        "recorded": _recorded(state.until, language, now) if state.until else "",
        "signature": mine.signature,
        "reach": mine.reach,
        "mail": mine.mail,
        "error": mine.error,
    }


def _recorded(until: datetime, language: str, now: datetime) -> str:
    if until <= now:
        return say(key="page.formal_over", language=language)
    at = moment(at=until, now=now, zone=pages.desk().zone, language=language, up=True)
    return say(key="page.formal_until", language=language, until=at)
