"""Who may have a child now: a bounded number at once, a bounded queue before them, and films never take the last place."""

from __future__ import annotations

import threading
import time


class Busy(Exception):
    """No place is free, and none became free in time."""


class Places:
    """Counts who is in and who waits; for many threads.

    Of more than one place, films take all but one: a few long films must not keep pictures waiting.
    """

    def __init__(self, *, most: int, waiting: int) -> None:
        self._free = threading.Condition()
        self._most = most
        self._films_most = max(1, most - 1)
        self._waiting_most = waiting
        self._in = 0
        self._films = 0
        self._waiting = 0

    def take(self, *, film: bool, seconds: float) -> None:
        """Wait for a place for at most `seconds`; raises `Busy`, at once if too many wait already."""
        until = time.monotonic() + seconds
        with self._free:
            if not self._room(film):
                if self._waiting >= self._waiting_most:
                    raise Busy
                self._waiting += 1
                try:
                    if not self._free.wait_for(lambda: self._room(film), until - time.monotonic()):
                        raise Busy
                finally:
                    self._waiting -= 1
            self._in += 1
            self._films += film

    def leave(self, *, film: bool) -> None:
        """Give the place back."""
        with self._free:
            self._in -= 1
            self._films -= film
            self._free.notify_all()

    def _room(self, film: bool) -> bool:
        return self._in < self._most and not (film and self._films >= self._films_most)
