"""A pretend platform in this process: it hosts the story's items, counts their views by the assumed curve, and obeys orders at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.entrypoints.replay.curves import reposts_at, views_at
from odzew.entrypoints.replay.story import Case, Curve, Item
from odzew.foundation.outgoing import Reply

HOST: Final = "platform.example"
WEBHOOK: Final = f"https://{HOST}/webhooks"
_SERVED: Final = 200
_STATUS: Final = {"withhold": 451, "remove": 410, "restore": _SERVED}


def page(*, item: str) -> str:
    """Return the address of an item."""
    return f"https://{HOST}/posts/{_slug(item)}"


def file(*, item: str) -> str:
    """Return the address of an item's file."""
    return f"https://{HOST}/files/{_slug(item)}"


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From `at` on the story's items are served (`served`: at least one of them) or not."""

    at: datetime
    served: bool


@dataclass(slots=True, kw_only=True)
class _Seen:
    """What one item gathered while it was served."""

    views: float = 0.0
    reposts: float = 0.0


class PretendPlatform:
    """Implements `Outgoing`. `changes` tell when strangers could see the story; `series` is its views over time."""

    def __init__(self, *, case: Case, curve: Curve, clock: Callable[[], datetime]) -> None:
        self._case, self._curve, self._clock = case, curve, clock
        self._status: dict[str, int] = {}
        self._items: dict[str, Item] = {i.id: i for i in case.items}
        self._seen = {i.id: _Seen() for i in case.items}
        self._counted_to = case.posted
        self.changes: list[Change] = []
        self.series: list[tuple[datetime, float]] = []

    def publish(self, *, now: datetime) -> None:
        """Open the story's items to strangers."""
        for item in self._items:
            self._status[page(item=item)] = self._status[file(item=item)] = _SERVED
        self.changes.append(Change(at=now, served=True))

    def count(self, *, now: datetime) -> None:
        """Add the views since the last count to what is served."""
        case, curve, before = self._case, self._curve, self._counted_to
        views = views_at(case=case, curve=curve, now=now) - views_at(case=case, curve=curve, now=before)
        reposts = reposts_at(case=case, curve=curve, now=now) - reposts_at(case=case, curve=curve, now=before)
        for item in self._items.values():
            if self.serves(item=item.id):
                self._seen[item.id].views += views * item.share
                self._seen[item.id].reposts += reposts * item.share
        self._counted_to = max(now, before)
        self.series.append((now, self.views))

    @property
    def views(self) -> float:
        """All views so far."""
        return sum(s.views for s in self._seen.values())

    def spread(self, *, item: str) -> tuple[int, int]:
        """Return the views and reposts of an item, as the platform's own counter shows them."""
        return int(self._seen[item].views), int(self._seen[item].reposts)

    def serves(self, *, item: str) -> bool:
        """Can a stranger see the item's file?"""
        return self._status.get(file(item=item)) == _SERVED

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Take a webhook, and obey."""
        message = json.loads(body)
        if message["type"] == "measure.ordered" and (item := message["data"].get("item")):
            self._obey(message["data"]["measure"], [item["url"], *(m["url"] for m in item["media"])])
        return Reply(status=202)

    def _obey(self, measure: str, places: list[str]) -> None:
        now = self._clock()
        if now >= self._case.posted:
            self.count(now=now)
        for place in places:
            self._status[place] = _STATUS[measure]
        served = any(self.serves(item=i) for i in self._items)
        if self.changes and self.changes[-1].served != served:
            self.changes.append(Change(at=now, served=served))

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Show what a stranger sees."""
        return Reply(status=self._status.get(url, _SERVED))
