"""Hashes the files of a catalogue several at a time, and writes them down in the order in which they come."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from odzew.entrypoints.catalogue.book import Book, path_said
from odzew.entrypoints.catalogue.entries import Entry
from odzew.matching.decoder.one import decoder_for, hash_one, unread

# How far the others may run ahead of the slowest, for each process: a film takes as long as hundreds of pictures.
_AHEAD: Final = 64


def hash_all(*, entries: Iterable[Entry], book: Book, processes: int, turned: bool, done: Callable[[], object]) -> Counter[str]:
    """Hash every entry in confined children, `processes` at a time, and write a line for each; return how many by verdict.

    The lines are in the order of the entries, so that the last line says where to go on. `done` is called after each. Raises
    `Unavailable` if this machine cannot decode behind walls.
    """
    counts: Counter[str] = Counter()
    waiting: deque[tuple[Entry, Future[dict[str, Any]]]] = deque()

    def write_first() -> None:
        entry, future = waiting.popleft()
        line = future.result()
        book.write(line={**path_said(path=entry.path), **line})
        counts[line["verdict"]] += 1
        done()

    crew = ThreadPoolExecutor(max_workers=processes, thread_name_prefix="catalogue")
    try:
        for entry in entries:
            waiting.append((entry, crew.submit(_line, entry, processes, turned)))
            while waiting and (len(waiting) > processes * _AHEAD or waiting[0][1].done()):
                write_first()
        while waiting:
            write_first()
    finally:
        crew.shutdown(wait=True, cancel_futures=True)
        decoder_for(children=processes).close()
    return counts


def _line(entry: Entry, processes: int, turned: bool) -> dict[str, Any]:
    if entry.note:
        return unread(note=entry.note)
    return hash_one(os.fsdecode(entry.path), turned=turned, children=processes)
