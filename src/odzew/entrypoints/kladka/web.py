"""Just enough of the web: a request, a response, routes, and errors that are never a 500 for a caller's mistake."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

log = logging.getLogger("kladka")
BODY_LIMIT: Final = 1_000_000
DRAIN_LIMIT: Final = 64_000_000
CSP: Final = "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS: Final = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """The caller's mistake: `status` and a plain sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True)
class Response:
    """What goes back."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def as_json(value: object, *, status: int = 200) -> Response:
    """Answer a program."""
    kind = "application/json" if status < 400 else "application/problem+json"
    return Response(json.dumps(value, ensure_ascii=False).encode(), kind=kind, status=status)


def problem(status: int, sentence: str) -> Response:
    """Tell a program what is wrong (RFC 9457)."""
    return as_json({"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": sentence}, status=status)


@dataclass(frozen=True)
class Request:
    """What came in."""

    environ: WSGIEnvironment

    @property
    def method(self) -> str:
        """The method; HEAD counts as GET."""
        method = str(self.environ["REQUEST_METHOD"])
        return "GET" if method == "HEAD" else method

    @property
    def path(self) -> str:
        """The path as text."""
        raw = str(self.environ.get("PATH_INFO", "")) or "/"
        try:
            return raw.encode("latin-1").decode()
        except UnicodeError as error:
            raise Refused(400, "The address is not valid UTF-8.") from error

    @property
    def query(self) -> dict[str, str]:
        """The first value of each query parameter."""
        return {name: values[0] for name, values in parse_qs(self.environ.get("QUERY_STRING", ""), errors="replace").items()}

    def header(self, name: str) -> str:
        """Return a header, or an empty text."""
        key = name.upper().replace("-", "_")
        return str(self.environ.get(key if key.startswith("CONTENT_") else f"HTTP_{key}", ""))

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return self.header("content-type").partition(";")[0].strip().lower()

    def body(self, *, limit: int = BODY_LIMIT) -> bytes:
        """Read the body; 413 beyond the limit (after reading on, so that the caller hears it), 400 if it is cut short."""
        if self.header("transfer-encoding"):
            raise Refused(411, "Send a Content-Length.")
        length = self.header("content-length") or "0"
        if not re.fullmatch(r"[0-9]{1,15}", length):
            raise Refused(400, "Content-Length is not a number.")
        stream, size = self.environ["wsgi.input"], int(length)
        if size > limit:
            left = min(size, DRAIN_LIMIT)
            while left > 0 and (chunk := stream.read(min(left, 65_536))):
                left -= len(chunk)
            raise Refused(413, f"At most {limit} bytes.")
        content: bytes = stream.read(size) if size else b""
        if len(content) != size:
            raise Refused(400, "The body was cut short.")
        return content

    def json(self) -> dict[str, Any]:
        """Read a JSON object."""
        try:
            value = json.loads(self.body())
        except (ValueError, RecursionError) as error:
            raise Refused(400, "The body is not JSON.") from error
        if not isinstance(value, dict):
            raise Refused(400, "The body is not a JSON object.")
        return value

    def form(self) -> dict[str, str]:
        """Read a URL-encoded form: the first value of each field."""
        try:
            fields = parse_qs(self.body().decode(), keep_blank_values=True, errors="strict", max_num_fields=100)
        except ValueError as error:
            raise Refused(400, "The form is not valid UTF-8.") from error
        return {name: values[0] for name, values in fields.items()}

    @property
    def wants_page(self) -> bool:
        """Whether a person's browser is asking."""
        return "text/html" in self.header("accept")


Handler: TypeAlias = Callable[..., Response]


class Router:
    """Maps method and path to a handler; `<name>` in a pattern is one path segment, handed over by name."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self.error_page: Callable[[Request, int], Response] | None = None

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Add a route; earlier ones win."""
        expression = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", re.escape(pattern).replace(r"\<", "<").replace(r"\>", ">"))
        self._routes.append((method, re.compile(expression), handler))

    def respond(self, request: Request) -> Response:
        """Find the handler and call it; turn every error into an answer."""
        try:
            return self._dispatch(request)
        except Refused as refused:
            if request.wants_page and self.error_page is not None:
                return self.error_page(request, refused.status)
            return problem(refused.status, refused.sentence)
        except Exception:
            log.exception("unexpected error at %s", request.environ.get("PATH_INFO"))
            return problem(500, "Something broke in the pretend platform.")

    def _dispatch(self, request: Request) -> Response:
        allowed: set[str] = set()
        for method, expression, handler in self._routes:
            found = expression.fullmatch(request.path)
            if found is None:
                continue
            if method == request.method:
                if method == "POST" and request.header("sec-fetch-site") in {"cross-site", "same-site"}:
                    raise Refused(403, "Another site may not post here.")
                return handler(request, **found.groupdict())
            allowed.add(method)
        if allowed:
            answer = problem(405, "Not with this method.")
            answer.headers["Allow"] = ", ".join(sorted(allowed))
            return answer
        raise Refused(404, "There is nothing here.")


def send(*, response: Response, head: bool, start_response: StartResponse) -> Iterable[bytes]:
    """Hand a response to the WSGI server."""
    headers = {**HEADERS, "Content-Type": response.kind, "Content-Length": str(len(response.body)), **response.headers}
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(headers.items()))
    return [b"" if head else response.body]
