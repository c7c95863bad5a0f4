"""Who gives way when it is crowded, and what never grows: bodies on their way, files, the line before the threads."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from odzew.entrypoints.api.bodies import BATCH
from odzew.entrypoints.api.check import BODY
from odzew.entrypoints.front.app import Front
from odzew.entrypoints.front.bodies import IN_MEMORY, Bodies, Gone, Limits, TooSlow
from odzew.entrypoints.front.bridge import address_of, environ_of
from odzew.entrypoints.front.pool import Pool
from odzew.entrypoints.front.routes import SMALL, large_of
from odzew.entrypoints.hma.urls import WORDS
from odzew.foundation.errors import Unavailable


def _run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await story()

    asyncio.run(bounded())


async def _parts(*parts: bytes, then: asyncio.Event | None = None) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if then is not None:
        await then.wait()
    yield b""


def _bodies(folder: Path, **limits: Any) -> Bodies:
    return Bodies(limits=Limits(folder=folder, **{"patience": 30.0, **limits}))


def _silent(bodies: Bodies, address: str) -> asyncio.Task[Any]:
    never = asyncio.Event()
    return asyncio.create_task(bodies.take(parts=_parts(b"a", then=never), length=9, address=address, forwarded=""))


def test_the_slowest_of_the_fullest_network_gives_way(tmp_path: Path) -> None:
    async def story() -> None:
        bodies = _bodies(tmp_path, most=4)
        crowd = [_silent(bodies, f"198.51.100.{n}") for n in (1, 2, 3)]
        alone = _silent(bodies, "203.0.113.1")
        await asyncio.sleep(1.1)  # from now on they are behind
        for given_up in (crowd[0], crowd[1]):
            taken = await bodies.take(parts=_parts(b"honest"), length=6, address="192.0.2.1", forwarded="")
            assert taken.read() == b"honest"
            with pytest.raises(TooSlow):
                await given_up
            late = _silent(bodies, "198.51.100.9")  # another of the same network takes the room again
            await asyncio.sleep(0)
        for waiting in (crowd[2], alone, late):
            assert not waiting.done()
            waiting.cancel()

    _run(story)


def test_when_nobody_is_behind_the_new_one_comes_again(tmp_path: Path) -> None:
    async def story() -> None:
        bodies = _bodies(tmp_path, most=3)
        fresh = [_silent(bodies, "198.51.100.1") for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await bodies.take(parts=_parts(b"x"), length=1, address="192.0.2.1", forwarded="")
        assert refused.value.detail["retry_after"] and not any(t.done() for t in fresh)
        for task in fresh:
            task.cancel()

    _run(story)


def test_a_long_body_is_a_file_without_a_name_and_all_of_them_have_an_end(tmp_path: Path) -> None:
    async def story() -> None:
        long = IN_MEMORY + 1
        bodies = _bodies(tmp_path, stored=2 * long)
        kept = [await bodies.take(parts=_parts(b"a" * long), length=long, address="", forwarded="") for _ in range(2)]
        assert kept[0].read() == b"a" * long and not list(tmp_path.iterdir())
        with pytest.raises(Unavailable):
            await bodies.take(parts=_parts(b"a" * long), length=long, address="", forwarded="")
        bodies.let_go(kept[0], length=long)
        with pytest.raises(Gone):  # cut off: its room is given back
            await bodies.take(parts=_parts(b"a"), length=long, address="", forwarded="")
        again = await bodies.take(parts=_parts(b"b" * long), length=long, address="", forwarded="")
        for file in (kept[1], again):
            bodies.let_go(file, length=long)
        with pytest.raises(Unavailable, match="no room"):
            gone = _bodies(tmp_path / "gone")
            await gone.take(parts=_parts(b"a" * long), length=long, address="", forwarded="")

    _run(story)


def test_nothing_is_taken_that_is_not_as_long_as_announced(tmp_path: Path) -> None:
    async def story() -> None:
        for parts in ((), (b"ab",), (b"ab", b"cdef")):
            with pytest.raises(Gone):
                await _bodies(tmp_path).take(parts=_parts(*parts), length=5, address="::1", forwarded="")
        with pytest.raises(TooSlow):
            await _bodies(tmp_path, patience=0.05).take(
                parts=_parts(b"a", then=asyncio.Event()), length=5, address="", forwarded=""
            )

    _run(story)


def test_the_line_before_the_threads_has_an_end_and_an_error_ends_no_thread() -> None:
    async def story() -> None:
        pool, hold = Pool(threads=1, waiting=1), threading.Event()
        pool.start()
        first = asyncio.create_task(pool.run(lambda: hold.wait(30)))
        second = asyncio.create_task(pool.run(threading.get_ident))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await pool.run(threading.get_ident)
        assert refused.value.detail["retry_after"]
        second.cancel()
        hold.set()
        assert await first
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
        assert await pool.run(threading.get_ident) != threading.get_ident()
        pool.stop(within=30)
        assert not any(t.name.startswith("web-") for t in threading.enumerate())

    _run(story)


def test_long_deeds_leave_half_of_the_threads_to_others_and_wait_in_the_same_line() -> None:
    async def story() -> None:
        pool, hold = Pool(threads=2, waiting=2), threading.Event()
        pool.start()
        long = [asyncio.create_task(pool.run(lambda: hold.wait(30), long=True)) for _ in range(3)]
        await asyncio.sleep(0)
        assert await pool.run(lambda: "quick") == "quick"
        long.append(asyncio.create_task(pool.run(lambda: hold.wait(30), long=True)))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await pool.run(lambda: "too many")
        hold.set()
        assert await asyncio.gather(*long) == [True] * 4
        pool.stop(within=30)

    _run(story)


class _Headers(dict[str, str]):
    """Headers as granian gives them: a name may come twice."""

    def __init__(self, *lines: tuple[str, str]) -> None:
        super().__init__(lines)
        self.lines = list(lines)

    def items(self) -> Any:
        """All lines."""
        return self.lines


class _Scope:
    """A request."""

    method, path, query_string, scheme, http_version = "POST", "/zażółć", "a=%20", "http", "1.1"
    client, server = "[2001:db8::1]:5000", "127.0.0.1:8400"

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.headers = _Headers(*lines)


def test_a_request_becomes_the_environment_of_wsgi() -> None:
    lines = (
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("accept", "x"),
        ("accept", "y"),
        ("x_forwarded_for", "spoofed"),
        ("content-type", "t"),
    )
    environ = environ_of(scope=_Scope(*lines, ("content-length", "3")), body=None, length=3)  # type: ignore[arg-type]
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/zażółć" and environ["QUERY_STRING"] == "a=%20"
    assert (environ["HTTP_COOKIE"], environ["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"], environ["REMOTE_ADDR"]) == ("t", "3", "2001:db8::1")
    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"} & set(environ)
    assert "CONTENT_LENGTH" not in environ_of(scope=_Scope(), body=None, length=0)  # type: ignore[arg-type]
    assert address_of("127.0.0.1:80") == ("127.0.0.1", "80")


class _Line:
    """The other end of a request without a body."""

    def __init__(self) -> None:
        self.said: list[tuple[int, dict[str, str], bytes]] = []

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Keep the answer."""
        self.said.append((status, dict(headers), body))


def test_what_takes_a_file_or_a_batch_takes_it_through_the_front_and_nothing_else_does() -> None:
    large = [(w.method, re.sub("<.*?>", "x", f"/{w.path}"), w.type, w.body) for w in WORDS if w.body > SMALL]
    large += [("POST", "/api/v1/check", "Multipart/Form-Data; boundary=x", BODY), ("POST", "/api/v1/items:batch", "x", BATCH)]
    assert len(large) > 4
    for method, path, kind, body in large:
        assert large_of(method=method, path=path, content_type=kind) == body
        assert not large_of(method="PUT", path=path, content_type=kind) and not large_of(
            method=method, path="/status", content_type=kind
        )
    assert not large_of(method="POST", path="/api/v1/check", content_type="application/json")


def test_what_breaks_behind_the_front_is_told_under_a_number(tmp_path: Path, transactional_db: None) -> None:
    async def story() -> None:
        def broken(*_: object) -> Any:
            raise RuntimeError("a secret")

        front = Front(application=broken, quick=None, bodies=_bodies(tmp_path), threads=1, waiting=1)  # type: ignore[arg-type]
        front.__rsgi_init__(asyncio.get_running_loop())
        line = _Line()
        await front.__rsgi__(_Scope(), line)  # type: ignore[arg-type]
        await front.__rsgi__(_Scope(("accept", "text/html"), ("accept-language", "pl")), line)  # type: ignore[arg-type]
        front.__rsgi_del__(asyncio.get_running_loop())
        (status, headers, problem), (page_status, page_headers, page) = line.said
        assert (status, page_status) == (500, 500) and b"urn:uuid:" in problem and b"secret" not in problem + page
        assert headers["Content-Type"] == "application/problem+json" and page_headers["Content-Language"] == "pl"

    _run(story)
