"""What the answers of the report form mean in the vocabulary: few questions, and nobody is asked for a word of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from odzew.cases.addresses import host_of, normal
from odzew.cases.data import Place
from odzew.notices.data import Concern

WHO: Final = {"me": "depicted", "my_child": "guardian", "someone_else": "other"}
AGE: Final[dict[str, bool | None]] = {"under_18": True, "18_or_over": False, "unknown": None}
WHAT: Final = ("posted", "threat", "money", "fake", "spread", "contact", "danger")
_FLAGS: Final = {"money": "money_demanded", "fake": "synthetic", "spread": "viral", "danger": "imminent"}
_AROUND: Final = "<>[]{}\"'„”“,;!?.:"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswers:
    """What somebody answered. An empty `who` or `age` was left out: nothing is refused for that.

    `hashes`: the fingerprint that their own device made, as a notice has it.
    """

    who: str = ""
    age: str = ""
    what: frozenset[str] = frozenset()
    where: str = ""
    more: str = ""
    language: str = ""
    hashes: tuple[dict[str, Any], ...] = ()


def concern_of(*, answers: FormAnswers) -> Concern:
    """Return what a reporter says it is. An age that was left out is unknown, a person that was left out somebody else.

    A threat hides nothing by itself (practice 4); where something was posted as well, it is the posted thing that counts.
    """
    minor, what = AGE.get(answers.age), answers.what
    flags = {flag for tick, flag in _FLAGS.items() if tick in what}
    if "threat" in what and not what & {"posted", "spread"}:
        flags.add("threat_to_publish")
    return Concern(kind=_kind(minor, what), minor=minor, claimant=WHO.get(answers.who, "other"), flags=frozenset(flags))


def _kind(minor: bool | None, what: Collection[str]) -> str:
    if "threat" in what or "money" in what:
        return "sextortion_child" if minor else "sextortion_adult"
    if "contact" in what and "posted" not in what:
        return "grooming"
    return "csam" if minor else "ncii"


def links_in(*, text: str, hosts: Collection[str] = ()) -> list[str]:
    """Return the addresses in what somebody typed, each once: what has a scheme, begins with www., or is on one of `hosts`.

    Only what names a page: the bare address of a site says no more than a word, and would make one item of everything on it.
    """
    return [word for word in _words(text) if _is_link(word, hosts)]


def _words(text: str) -> list[str]:
    """The words of a text, each once, without what stands around them; a bracket that opens in an address closes in it."""
    return list(dict.fromkeys(_bare(word.strip(_AROUND).lstrip("(" + _AROUND)) for word in text.split()))


def _bare(word: str) -> str:
    while word.endswith(")") and word.count(")") > word.count("("):
        word = word[:-1].rstrip(_AROUND)
    return word


def _is_link(word: str, hosts: Collection[str]) -> bool:
    schemed = re.match(r"https?://", word, re.IGNORECASE)
    named = normal(url=word)
    host = named.partition("/")[0].partition("?")[0]
    if host == named or "@" in re.sub(r"^https?://", "", word, flags=re.IGNORECASE).partition("/")[0]:
        return False
    known = on_one_of(link=word, hosts=hosts)
    return known or ("." in host and bool(schemed or word.lower().startswith("www.")))


def on_one_of(*, link: str, hosts: Collection[str]) -> bool:
    """Is the address on one of these hosts, or on a part of it (www.)?"""
    host = host_of(url=link if "://" in link else f"https://{link}")
    return any(host == one or host.endswith(f".{one}") for one in hosts)


def places_of(*, links: Collection[str]) -> tuple[Place, ...]:
    """Return the places that these addresses name."""
    return tuple(Place(url=link) for link in links)


def text_of(*, answers: FormAnswers, links: Collection[str]) -> str:
    """Return the reporter's own words: where it is, unless that is addresses alone, and what more they say."""
    told = answers.where.strip()
    bare = set(_words(told)) <= set(links)
    return "\n\n".join(part for part in ("" if bare else told, answers.more.strip()) if part)
