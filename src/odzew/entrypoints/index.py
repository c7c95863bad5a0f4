"""The index in a process that serves: opened once, read a few times a second; and in a worker, kept in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from odzew.entrypoints import runtime
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import Settings

if TYPE_CHECKING:
    from odzew.matching.api import Index

log = logging.getLogger(__name__)

EVERY: Final = 0.2
LONGEST_PAUSE: Final = 5.0
MEND_EVERY: Final = 2.0
TEND_EVERY: Final = 1.0
REST: Final = 10.0


def open_index(*, chosen: Settings, clock: Callable[[], datetime] = utc_now) -> Index:
    """Return the index of this process; it has read nothing yet, so its answers are incomplete until `keep_fresh` has read once."""
    from odzew.matching.api import Index

    return Index(folder=chosen.index_folder, clock=clock)


def keep_fresh(
    *, index: Index, folder: Path, stopping: threading.Event, clock: Callable[[], datetime] = utc_now
) -> threading.Thread:
    """Start the thread that reads what is new, five times a second, until `stopping` is set, and return it.

    While a segment is not on this machine it is made anew here, by one process. Call it in each serving process, after the fork.
    """
    thread = threading.Thread(target=_keep, args=(index, folder, stopping, clock), daemon=True, name="index-reader")
    thread.start()
    return thread


def _keep(index: Index, folder: Path, stopping: threading.Event, clock: Callable[[], datetime]) -> None:
    from odzew.usecases.tend_index import tend_index

    pause, lacking = EVERY, 0.0
    try:
        while not stopping.is_set():
            try:
                index.refresh()
                lacking = lacking + EVERY if index.waits_for_files() else 0.0
                if lacking > MEND_EVERY:
                    tend_index(folder=folder, now=clock(), works=("mend",))
                    lacking = 0.0
                pause = EVERY
            except Exception as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                _say(error)
                runtime.close_connections()
            stopping.wait(pause)
    finally:
        runtime.close_connections()


def _say(error: Exception) -> None:
    from django.db import InterfaceError, OperationalError

    if isinstance(error, OperationalError | InterfaceError):
        log.warning("the database is away; answers of the index are incomplete until it is back")
    else:
        log.error("the index could not be read; tried again", exc_info=error)


def tending(*, folder: Path, clock: Callable[[], datetime]) -> dict[str, Callable[[], float]]:
    """Return what a worker does for the index, by name: each does one step and says how many seconds to wait until the next."""
    from odzew.usecases.tend_index import tend_index

    def fresh() -> float:
        return 0.0 if tend_index(folder=folder, now=clock(), works=("mend", "seal")).total else TEND_EVERY

    def old() -> float:
        return 0.0 if tend_index(folder=folder, now=clock(), works=("merge", "forget", "sweep")).total else REST

    return {"index-seal": fresh, "index-merge": old}
