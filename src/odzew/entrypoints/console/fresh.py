"""Has this person just shown their second factor? The one place that says so for looking."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from odzew.entrypoints.console.visit import Visit
from odzew.foundation.settings import settings
from odzew.ledger import people
from odzew.usecases.desk import Desk


def asks_for_code() -> bool:
    """Must a form carry a code? The demo asks for none, as it does for an API key."""
    return not settings().demo


def fresh_factor(*, request: HttpRequest, visit: Visit, desk: Desk, moment: datetime) -> bool:
    """Return whether the form carries the person's code of this moment, which is used up by it."""
    if not asks_for_code():
        return True
    code = request.POST.get("code", "").replace(" ", "")
    return code.isascii() and bool(code) and people.fresh_code(person=visit.caller.id, code=code, keys=desk.keys, now=moment)
