"""The platform of the simulation: it obeys orders at once, and remembers since when each post is shown or not."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from odzew.entrypoints.replay.platform import file, page
from odzew.foundation.outgoing import Reply

_STATUS: Final = {"withhold": 451, "remove": 410, "restore": 200}


class Host:
    """Implements `Outgoing`. `orders` are those it followed, by post: when, and which."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._status: dict[str, int] = {}
        self.orders: dict[str, list[tuple[datetime, str]]] = {}

    def post(self, *, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Take a webhook, and obey."""
        message = json.loads(body)
        if message["type"] == "measure.ordered" and (item := message["data"].get("item")):
            measure = message["data"]["measure"]
            for place in (page(item=item["id"]), file(item=item["id"])):
                self._status[place] = _STATUS[measure]
            self.orders.setdefault(item["id"], []).append((self._clock(), measure))
        return Reply(status=202)

    def look(self, *, url: str, hosts: Sequence[str], private: Sequence[str]) -> Reply:
        """Show what a stranger sees."""
        return Reply(status=self._status.get(url, 200))

    def shows(self, *, item: str) -> bool:
        """Can a stranger see the post's picture?"""
        return self._status.get(file(item=item), 200) == 200
