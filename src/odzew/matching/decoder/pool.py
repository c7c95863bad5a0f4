"""The decoder as the web and the worker use it: a file in, a checked answer out, whatever the file is."""

from __future__ import annotations

import os
import signal
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from odzew.foundation.errors import Unavailable
from odzew.hashing.data import FileHashes, Kind, Mode
from odzew.hashing.sniff import HEAD, kind_of
from odzew.hashing.video_data import Tier
from odzew.matching.decoder import handing, messages, probing
from odzew.matching.decoder.children import Children, Refused
from odzew.matching.decoder.data import Decoded, Limits, Protection, Verdict
from odzew.matching.decoder.handles import ChildHandle, Ended, ServerHandle
from odzew.matching.decoder.places import Busy, Places
from odzew.matching.decoder.preview import Previewed, Small, read_preview

if TYPE_CHECKING:
    from odzew.foundation.settings import Settings

_TRIES: Final = 3
_BUSY: Final = "Too many files are being decoded; try again in a moment."
_TIMED_OUT: Final = "Decoding it took longer than one file may take, and was ended."
_CRASHED: Final = "Decoding it ended the process that did it."

Outcome = tuple[Verdict, messages.Said, tuple[Small, ...]]


class Decoder:
    """Decodes files from strangers in confined children; safe to use from many threads, in any process.

    Nothing is started before the first use, and after a fork the new process starts a server of its own. Use it as a context manager,
    or end it with `close`; all its processes also end by themselves when this one does.
    """

    def __init__(self, *, limits: Limits | None = None, children: int = 2) -> None:
        self._limits = limits or Limits()
        self._most = children
        self._begin()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._places = Places(most=self._most, waiting=self._limits.waiting)
        self._children = Children(limits=self._limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def hashes(self, *, data: bytes | int, mode: Mode = "exact", turned: bool = False, tier: Tier | None = None) -> Decoded:
        """Return the hashes of a file, given as its bytes or as the descriptor of a regular file.

        `mode`, `turned` (all eight orientations) and `tier` (of films) are those of `odzew.hashing.api.hash_file`. Every bad file is a
        verdict, never an error. A descriptor stays open and is not moved. Raises `OSError` if it may not be read, and `Invalid` if it
        is not one of a regular file.
        """
        request = messages.Request(task="hashes", token=os.urandom(messages.TOKEN_BYTES), mode=mode, turned=turned, tier=tier)
        fd = handing.sealed(data=data) if isinstance(data, bytes) else handing.read_only(fd=data)
        try:
            size, kind = os.fstat(fd).st_size, kind_of(head=os.pread(fd, HEAD, 0))
            if size > self._limits.file_bytes:
                return Decoded(
                    verdict="too_large", hashes=None, note=f"It has {size} bytes; the limit is {self._limits.file_bytes}."
                )
            digests = _Digests(fd=fd, size=size, data=data)
            verdict, said, _ = self._answer(request, fd, kind, digests)
            return _decoded(verdict, said, kind, digests)
        finally:
            os.close(fd)

    def preview(self, *, data: int) -> Previewed:
        """Return small grey pictures of the file behind a descriptor, for somebody who must look: one, or up to six of what moves.

        Every bad file is a verdict. The descriptor stays open and is not moved. Raises `OSError` and `Invalid` as `hashes` does.
        """
        request = messages.Request(task="preview", token=os.urandom(messages.TOKEN_BYTES))
        fd = handing.read_only(fd=data)
        try:
            size, kind = os.fstat(fd).st_size, kind_of(head=os.pread(fd, HEAD, 0))
            digests = _Digests(fd=fd, size=size, data=data)
            verdict, said, pictures = self._answer(request, fd, kind, digests)
            sha256, md5 = digests.make()
            return Previewed(verdict=verdict, kind=kind, sha256=sha256, md5=md5, pictures=pictures, note=said.note)
        finally:
            os.close(fd)

    def longest(self) -> float:
        """Return how many seconds one file may take at most by the clock on the wall: a film, a place to wait for, every try."""
        return self._limits.wait_seconds + _TRIES * self._limits.wall(film=True)

    def protections(self) -> tuple[Protection, ...]:
        """Return which walls stand around the children of this machine, and which could not be set up; starts the decoder.

        Raises `Unavailable` if it cannot be started.
        """
        self._mine()
        server, child = self._children.take()
        self._children.put(server=server, child=child)
        return (*server.walls, *child.walls)

    def probe(self) -> tuple[str, ...]:
        """Let a child try to break out in every way of `ATTEMPTS`; returns those that succeeded: none, on a good machine.

        Raises `Unavailable` if the decoder cannot be started or the child gave no result.
        """
        self._mine()
        server, child = self._children.take()
        request = messages.Request(task="probe", token=os.urandom(messages.TOKEN_BYTES))
        try:
            child.ask(request=request, fd=None)
            _verdict, body = child.hear(request=request, until=time.monotonic() + self._limits.wall(film=False))
            return probing.read_attempts(body=body)
        except (Ended, TimeoutError, messages.BadAnswer, ValueError) as problem:
            raise Unavailable(
                "The decoder's self-check gave no result: the child was ended, or broke out of the check."
            ) from problem
        finally:
            server.end(child=child)

    def processes(self) -> tuple[int, ...]:
        """Return the process ids of the server and of the children that wait for work; empty before the first use."""
        self._mine()
        return self._children.processes()

    def close(self) -> None:
        """End the server and all children; a later call starts them anew."""
        if self._owner == os.getpid():
            self._children.close()

    def _mine(self) -> None:
        if self._owner != os.getpid():
            self._begin()

    def _answer(self, request: messages.Request, fd: int, kind: Kind, digests: _Digests) -> Outcome:
        """Wait for a place, and ask until an answer is about the file: not about a child or server that was gone before it came."""
        self._mine()
        film = kind == "video"
        try:
            self._places.take(film=film, seconds=self._limits.wait_seconds)
        except Busy:
            return "busy", messages.Said(note=_BUSY), ()
        try:
            for _ in range(_TRIES):
                server, child = self._children.take()
                outcome = self._ask(server, child, request, fd, film, digests)
                if outcome:
                    return outcome
        except Refused as problem:
            return "refused", messages.Said(note=problem.sentence), ()
        except Unavailable as problem:
            return "crashed", messages.Said(note=problem.sentence), ()
        finally:
            self._places.leave(film=film)
        return "crashed", messages.Said(note=_CRASHED), ()

    def _ask(
        self, server: ServerHandle, child: ChildHandle, request: messages.Request, fd: int, film: bool, digests: _Digests
    ) -> Outcome | None:
        """Ask one child; None if it or its server was gone for a reason that need not be the file's: somebody's SIGKILL, or earlier."""
        healthy = False
        try:
            until = time.monotonic() + self._limits.wall(film=film)
            child.ask(request=request, fd=fd)
            digests.make()
            verdict, body = child.hear(request=request, until=until)
            pictures: tuple[Small, ...] = ()
            if request.task == "preview":
                pictures, said = read_preview(body=body, request=request, verdict=verdict)
            else:
                said = messages.read_said(body=body, request=request, verdict=verdict)
            healthy = verdict != "out_of_memory"
            return verdict, said, pictures
        except Ended as end:
            status = server.end(child=child)
            how = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else 0
            if end.early or status is None or how == signal.SIGKILL:
                return None
            note = _TIMED_OUT if how == signal.SIGXCPU else _CRASHED
            return ("timed_out" if how == signal.SIGXCPU else "crashed"), messages.Said(note=note), ()
        except TimeoutError:
            return "timed_out", messages.Said(note=_TIMED_OUT), ()
        except messages.BadAnswer as problem:
            return "crashed", messages.Said(note=f"{_CRASHED} {problem}"), ()
        finally:
            if healthy:
                self._children.put(server=server, child=child)
            else:
                server.end(child=child)


def decoder_as_set(*, chosen: Settings) -> Decoder:
    """Return a decoder with the limits of the settings `ODZEW_DECODER_...`; it starts nothing before its first use."""
    limits = Limits(
        pixels=chosen.decoder_megapixels * 1_000_000,
        memory_bytes=chosen.decoder_memory << 20,
        seconds=chosen.decoder_seconds,
        film_seconds=chosen.decoder_film_seconds,
    )
    return Decoder(limits=limits, children=chosen.decoder_children)


class _Digests:
    """SHA-256 and MD5 of a file, made once, by this process, while a child decodes."""

    def __init__(self, *, fd: int, size: int, data: bytes | int) -> None:
        self._fd, self._size, self._data = fd, size, data
        self._made: tuple[bytes, bytes] | None = None

    def make(self) -> tuple[bytes, bytes]:
        """Return both."""
        if self._made is None:
            data = self._data
            self._made = handing.digests_of(data=data) if isinstance(data, bytes) else handing.digests(fd=self._fd, size=self._size)
        return self._made


def _decoded(verdict: Verdict, said: messages.Said, kind: Kind, digests: _Digests) -> Decoded:
    sha256, md5 = digests.make()
    hashes = FileHashes(kind=kind, sha256=sha256, md5=md5, picture=said.picture, frames=said.frames, note=said.note)
    return Decoded(verdict=verdict, hashes=hashes, note=said.note)
