"""A fixed number of threads for what may wait for the database, and a line of bounded length before them."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from odzew.entrypoints import runtime
from odzew.foundation.errors import Unavailable

T = TypeVar("T")
_LATER: Final = 2


class Pool:
    """Threads that do one deed at a time, each with its own database connection. `run` is called by one event loop alone."""

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._jobs: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[[], Any]] | None]
        self._jobs = queue.SimpleQueue()
        self._most, self._inside = threads + waiting, 0
        self._half = asyncio.Semaphore(max(1, threads // 2))
        self._threads = [threading.Thread(target=self._work, name=f"web-{n}", daemon=True) for n in range(1, threads + 1)]

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, within: float) -> None:
        """Let every thread finish what it does, for at most so many seconds in all."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(within / len(self._threads))

    async def run(self, deed: Callable[[], T], *, long: bool = False) -> T:
        """Return what a deed returned in one of the threads, or raise what it raised; `Unavailable` if the line is too long.

        Of `long` deeds at most half of the threads do one at a time; the others wait in the same line.
        """
        if self._inside >= self._most:
            raise Unavailable(
                "The desk is busier than it can be; nothing was stored. Try again in a few seconds.", retry_after=_LATER
            )
        self._inside += 1
        try:
            if not long:
                return await self._done(deed)
            async with self._half:
                return await self._done(deed)
        finally:
            self._inside -= 1

    async def _done(self, deed: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._jobs.put((loop, done, deed))
        return await done

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            loop, done, deed = job
            value: Any = None
            error: BaseException | None = None
            try:
                value = deed()
            except BaseException as raised:
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, done, value, error)
        runtime.close_connections()


def _settle(done: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if done.done():  # whoever waited for it has gone
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(value)
