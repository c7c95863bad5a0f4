"""Asking somebody who is signed in for their second factor anew: before a clear view, an export, a key, a change of factors or policy."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseRedirect

from odzew.entrypoints.console.visit import Visit

PAGE: Final = "/console/step-up"
_BACK: Final = re.compile(r"/console/[A-Za-z0-9/_-]{0,200}")


def require_step_up(*, visit: Visit, back: str, now: datetime) -> HttpResponse | None:
    """Return None if the person gave a second factor in this visit within the last five minutes, else the way to the page that asks.

    A view begins with it, before it reads or changes anything, and answers with what it returns. `back` is the page that it leads to
    afterwards: one that is safe to look at, not the form's own address. In a demo, where the one-click link signs in without any
    factor, nothing is asked.
    """
    if visit.kept.fresh(now=now) or visit.kept.how == "link":
        return None
    answer = HttpResponseRedirect(f"{PAGE}?back={quote(back, safe='/')}")
    answer.status_code = 303
    return answer


def back_of(text: str) -> str:
    """Return where a step-up leads back to: a page of the console, or its beginning for anything else."""
    return text if _BACK.fullmatch(text) else "/console/"
