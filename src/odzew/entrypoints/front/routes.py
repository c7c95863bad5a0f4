"""How much may be sent where, before anybody has looked at it; each route's own door is narrower."""

from __future__ import annotations

import re
from typing import Final

from odzew.entrypoints.api.bodies import BATCH, KB, MULTIPART
from odzew.entrypoints.api.check import BODY

SMALL: Final = 1024 * KB
_BATCHES: Final = frozenset({"/api/v1/items:batch", "/api/v1/notices:batch"})
_FILES: Final = re.compile(r"/api/v1/check|/h/hash|/m/lookup|/c/bank/[^/]+/content")


def large_of(*, method: str, path: str, content_type: str) -> int:
    """Return how many bytes a call takes that takes more than `SMALL`: one with a file, or a batch; 0 for all others."""
    if method != "POST":
        return 0
    if path in _BATCHES:
        return BATCH
    file = content_type.partition(";")[0].strip().lower() == MULTIPART
    return BODY if file and _FILES.fullmatch(path) else 0
