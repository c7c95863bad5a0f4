"""Is it alive, is it ready, how is it doing: for supervisors and for monitoring, at the root."""

from __future__ import annotations

import ipaddress
from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse

from odzew.cases.clocks import overdue as overdue_clocks
from odzew.cases.queue import how_many_wait
from odzew.cases.unhashed import count_unhashed
from odzew.enforcement.api import overdue_probes
from odzew.entrypoints.api import counters
from odzew.entrypoints.api.door import Rights, caller_of, pace
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import WrongMethod, refuse
from odzew.foundation.errors import OdzewError, Unauthorised, Unavailable
from odzew.foundation.moments import utc_now
from odzew.ledger.api import unsealed_for
from odzew.ledger.outbox import overdue as overdue_deliveries

LATE: Final = timedelta(seconds=30)
_METRICS: Final = Rights(scopes=frozenset({"metrics"}))
_FORWARDED: Final = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def _get_only(request: HttpRequest) -> HttpResponse | None:
    if request.method in ("GET", "HEAD"):
        return None
    return refuse(request, WrongMethod("This address is read with GET.", allow="GET, HEAD"))


def healthz(request: HttpRequest) -> HttpResponse:
    """200: this process answers."""
    return _get_only(request) or HttpResponse(b'{"alive":true}', content_type="application/json")


def overdue(*, now: datetime) -> dict[str, int]:
    """Return how much is late by more than 30 s: clocks, deliveries, looks at addresses, the record."""
    return {
        "clocks": overdue_clocks(now=now, by=LATE),
        "deliveries": overdue_deliveries(now=now, by=LATE),
        "probes": overdue_probes(now=now, by=LATE),
        "record": int(unsealed_for(now=now, longer_than=LATE)),
    }


def readyz(request: HttpRequest) -> HttpResponse:
    """200: the database answers and nothing is overdue; else 503 with what is."""
    if wrong := _get_only(request):
        return wrong
    try:
        late = overdue(now=utc_now())
    except (DatabaseError, InterfaceError):
        return refuse(request, Unavailable("The database does not answer.", ready=False, database=False, retry_after=2))
    if any(late.values()):
        words = ", ".join(f"{number} {name}" for name, number in late.items() if number)
        return refuse(request, Unavailable(f"Overdue by more than 30 seconds: {words}.", ready=False, database=True, overdue=late))
    return HttpResponse(to_json({"ready": True, "database": True, "overdue": late}), content_type="application/json")


def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text form, for a key with the scope `metrics`, or from this machine itself."""
    if wrong := _get_only(request):
        return wrong
    try:
        _admit(request)
        now = utc_now()
        late = overdue(now=now)
        figures = [("odzew_cases_waiting", "Cases that nobody has decided.", "", how_many_wait())]
        figures += [("odzew_overdue", "What is late by more than 30 s.", f'{{what="{k}"}}', n) for k, n in late.items()]
        figures += [
            ("odzew_hosted_files", "Files without PDQ that the desk has not hashed.", f'{{state="{state}"}}', n)
            for state, n in unhashed().items()
        ]
    except (OdzewError, DatabaseError, InterfaceError) as error:
        return refuse(request, error)
    text = counters.text(gauges=figures)
    return HttpResponse(text.encode(), content_type="text/plain; version=0.0.4; charset=utf-8")


def unhashed() -> Counter[str]:
    """Return how many files without PDQ wait to be hashed, and how many were given up."""
    counts: Counter[str] = Counter({"waiting": 0, "given_up": 0})
    for (_platform, state), number in count_unhashed().items():
        counts[state] += number
    return counts


def _admit(request: HttpRequest) -> None:
    header = request.headers.get("Authorization", "")
    if header:
        caller = caller_of(authorization=header, now=utc_now())
        _METRICS.check(caller=caller)
        pace(caller=caller)
    elif not _from_here(request):
        raise Unauthorised("Send a key with the scope metrics, or ask from the machine itself.")


def _from_here(request: HttpRequest) -> bool:
    """A proxy on this machine passes strangers on, and says so in a header; then the address proves nothing."""
    if any(name in request.META for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(str(request.META.get("REMOTE_ADDR") or "")).is_loopback
    except ValueError:
        return False
