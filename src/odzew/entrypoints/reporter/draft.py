"""What has been answered so far: it travels in the pages and in nothing else, so a server that is killed loses none of it."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, QueryDict

from odzew.answers.danger import speaks_of_danger
from odzew.answers.wordbook import codes
from odzew.entrypoints.reporter import linked, pages
from odzew.entrypoints.reporter.fingerprint.given import read_hashes
from odzew.notices.form import AGE, WHAT, WHO, FormAnswers
from odzew.usecases.file_report import LONGEST_MORE, LONGEST_WHERE

STEPS: Final = 3
# Every name that a field of the form may have; the earlier answers are carried in hidden fields of the same names.
FIELDS: Final = ("who", "age", "what", "where", "more", "hashes", "item", "answer")
CARRIED: Final = ("lang", "once", "step")
# Whoever else has the file should not look for it, keep it, or open it again (practice 11).
HAVE_IT: Final = ("me", "my_child")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The answers as typed, the language, the form's own token, and which screen (1 to 3) they were sent from.

    `item`: the post that they came from, sealed.
    """

    who: str = ""
    age: str = ""
    what: tuple[str, ...] = ()
    where: str = ""
    more: str = ""
    hashes: str = ""
    item: str = ""
    answer: str = ""
    lang: str = ""
    once: str = ""
    step: int = 1

    @property
    def danger(self) -> bool:
        """Was it ticked or written that somebody is in danger now?"""
        return "danger" in self.what or speaks_of_danger(text=f"{self.where}\n{self.more}")

    @property
    def offered(self) -> bool:
        """Is a fingerprint of the file offered, and taken?"""
        return self.who in HAVE_IT

    @property
    def empty(self) -> bool:
        """Does nothing say yet where or what it is?"""
        return not (self.where.strip() or self.more.strip() or self.hashes or self.item)

    @property
    def too_long(self) -> str:
        """The field that is longer than what is taken, or nothing."""
        return "where" if len(self.where) > LONGEST_WHERE else "more" if len(self.more) > LONGEST_MORE else ""

    def answers(self) -> FormAnswers:
        """Return what is filed."""
        what = frozenset(self.what) | ({"danger"} if self.danger else frozenset())
        return FormAnswers(
            who=self.who,
            age=self.age,
            what=what,
            where=self.where,
            more=self.more,
            language=self.lang,
            hashes=read_hashes(text=self.hashes),
        )

    def carried(self) -> list[tuple[str, str]]:
        """Return the hidden fields of the screen that comes after `step` screens: all that is not asked on it."""
        first = [("who", self.who), ("age", self.age), *(("what", tick) for tick in self.what)]
        second = [("where", self.where), ("more", self.more), ("hashes", self.hashes)]
        shown = {1: second, 2: first, 3: [*first, *second]}[self.step]
        return [(name, value) for name, value in (*shown, ("item", self.item)) if value]


def read_draft(request: HttpRequest) -> Draft:
    """Return what a page of the form sent. What is not one of its answers is left out, never refused."""
    sent = request.POST
    who, age, hashes, item, answer = (sent.get(name, "") for name in ("who", "age", "hashes", "item", "answer"))
    language = sent.get("switch", "")
    return Draft(
        who=who if who in WHO else "",
        age=age if age in AGE else "",
        what=tuple(tick for tick in WHAT if tick in sent.getlist("what")),
        where=typed_text(sent.get("where", "")),
        more=typed_text(sent.get("more", "")),
        hashes=hashes if who in HAVE_IT and read_hashes(text=hashes) else "",
        item=item if linked.item_in(given=item) else "",
        answer=answer,
        lang=language if language in codes() else pages.language_of(request),
        once=ours(sent.get("once", "")) or new_once(),
        step=_step(sent),
    )


def _step(sent: QueryDict) -> int:
    """Which screen was filled in; one that does not say so is known by what it asked."""
    said = sent.get("step", "")
    if said in ("1", "2", "3"):
        return int(said)
    return 3 if "answer" in sent else 2 if "where" in sent or "more" in sent else 1


def typed_text(typed: str) -> str:
    """Return what somebody typed with lines as we count them, and without what no database takes."""
    return typed.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


def new_once() -> str:
    """Return a token that nobody can guess and that only this desk can have made."""
    token = secrets.token_hex(16)
    return token + _mark(token)


def ours(given: str) -> str:
    """Return a token if this desk made it, else nothing."""
    token, mark = given[:32], given[32:]
    return given if given.isascii() and hmac.compare_digest(mark, _mark(token)) else ""


def _mark(token: str) -> str:
    return hmac.digest(pages.desk().keys.derive(label="form"), token.encode(), "sha256")[:8].hex()
