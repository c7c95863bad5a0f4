"""Words that may mean that somebody is in danger now. They show the emergency number and ring; they never refuse anything."""

from __future__ import annotations

import re
from functools import cache

from odzew.answers.wordbook import book, codes


def speaks_of_danger(*, text: str) -> bool:
    """Is there, in any of our languages, a word for danger now? People write in the language they are afraid in."""
    return _words().search(" ".join(text.replace("’", "'").split())) is not None


@cache
def _words() -> re.Pattern[str]:
    return re.compile("|".join(rf"(?:{word})" for code in codes() for word in book(language=code).danger), re.IGNORECASE)
