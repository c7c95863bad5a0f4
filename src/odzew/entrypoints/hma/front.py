"""In front of Django: a hash that nothing is near is answered from memory, as `POST /api/v1/check` is; all else goes on as it came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl

from odzew.entrypoints.api.counters import count
from odzew.entrypoints.api.door import pace_checks, remembered
from odzew.entrypoints.api.edge import HEADERS
from odzew.entrypoints.check.front import Application, Environ, Start
from odzew.entrypoints.check.quick import NEAREST, Quick, Unknown
from odzew.entrypoints.hma.door import LOOKUP, authorization_of
from odzew.entrypoints.hma.signals import signal_of
from odzew.foundation.errors import OdzewError
from odzew.matching.api import Query

_NOTHING: Final = {"/m/lookup": b"{}", "/m/raw_lookup": b'{"matches": []}'}
_LONGEST: Final = 400
# With any other parameter it is a question for the route.
_ASKED: Final = ["signal", "signal_type"]
_HEADERS: Final = [("Content-Type", "application/json"), *HEADERS.items()]


def in_front(*, application: Application, quick: Quick) -> Application:
    """Return an application that answers what `quick` can, and hands all else to `application` unchanged."""

    def answer(environ: Environ, start: Start) -> Iterable[bytes]:
        said = _NOTHING.get(environ.get("PATH_INFO", "")) if environ.get("REQUEST_METHOD") == "GET" else None
        if said is None or not _unknown(environ, quick):
            return application(environ, start)
        start("200 OK", [*_HEADERS, ("Content-Length", str(len(said)))])
        count(what="api", status=200)
        return [said]

    return answer


def _unknown(environ: Environ, quick: Quick) -> bool:
    """Is one hash asked about, by a key that may, and nothing near it?"""
    query = environ.get("QUERY_STRING", "")
    caller = remembered(authorization=authorization_of(header=environ.get("HTTP_AUTHORIZATION", "")))
    if caller is None or len(query) > _LONGEST:
        return False
    asked = parse_qsl(query, keep_blank_values=True)
    if sorted(name for name, _value in asked) != _ASKED:
        return False
    try:
        LOOKUP.check(caller=caller)
        words = dict(asked)
        type_, value = signal_of(name=words["signal_type"], text=words["signal"])
        near = Query(type=type_, hash=value, radius=NEAREST if type_ == "pdq" else 0)
        quick.nothing_near(queries=[near], caller=caller, pace=pace_checks)
    except (OdzewError, Unknown):
        return False
    return True
