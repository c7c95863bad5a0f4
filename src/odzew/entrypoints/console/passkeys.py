"""Passkeys on pages: where they work, the form that asks for one, and the small script that hands it to the browser."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from odzew.entrypoints.console.kept_files import kept, served
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
    return {"question": question, "script": kept("passkey.js")[1]}


def answer_of(request: HttpRequest) -> Answer | None:
    """Return the answer of a passkey in a form, or None if there is none."""
    text, place = request.POST.get("answer", ""), passkey_place()
    return Answer(text=text, sealed=request.POST.get("sealed", ""), place=place) if text and place else None


@require_safe
def passkey_script(request: HttpRequest, digest: str) -> HttpResponse:
    """The script, kept by browsers for good: its address changes with it."""
    return served("passkey.js", digest)
