"""What is refused, in the reader's language: the one place where an error becomes words for people."""

from __future__ import annotations

from datetime import UTC, datetime

from odzew.answers.times import say_time
from odzew.answers.wordbook import REFERENCE, book
from odzew.foundation.errors import OdzewError


def refusal(*, error: OdzewError, language: str, zone: str = "", now: datetime | None = None) -> str:
    """Return why something was refused: the words of its `why`, else of its family; in the reference language its own sentence.

    A time in it is told in `zone`, seen from `now`; without them in UTC, as programs read it.
    """
    words = book(language=language)
    template = words.sentences.get(f"refusal.{error.detail.get('why', '')}")
    if template is None:
        return error.sentence if words.code == REFERENCE else words.sentences.get(f"problem.{error.code}", error.sentence)
    when = str(error.detail.get("not_before") or "")
    if when:
        at = datetime.fromisoformat(when)
        told = (
            say_time(at=at, now=now, zone=zone, words=words.times, up=True) if now else f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        )
        return template.format(when=told)
    return template.format(most=error.detail.get("most", ""), word=error.detail.get("word", ""))
