"""Which pictures of a film are hashed, and which hashes are kept; and what time it is in a film whose clock is broken."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from odzew.hashing.data import Frame

CHANGED_BITS: Final = 16
USABLE_QUALITY: Final = 50
AT_LEAST_EVERY: Final = 60
LONGEST_PAUSE: Final = 600.0
USUAL_RATE: Final = 25.0


class Timeline:
    """Seconds since the first picture of one stream, never going back.

    Time stamps may be absent, negative, equal, running backwards or far in the future. A picture without one, or with one that stands
    still, runs back or leaps more than ten minutes ahead, comes one picture's time after the one before.
    """

    def __init__(self, *, rate: Fraction | None) -> None:
        self._step = 1 / float(rate) if rate and 1 <= rate <= 1000 else 1 / USUAL_RATE
        self._origin: float | None = None
        self.now = 0.0

    def at(self, *, stamp: float | None) -> float:
        """Return the time of the next picture in the order of showing; `stamp` is its own time in seconds, if it has one."""
        if self._origin is None:
            self._origin = stamp if stamp is not None else 0.0
            return self.now
        ahead = None if stamp is None else stamp - self._origin - self.now
        if ahead is None or not 0 < ahead <= LONGEST_PAUSE:
            ahead = self._step
            self._origin = self._origin if stamp is None else stamp - self.now - ahead
        self.now += ahead
        return self.now


class ByTime:
    """Wants one picture every `every` seconds, and every 60th picture where the film's clock says that hardly any time goes by."""

    def __init__(self, *, every: float) -> None:
        self._every, self._next, self._passed = every, 0.0, 0

    def wants(self, *, at: float) -> bool:
        """Return whether the picture at `at` seconds is to be hashed."""
        self._passed += 1
        if at < self._next - 1e-6 and self._passed < AT_LEAST_EVERY:
            return False
        while self._next <= at + 1e-6:
            self._next += self._every
        self._passed = 0
        return True


class Always:
    """Wants every picture."""

    def wants(self, *, at: float) -> bool:
        """Return True."""
        return True


class Kept:
    """Hashes kept in the order they came.

    Flat pictures (quality below 50) are counted, not kept. A hash within `near` bits of any kept one is not kept either: 16 on the
    known side, so that every good picture is within 16 bits of a kept one; 0 on the upload side, where a picture counts once however
    long it stays on the screen.
    """

    def __init__(self, *, near: int, most: int) -> None:
        self._near, self._most = near, most
        self._words: NDArray[np.uint64] = np.empty((64, 4), dtype=np.uint64)
        self.frames: list[Frame] = []
        self.looked = self.flat = self.left_out = 0

    def add(self, *, frame: Frame) -> None:
        """Keep the frame if it is to be kept; `left_out` counts those for which there was no room."""
        self.looked += 1
        if frame.pdq.quality < USABLE_QUALITY:
            self.flat += 1
        elif self._known(frame.pdq.bits):
            return
        elif len(self.frames) == self._most:
            self.left_out += 1
        else:
            self._remember(frame.pdq.bits)
            self.frames.append(frame)

    def _known(self, bits: bytes) -> bool:
        near = np.bitwise_count(self._words[: len(self.frames)] ^ np.frombuffer(bits, dtype=np.uint64)).sum(axis=1, dtype=np.int64)
        return bool(near.size) and int(near.min()) <= self._near

    def _remember(self, bits: bytes) -> None:
        if len(self.frames) == len(self._words):
            self._words = np.concatenate([self._words, np.empty_like(self._words)])
        self._words[len(self.frames)] = np.frombuffer(bits, dtype=np.uint64)
