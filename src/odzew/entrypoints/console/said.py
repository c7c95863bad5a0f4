"""The words of the console: every label from the language files, times as spans and as moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from odzew.answers.times import say_time
from odzew.answers.wordbook import book


@lru_cache(maxsize=16)
def _labels(language: str) -> dict[str, str]:
    found = book(language=language).sentences
    return {key.removeprefix("console."): text for key, text in found.items() if key.startswith("console.")}


def number(value: float) -> str:
    """Write a whole number so that its size is seen at a glance, in any language."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How this page speaks: its language, its time zone and its moment."""

    language: str
    zone: str
    now: datetime

    @property
    def words(self) -> dict[str, str]:
        """All labels by key, without their section."""
        return _labels(self.language)

    def label(self, group: str, name: str, **values: Any) -> str:
        """Return `group_name`; what has no label of its own has the group's `other`, else its own name."""
        found = self.words.get(f"{group}_{name}") or self.words.get(f"{group}_other") or name
        return found.format(**values)

    def text(self, key: str, **values: Any) -> str:
        """Return one label with its values."""
        return self.words[key].format(**values)

    def tries(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the tries of a delivery, each with when it was and what came back."""
        return [{"at": self.time(t["at"]), "result": t["status"] or t["error"] or self.words["no_reply"]} for t in found]

    def reason(self, code: str) -> str:
        """Return a reason of the judgement in words."""
        return book(language=self.language).sentences.get(f"reason.{code}", code)

    def time(self, at: datetime) -> dict[str, str]:
        """Return a moment for `<time>`, in words."""
        words = book(language=self.language).times
        return {"iso": at.isoformat(timespec="seconds"), "text": say_time(at=at, now=self.now, zone=self.zone, words=words)}

    def due(self, at: datetime) -> dict[str, Any]:
        """Return a moment to come as what is left until it, and how near it is (`late`, `soon` within an hour, or empty)."""
        left = at - self.now
        key, near = ("late_by", "late") if left < timedelta(0) else ("in_time", "soon" if left <= timedelta(hours=1) else "")
        return {**self.time(at), "left": self.text(key, span=span(length=abs(left))), "near": near}


def span(*, length: timedelta) -> str:
    """Say a length shortly: `38 min`, `3 h 12 min`, `2 d 4 h`."""
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d", f"{hours} h"] if days else [f"{hours} h", f"{rest} min"] if hours else [f"{rest} min"]
    return " ".join(p for p in parts if not p.startswith("0 ") or len(parts) == 1)
