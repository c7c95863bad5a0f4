"""Signed links: a platform says that an item is its own, so that whoever reports it need not paste its address."""

from __future__ import annotations

import base64
import binascii
import hmac
import uuid
from html import escape
from typing import Final
from urllib.parse import urlencode

from odzew.foundation.secrets import Keys
from odzew.ledger.people import platforms

LONGEST_ITEM: Final = 200
_ABOUT: Final = b"report-link\n"


def link_signature(*, secret: str, item_id: str) -> str:
    """Return a platform's signature of one of its items: HMAC-SHA256 under its webhook secret, in hex.

    What is signed begins with words that no webhook begins with, so neither can pass for the other.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return ""
    return hmac.new(key, _ABOUT + item_id.encode(), "sha256").hexdigest() if key else ""


def link_address(*, desk_url: str, item_id: str, signature: str) -> str:
    """Return the link that opens the report form for an item."""
    return f"{desk_url}/r?{urlencode({'item': item_id, 'sig': signature})}"


def button_html(*, desk_url: str, item_id: str, signature: str) -> str:
    """Return a button in plain HTML that does the same, with the item in no address."""
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in (("item", item_id), ("sig", signature))
    )
    return f'<form method="post" action="{escape(desk_url)}/r" rel="noreferrer">{hidden}<button>Report</button></form>'


def signed_by(*, item_id: str, signature: str, keys: Keys) -> uuid.UUID | None:
    """Return the platform whose signature of this item it is, or None: forged, altered, or of another desk."""
    text = item_id.strip()
    if not text or len(item_id) > LONGEST_ITEM or "\x00" in item_id or not _whole(item_id) or not signature.isascii():
        return None
    for platform in platforms(keys=keys).values():
        made = link_signature(secret=platform.secret, item_id=item_id)
        if made and hmac.compare_digest(made, signature.lower()):
            return platform.id
    return None


def _whole(text: str) -> bool:
    """Is it text that UTF-8 can write?"""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
