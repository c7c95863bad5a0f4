"""Taking in what clients send: so much, so fast, so many at a time; a client that is slow harms only itself."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from odzew.entrypoints.reporter.networks import network_of
from odzew.foundation.errors import OdzewError, Unavailable

KB: Final = 1024
IN_MEMORY: Final = 128 * KB  # a longer body is written to a file without a name
RATE: Final = 8 * KB  # bytes a second, on average
LONGEST_SECONDS: Final = 300.0
_LATER: Final = 5
_BEHIND: Final = 1.0


class TooSlow(OdzewError):
    """The body did not come in its time."""

    status = 408
    code = "too-slow"


class Gone(Exception):
    """The client left before its body was whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one web process takes in: `patience` seconds behind `RATE`, `most` bodies on their way, `stored` bytes in files."""

    folder: Path
    patience: float
    most: int = 256
    stored: int = 1024 * KB * KB


@dataclass(slots=True, eq=False)
class _Coming:
    """A body on its way: from `network`, `got` bytes since the moment `since`; `timer` ends it."""

    since: float
    address: str
    forwarded: str
    got: int = 0
    timer: asyncio.Timeout | None = None
    _network: str | None = field(default=None)

    def network(self) -> str:
        """Who sends it, worked out only when it is crowded."""
        if self._network is None:
            self._network = network_of(address=self.address, forwarded=self.forwarded)
        return self._network

    def due(self) -> float:
        """When it would have come to here at the slowest rate: the earlier, the further behind."""
        return self.since + self.got / RATE


@dataclass(slots=True)
class Bodies:
    """The bodies that are on their way to this process; used by its event loop alone."""

    limits: Limits
    _coming: set[_Coming] = field(default_factory=set)
    _stored: int = 0

    async def take(self, *, parts: AsyncIterable[bytes], length: int, address: str, forwarded: str) -> BinaryIO:
        """Return a body of `length` bytes, whole, as a file to read; `close` it with `let_go`.

        Raises `TooSlow`, `Gone`, and `Unavailable` if there is no room for it.
        """
        loop = asyncio.get_running_loop()
        into = self._room(length)
        coming = _Coming(loop.time(), address, forwarded)
        try:
            if len(self._coming) >= self.limits.most:
                self._refuse_one(loop.time())
            self._coming.add(coming)
            await self._fill(into, coming, parts, length)
        except BaseException:
            self.let_go(into, length=length)
            raise
        finally:
            self._coming.discard(coming)
        into.seek(0)
        return into

    def _room(self, length: int) -> BinaryIO:
        if length <= IN_MEMORY:
            return BytesIO()
        if self._stored + length > self.limits.stored:
            raise Unavailable("Too much is being sent at the moment; nothing was stored. Try again soon.", retry_after=_LATER)
        try:
            into = tempfile.TemporaryFile(dir=self.limits.folder)  # noqa: SIM115 - closed by let_go
        except OSError as error:
            raise _full() from error
        self._stored += length
        return into

    def let_go(self, into: BinaryIO, *, length: int) -> None:
        """Give back the room of a body."""
        if length > IN_MEMORY:
            self._stored -= length
        into.close()

    async def _fill(self, into: BinaryIO, coming: _Coming, parts: AsyncIterable[bytes], length: int) -> None:
        try:
            async with asyncio.timeout_at(self._until(coming)) as coming.timer:
                async for part in parts:
                    into.write(part)
                    coming.got += len(part)
                    if coming.got >= length or not part:
                        break
                    coming.timer.reschedule(self._until(coming))
        except TimeoutError:
            raise TooSlow("The request came too slowly and was given up; nothing was stored. Send it again.") from None
        except OSError as error:
            raise _full() from error
        if coming.got != length:
            raise Gone

    def _until(self, coming: _Coming) -> float:
        return min(coming.due() + self.limits.patience, coming.since + LONGEST_SECONDS)

    def _refuse_one(self, now: float) -> None:
        """Make room: of the network that holds the most, the body that is furthest behind is given up.

        Raises `Unavailable` if none is behind: then everybody is quick, and it is simply too much.
        """
        crowd = Counter(c.network() for c in self._coming)
        network, _ = crowd.most_common(1)[0]
        last = min((c for c in self._coming if c.network() == network), key=_Coming.due)
        if now - last.due() < _BEHIND:
            raise Unavailable(
                "More is being sent than the desk can take in; nothing was stored. Try again soon.", retry_after=_LATER
            )
        self._coming.discard(last)
        if last.timer is not None and not last.timer.expired():
            last.timer.reschedule(now)


def _full() -> Unavailable:
    return Unavailable("The desk has no room for a request of this size now; nothing was stored. Try again later.", retry_after=60)
