"""The stylesheet and the scripts of the console, kept by browsers for good: an address changes with what it leads to."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from django.http import HttpResponse, HttpResponsePermanentRedirect

_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_FOR_GOOD: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def kept(name: str) -> tuple[bytes, str]:
    """Return a file of the console and the hash that is part of its address."""
    content = files("odzew.entrypoints.console").joinpath(name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


def served(name: str, digest: str) -> HttpResponse:
    """Return a file of the console; an address of before leads to the one of now."""
    content, current = kept(name)
    stem, _, kind = name.rpartition(".")
    if digest != current:
        return HttpResponsePermanentRedirect(f"/console/{stem}-{current}.{kind}")
    return HttpResponse(content, content_type=_TYPES[kind], headers=_FOR_GOOD)
