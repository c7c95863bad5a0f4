"""How the platform behaves: honest, slow, lying or down."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from odzew.entrypoints.kladka.web import Refused

Mode: TypeAlias = str
MODES: Final = ("honest", "slow", "lying", "down")
DELAY: Final = 8.0
LONGEST: Final = 120.0


@dataclass(frozen=True)
class Setting:
    """One behaviour. `everything` with `down`: pages and pictures are gone too, only `/control` answers."""

    mode: Mode = "honest"
    delay: float = DELAY
    everything: bool = False


class Control:
    """The behaviour in force; a new start is honest again."""

    def __init__(self) -> None:
        self._setting = Setting()
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def setting(self) -> Setting:
        """Return the behaviour in force."""
        with self._lock:
            return self._setting

    def show(self) -> dict[str, Any]:
        """Return the behaviour in force as plain data."""
        return asdict(self.setting())

    def change(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Take on another behaviour: `mode`, and optionally `delay` in seconds and `everything`."""
        mode, delay, everything = wish.get("mode"), wish.get("delay", DELAY), wish.get("everything", False)
        if mode not in MODES:
            raise Refused(422, f"The mode is one of {', '.join(MODES)}.")
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= LONGEST:
            raise Refused(422, f"The delay is a number of seconds from 0 to {LONGEST:.0f}.")
        if not isinstance(everything, bool):
            raise Refused(422, "`everything` is true or false.")
        with self._lock:
            self._setting = Setting(mode=mode, delay=float(delay), everything=everything)
        return self.show()

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond the end of the platform."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """Wake all that sleep."""
        self._closing.set()
