"""Passkeys on pages: where they work, the form that asks for one, and the small script that hands it to the browser."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.views.decorators.http import require_safe

from odzew.foundation.settings import settings
from odzew.ledger.passkeys import Answer, Place, Question, ask
from odzew.usecases.desk import Desk


def passkey_place() -> Place | None:
    """Return where passkeys of this desk work, or None: they need a host's name, and HTTPS unless it is this machine itself.

    A desk on a loopback address is reached as `localhost` for them: browsers make none for a number.
    """
    parts = urlsplit(settings().base_url)
    host = parts.hostname or ""
    try:
        host = "localhost" if ip_address(host).is_loopback else ""
    except ValueError:
        host = host.lower()
    if not host or (parts.scheme != "https" and host != "localhost"):
        return None
    port = f":{parts.port}" if parts.port and parts.port != (443 if parts.scheme == "https" else 80) else ""
    return Place(rp=host, origin=f"{parts.scheme}://{host}{port}")


def asked(*, desk: Desk, now: datetime) -> dict[str, Any]:
    """Return what a page needs to ask for a passkey; nothing where they do not work."""
    place = passkey_place()
    return form_of(ask(place=place, keys=desk.keys, now=now)) if place else {}


def form_of(question: Question) -> dict[str, Any]:
    """Return what a page with a question for a passkey needs."""
    return {"question": question, "script": script()[1]}


def answer_of(request: HttpRequest) -> Answer | None:
    """Return the answer of a passkey in a form, or None if there is none."""
    text, place = request.POST.get("answer", ""), passkey_place()
    return Answer(text=text, sealed=request.POST.get("sealed", ""), place=place) if text and place else None


@cache
def script() -> tuple[bytes, str]:
    """Return the script and the hash that is part of its address."""
    content = files("odzew.entrypoints.console").joinpath("passkey.js").read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:12]


@require_safe
def passkey_script(request: HttpRequest, digest: str) -> HttpResponse:
    """The script, kept by browsers for good: its address changes with it."""
    content, current = script()
    if digest != current:
        return HttpResponsePermanentRedirect(f"/console/passkey-{current}.js")
    lasting = {"Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(content, content_type="text/javascript; charset=utf-8", headers=lasting)
