"""What the desk may write to a reporter in the thread: one of a few templates, and at most one plain line that asks for nothing.

A person of the desk can never ask a child for contact, a picture, a meeting or a document, nor give a way to them: the line is held
against the lists of every language at once, whatever it is written in. Templates come from the language files and pass their check.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from odzew.answers.lint import check_text
from odzew.answers.wordbook import book, codes, say

LONGEST_LINE: Final = 200
NEVER: Final = ("contact", "pictures", "meeting", "identity")
_NO_ACCENT: Final = str.maketrans("łŁøØđĐ", "lLoOdD")
# A link, a host, a mail address, a name of an account; and figures that could be a telephone number, in whatever groups.
_WAYS: Final = (r"\w+:/", r"\bwww\b", r"\w\s?[@#]\s?\w|@\w", r"[^\W\d_][\w-]*\.[^\W\d_]{2,}", r"(?:\d[\s().+/-]*){5,}", r"[\\/|]\w")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a report stands, as a template may say it: somebody wrote, it is still open, its reporter was told the decision."""

    written: bool
    open: bool
    answered: bool


# In the order they are offered; each only where what it says is true.
TEMPLATES: Final[dict[str, Callable[[Standing], bool]]] = {
    "received": lambda s: s.written,
    "send_link": lambda s: True,
    "no_files": lambda s: True,
    "still_looking": lambda s: s.open and not s.answered,
    "decided": lambda s: s.answered,
    "not_your_fault": lambda s: True,
    "call": lambda s: True,
}


def offered(*, standing: Standing) -> tuple[str, ...]:
    """Return the templates that are true of a report as it stands."""
    return tuple(name for name, true in TEMPLATES.items() if true(standing))


def compose_reply(*, template: str, line: str, language: str, emergency: str, helplines: tuple[tuple[str, str], ...] = ()) -> str:
    """Return what the reporter reads: the template in their language, and under it the line as it was written."""
    lines = "\n".join(f"{title}: {number}" if number else title for title, number in helplines)
    said = say(key=f"reply.{template}", language=language, emergency=emergency, helplines=lines)
    return "\n".join(part for part in (said.strip(), line) if part)


def plain(*, typed: str) -> str:
    """Return a typed line as it is kept: one line, in composed letters, without what cannot be seen."""
    text = "".join(" " if c.isspace() else c for c in unicodedata.normalize("NFC", typed))
    return " ".join("".join(c for c in text if unicodedata.category(c)[0] != "C").split())


def never_said(*, line: str) -> str:
    """Return the first word of a line that is never written to a reporter, or nothing: what asks for something, or gives a way."""
    folded = _fold(line)
    found = next((hit for pattern in (_ways(), _asking()) if (hit := pattern.search(folded))), None)
    return found.group().strip() if found else ""


def reveals(*, line: str) -> str:
    """Return what in a line would tell of others, of sources or of what was matched, or is never said to anybody; or nothing."""
    for code in codes():
        lint = book(language=code).lint
        for pattern in (*lint.reveals, *lint.forbidden):
            if hit := re.search(_fold(pattern), _fold(line)):
                return hit.group()
    return ""


def advice(*, line: str, language: str) -> list[str]:
    """Say what is hard to read in a line, for its writer; never a bar to sending."""
    return check_text(text=line, code=book(language=language).code) if line else []


def _fold(text: str) -> str:
    """Letters without accents and capitals, figures and forms of letters as the plain ones."""
    spread = unicodedata.normalize("NFKD", text.translate(_NO_ACCENT))
    return "".join(c for c in spread if not unicodedata.combining(c)).lower()


@cache
def _ways() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{way})" for way in _WAYS))


@cache
def _asking() -> re.Pattern[str]:
    words = [word for code in codes() for what in NEVER for word in book(language=code).never[what]]
    return re.compile("|".join(f"(?:{_fold(word)})" for word in words))
