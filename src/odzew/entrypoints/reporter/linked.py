"""The post that somebody came from, as the form carries it: sealed, so that neither an address nor a page says which."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Final

from odzew.entrypoints.reporter import pages
from odzew.foundation.moments import utc_now
from odzew.ledger.links import signed_by
from odzew.usecases.file_report import HostedItem

# In an address it opens the form for this long; in a page, as long as the page is open.
FRESH: Final = timedelta(minutes=10)
_WHAT: Final = "report link"
_LONGEST: Final = 4096


def sealed(*, item_id: str, signature: str) -> str:
    """Return a sealed item for a signature that one of our platforms made, else nothing."""
    keys = pages.desk().keys
    platform = signed_by(item_id=item_id, signature=signature, keys=keys)
    if platform is None:
        return ""
    content = [_WHAT, str(platform), item_id, utc_now().isoformat()]
    return keys.seal(clear=json.dumps(content).encode()).decode()


def item_in(*, given: str) -> HostedItem | None:
    """Return the item in what a page carried, or None: not sealed by this desk."""
    opened = _opened(given)
    return opened[0] if opened else None


def in_address(*, given: str) -> str:
    """Return what stood in an address if it is a sealed item of the last minutes, else nothing."""
    opened = _opened(given)
    return given if opened and timedelta(0) <= utc_now() - opened[1] <= FRESH else ""


def _opened(given: str) -> tuple[HostedItem, datetime] | None:
    if not given or len(given) > _LONGEST or not given.isascii():
        return None
    clear = pages.desk().keys.unseal(sealed=given.encode())
    content = json.loads(clear) if clear and clear.startswith(f'["{_WHAT}"'.encode()) else None
    if content is None:
        return None
    return HostedItem(platform=uuid.UUID(content[1]), item_id=content[2]), datetime.fromisoformat(content[3])
