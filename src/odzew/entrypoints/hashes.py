"""The index of hashes in this process: made once, kept fresh by a thread of its own where a server runs."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError, connection

from odzew.entrypoints.check.quick import Misses, Quick
from odzew.entrypoints.index import keep_fresh as keep_index_fresh
from odzew.entrypoints.index import open_index
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import settings

if TYPE_CHECKING:
    from odzew.matching.api import Index
    from odzew.matching.decoder.pool import Decoder

_COUNTS_EVERY: Final = 2.0


@lru_cache(maxsize=1)
def quick() -> Quick:
    """Return the index of this process, with its counts."""
    return Quick(index=open_index(chosen=settings()), misses=Misses(), clock=utc_now)


@lru_cache(maxsize=1)
def the_decoder() -> Decoder:
    """Return the decoder of this process, as it is set; its children start with the first file."""
    from odzew.matching.decoder.pool import decoder_as_set

    return decoder_as_set(chosen=settings())


_keepers: list[threading.Thread] = []


def the_index() -> Index:
    """Return the index of this process, fresh: where no thread keeps it so, it is read now. Never call it in a transaction."""
    index = quick().index
    if not any(k.is_alive() for k in _keepers):
        index.refresh()
    return index


def keep_fresh() -> None:
    """Start the threads that keep the index fresh and write the counts; called once by a process that serves."""
    if not _keepers:
        ours = quick()
        _keepers.append(keep_index_fresh(index=ours.index, folder=settings().index_folder, stopping=threading.Event()))
        _keepers.append(threading.Thread(target=_write_counts, args=(ours,), name="lookup-counts", daemon=True))
        _keepers[-1].start()


def _write_counts(ours: Quick) -> None:
    pause = threading.Event()
    while not pause.wait(_COUNTS_EVERY):
        try:
            ours.misses.write()
        except DatabaseError:  # kept for the next time
            connection.close()
