"""The index of hashes in this process: made once, kept fresh by a thread of its own where a server runs."""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, connection

from odzew.entrypoints.check.quick import Misses, Quick
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings
from odzew.matching.api import Index

if TYPE_CHECKING:
    from odzew.matching.decoder.pool import Decoder

# How often what other processes wrote is read: what is banked is known here this much later at the latest.
EVERY: Final = 0.2
_COUNTS_EVERY: Final = 10
log = logging.getLogger("odzew.hashes")


@lru_cache(maxsize=1)
def quick() -> Quick:
    """Return the index of this process, with its counts."""
    return Quick(index=Index(folder=settings().data / "index", clock=utc_now), misses=Misses(), clock=utc_now)


@lru_cache(maxsize=1)
def the_decoder() -> Decoder:
    """Return the decoder of this process; its children start with the first file."""
    from odzew.matching.decoder.pool import Decoder

    return Decoder()


_keeper: threading.Thread | None = None


def the_index() -> Index:
    """Return the index of this process, fresh: where no thread keeps it so, it is read now. Never call it in a transaction."""
    index = quick().index
    if _keeper is None or not _keeper.is_alive():
        index.refresh()
    return index


def keep_fresh() -> None:
    """Start the thread that keeps the index fresh and writes the counts; called once by a process that serves or works."""
    global _keeper
    if _keeper is None or not _keeper.is_alive():
        _keeper = threading.Thread(target=_keep, name="hashes", daemon=True)
        _keeper.start()


def _keep() -> None:
    ours, turn, away = quick(), 0, False
    pause = threading.Event()
    while True:
        try:
            ours.index.refresh()
            if turn % _COUNTS_EVERY == 0:
                ours.misses.write()
            if away:
                log.info("the index of hashes is read again")
            away = False
        except DatabaseError as error:
            connection.close()
            if not away:
                log.warning("the index of hashes cannot be read: %s; checks say hold until it can", type(error).__name__)
            away = True
        turn += 1
        pause.wait(EVERY)
