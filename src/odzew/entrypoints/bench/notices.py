"""Items of a platform, and notices of them as they go over the wire: what benchmarks of the way in send.

Import it when Django is ready: in `ground`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

from odzew.cases.register import ItemIn, MediaIn
from odzew.entrypoints.bench.ground import Ground, acting
from odzew.foundation.moments import utc_now
from odzew.usecases.register_items import register_items

TEXT: Final = "Proszę to sprawdzić, to wzór mostu."
_BATCH: Final = 5_000


def post(*, number: int) -> str:
    """Return the address of an item."""
    return f"http://127.0.0.1:9/posts/{number}"


def register(*, desk: Ground, items: int) -> None:
    """Let the platform register so many items with a picture each."""
    our, caller = acting(desk=desk)
    for start in range(0, items, _BATCH):
        batch = [
            ItemIn(
                id=f"item-{n}",
                kind="post",
                url=post(number=n),
                account_id=f"account-{n % 1000}",
                media=(MediaIn(id=f"m-{n}", url=f"http://127.0.0.1:9/media/{n}", sha256=n.to_bytes(32, "big")),),
                spread=(n % 100, 0, utc_now()),
            )
            for n in range(start, min(start + _BATCH, items))
        ]
        register_items(items=batch, caller=caller, desk=our, now=utc_now())


def requests(*, desk: Ground, items: int) -> Iterator[bytes]:
    """Yield notices as requests, without end: seven of ten are the first on their item, three the second on one before."""
    number = 0
    while True:
        body = json.dumps(_notice(number if number % 10 < 7 else max(0, number - 700), items)).encode()
        head = (
            "POST /api/v1/notices HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {desk.api_key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body
        number += 1


def _notice(item: int, items: int) -> dict[str, Any]:
    return {
        "external_id": f"bench-{uuid.uuid4()}",
        "source": "user",
        "concern": {"kind": "csam", "minor": True, "claimant": "other", "flags": []},
        "where": [{"item_id": f"item-{item % items}"}],
        "text": TEXT,
        "language": "pl",
    }
