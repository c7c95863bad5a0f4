"""The application that granian calls: it takes a request in, has it answered, and hands the answer back whole.

The event loop takes in heads and bodies with limits and answers what it can from memory. All else is Django's, in a fixed pool of
threads, each request whole before it gets one and each answer whole when it leaves one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, Final, Protocol

from odzew.entrypoints.api.bodies import JSON, KB
from odzew.entrypoints.api.door import known_caller, remembered
from odzew.entrypoints.api.problems import NoLength, TooLarge, Unreadable
from odzew.entrypoints.check.front import LONGEST, PATH, from_memory
from odzew.entrypoints.check.quick import Quick
from odzew.entrypoints.front.bodies import Bodies, Gone
from odzew.entrypoints.front.bridge import Answer, Application, Scope, address_of, answer_of, environ_of
from odzew.entrypoints.front.pool import Pool
from odzew.entrypoints.front.routes import SMALL, large_of
from odzew.entrypoints.hma.door import authorization_of
from odzew.entrypoints.site.errors import refused

AT_ONCE: Final = 2 * KB
_STOP_SECONDS: Final = 4.0


class Line(Protocol):
    """The other end of a request: its body, and where the answer goes."""

    def __aiter__(self) -> Any: ...
    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class Front:
    """The front of one web process."""

    def __init__(self, *, application: Application, quick: Quick, bodies: Bodies, threads: int, waiting: int) -> None:
        self._application, self._quick, self._bodies = application, quick, bodies
        self._pool = Pool(threads=threads, waiting=waiting)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin."""
        self._pool.start()

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End."""
        self._pool.stop(within=_STOP_SECONDS)

    async def __rsgi__(self, scope: Scope, line: Line) -> None:
        """Answer one request."""
        try:
            answer = await self._answer(scope, line)
        except Gone:
            answer = _refusal(scope, Unreadable("The request ended before it was whole; send it again."))
        except Exception as error:
            answer = _refusal(scope, error)
        line.response_bytes(answer.status, answer.headers, answer.body)

    async def _answer(self, scope: Scope, line: Line) -> Answer:
        length = _length(scope)
        if not length:
            return await self._django(scope, BytesIO(), 0)
        large = large_of(method=scope.method, path=scope.path, content_type=scope.headers.get("content-type", ""))
        if length > (limit := large or SMALL):
            raise TooLarge(f"This address takes at most {limit // KB} kB.", limit=limit)
        if length > SMALL:
            await self._known(scope.headers.get("authorization", ""))
        body = await self._take(scope, line, length)
        try:
            if large:  # it may take long: on at most half of the threads at a time
                return await self._django(scope, body, length, long=True)
            return await self._from_memory(scope, body, length) or await self._django(scope, body, length)
        finally:
            self._bodies.let_go(body, length=length)

    async def _known(self, header: str) -> None:
        """Nobody without a key sends much. Raises `Unauthorised`."""
        authorization = authorization_of(header=header)
        if remembered(authorization=authorization) is None:
            await self._pool.run(partial(known_caller, authorization=authorization))

    async def _take(self, scope: Scope, parts: AsyncIterable[bytes], length: int) -> BinaryIO:
        forwarded = scope.headers.get("x-forwarded-for", "")
        return await self._bodies.take(parts=parts, length=length, address=address_of(scope.client)[0], forwarded=forwarded)

    async def _from_memory(self, scope: Scope, body: BinaryIO, length: int) -> Answer | None:
        headers = scope.headers
        if scope.path != PATH or scope.method != "POST" or length > LONGEST or not isinstance(body, BytesIO):
            return None
        if headers.get("content-type") != JSON or "content-encoding" in headers:
            return None
        ask = partial(from_memory, authorization=headers.get("authorization", ""), body=body.getvalue(), quick=self._quick)
        said = ask() if length <= AT_ONCE else await self._pool.run(ask)  # many hashes would hold up the loop
        return Answer(status=200, headers=said[0], body=said[1]) if said else None

    async def _django(self, scope: Scope, body: BinaryIO, length: int, *, long: bool = False) -> Answer:
        environ = environ_of(scope=scope, body=body, length=length)
        return await self._pool.run(partial(answer_of, application=self._application, environ=environ), long=long)


def _length(scope: Scope) -> int:
    """Return how long the body is. Raises `NoLength`, `TooLarge` and `Unreadable`."""
    if not scope.path.startswith("/"):
        raise Unreadable("This address cannot be read.")
    if "transfer-encoding" in scope.headers:
        raise NoLength("Say how long the body is: send Content-Length.")
    said = scope.headers.get("content-length", "0")
    if not (said.isascii() and said.isdigit()):
        raise NoLength("Say how long the body is: send Content-Length.")
    if len(said) > 12:
        raise TooLarge("This is more than any call takes.")
    return int(said)


def _refusal(scope: Scope, error: BaseException) -> Answer:
    """What the front itself says: a problem, or a calm page; the connection ends with it, since a body may still be on its way."""
    answer = refused(
        path=scope.path,
        accept=scope.headers.get("accept", ""),
        accept_language=scope.headers.get("accept-language", ""),
        error=error,
    )
    return Answer(status=answer.status_code, headers=[*answer.items(), ("Connection", "close")], body=answer.content)
