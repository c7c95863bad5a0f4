"""The script as it is served: our own files put together, without their comments, at an address that changes with them."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.views.decorators.http import require_safe

PARTS: Final = ("pdq.js", "sums.js", "worker.js", "page.js")
ALLOWED: Final = "; script-src 'self'; worker-src 'self'; img-src data: blob:; media-src blob:"
"""What a page with the script may do besides: run it, start it as a worker, and look at files that were chosen on it."""
_NOTHING: Final = "default-src 'none'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The script: its bytes, the same packed, and the hash that is part of its address."""

    content: bytes
    packed: bytes
    digest: str

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/fingerprint-{self.digest}.js"


def policy(*, of: str) -> str:
    """Return the Content-Security-Policy `of` a page with what the script needs; a page without the script needs nothing of it."""
    kept = [part for part in of.split("; ") if not part.startswith(("script-src", "worker-src", "img-src", "media-src"))]
    return "; ".join(kept) + ALLOWED


def source(*, name: str) -> str:
    """Return a part of the script as it was written."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def squeezed(*, text: str) -> str:
    """Leave out indentation, empty lines, and lines that are comments; all else stays, so that anybody can read what runs."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@cache
def script() -> Script:
    """Return the script."""
    parts = [squeezed(text=source(name=name)) for name in PARTS]
    content = "\n".join(["'use strict'", "{", *parts, "}", ""]).encode()
    packed = gzip.compress(content, compresslevel=9, mtime=0)
    return Script(content=content, packed=packed, digest=hashlib.sha256(content).hexdigest()[:12])


@require_safe
def fingerprint(request: HttpRequest, digest: str) -> HttpResponse:
    """The script, kept by browsers for good: its address changes with it. As a worker it may ask for nothing at all."""
    found = script()
    if digest != found.digest:
        return HttpResponsePermanentRedirect(found.address)
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(
        found.packed if packs else found.content,
        content_type="text/javascript; charset=utf-8",
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": _NOTHING,
            "Vary": "Accept-Encoding",
        },
    )
    if packs:
        answer.headers["Content-Encoding"] = "gzip"
    return answer
