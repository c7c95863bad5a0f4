"""In front of Django: a check by hashes that match nothing is answered from memory; everything else goes on as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Final

from pydantic import ValidationError

from odzew.entrypoints.api.bodies import JSON
from odzew.entrypoints.api.counters import count
from odzew.entrypoints.api.door import pace_checks, remembered
from odzew.entrypoints.api.edge import HEADERS
from odzew.entrypoints.check.quick import Quick, Unknown
from odzew.entrypoints.check.shapes import CheckIn
from odzew.foundation.errors import OdzewError

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]

PATH: Final = "/api/v1/check"
LONGEST: Final = 128 * 1024
_HEADERS: Final = [("Content-Type", JSON), *HEADERS.items()]


def in_front(*, application: Application, quick: Quick) -> Application:
    """Return an application that answers what `quick` can, and hands all else to `application` unchanged."""

    def answer(environ: Environ, start: Start) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH or environ.get("REQUEST_METHOD") != "POST":
            return application(environ, start)
        body = _body(environ)
        if body is None:
            return application(environ, start)
        environ["wsgi.input"] = BytesIO(body)
        said = from_memory(authorization=environ.get("HTTP_AUTHORIZATION", ""), body=body, quick=quick)
        if said is None:
            return application(environ, start)
        start("200 OK", said[0])
        return [said[1]]

    return answer


def _body(environ: Environ) -> bytes | None:
    length = environ.get("CONTENT_LENGTH") or ""
    if environ.get("CONTENT_TYPE") != JSON or "HTTP_CONTENT_ENCODING" in environ or not length.isdigit() or int(length) > LONGEST:
        return None
    return bytes(environ["wsgi.input"].read(int(length)))


def from_memory(*, authorization: str, body: bytes, quick: Quick) -> tuple[list[tuple[str, str]], bytes] | None:
    """Return the headers and the body of the answer to a check, with 200, and count it; None if only the route can answer."""
    caller = remembered(authorization=authorization)
    if caller is None or not quick.may(caller=caller):
        return None
    try:
        asked = CheckIn.model_validate_json(body)
        if asked.item is not None or not asked.hashes:
            return None
        said = quick.nothing_known(asked=asked, caller=caller, pace=pace_checks)
    except (ValidationError, OdzewError, Unknown):
        return None
    count(what="api", status=200)
    return [*_HEADERS, ("Content-Length", str(len(said)))], said
