"""How long after a hash is banked does every process of the server match it, as seen over HTTP?

Import it when Django is ready: in `ground`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from odzew.banks.data import NewHash
from odzew.entrypoints.bench.banked import BANK, by_hash
from odzew.entrypoints.bench.bits import generated
from odzew.entrypoints.bench.ground import Ground, acting
from odzew.entrypoints.bench.load import Line, connect
from odzew.foundation.moments import utc_now
from odzew.usecases.bank_entries import add_entries

LONGEST: Final = 30.0
_MOST_LINES: Final = 256
_BETWEEN: Final = 0.4
_PAUSE: Final = 0.002


def trials(*, desk: Ground, port: int, server: int, processes: int, number: int) -> list[float]:
    """Bank new hashes one after the other; return for each the seconds from its commit until the last process has matched it.

    `server` is the process that the server's are descendants of. Raises RuntimeError if one does not match it within half a minute.
    """
    _, caller = acting(desk=desk)
    lines = one_to_each(desk=desk, port=port, server=server, processes=processes)
    chance = random.Random(3)  # noqa: S311 - only spreads the trials over the rhythm of the readers
    took = []
    for value in (row.tobytes() for row in generated(kind="uniform", n=number, seed=14)):
        time.sleep(chance.uniform(0, _BETWEEN))
        new = NewHash(type="pdq", value=value, quality=100)
        add_entries(bank=BANK, hashes=[new], actor=caller.actor, now=utc_now())
        took.append(_until_matched(by_hash(desk=desk, value=value), list(lines.values())))
    for line in lines.values():
        line.sock.close()
    return took


def _until_matched(request: bytes, lines: list[Line]) -> float:
    began = time.perf_counter()
    while lines and time.perf_counter() - began < LONGEST:
        lines = [line for line in lines if said(line=line, request=request) == "allow"]
        time.sleep(_PAUSE if lines else 0)
    if lines:
        raise RuntimeError("a hash that was banked is not matched by every process")
    return time.perf_counter() - began


def said(*, line: Line, request: bytes) -> str:
    """Ask and return the verdict. Raises RuntimeError for an answer that is none."""
    line.ask(request)
    status, body = line.answer()
    if status != 200:
        raise RuntimeError(f"the server answered {status}")
    return str(json.loads(body)["verdict"])


def one_to_each(*, desk: Ground, port: int, server: int, processes: int) -> dict[int, Line]:
    """Return a connection to each process of the server, by process. Raises RuntimeError if so many are not reached."""
    found: dict[int, Line] = {}
    for _ in range(_MOST_LINES):
        line = connect(host="127.0.0.1", port=port)
        said(line=line, request=by_hash(desk=desk, value=bytes(32)))
        holder = _holder(line, set(_family(server)))
        if holder in found:
            line.sock.close()
        else:
            found[holder] = line
        if len(found) == processes:
            return found
    raise RuntimeError(f"{len(found)} of {processes} processes of the server answered")


def _holder(line: Line, pids: set[int]) -> int:
    """Return which of the processes holds the other end of a connection."""
    here, there = line.sock.getsockname()[1], line.sock.getpeername()[1]
    for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = row.split()
        if (_port(words[1]), _port(words[2])) == (there, here):
            name = f"socket:[{words[9]}]"
            return next(pid for pid in pids if name in _open_files(pid))
    raise RuntimeError("the system does not list the connection")


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def _open_files(pid: int) -> set[str]:
    names = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.add(str(file.readlink()))
        except FileNotFoundError:
            continue
    return names


def _family(pid: int) -> Iterator[int]:
    """Yield a process and everything that descends from it."""
    parents: Mapping[int, int] = {int(p.name): _parent(p) for p in Path("/proc").iterdir() if p.name.isdigit()}
    for one in parents:
        line, at = set(), one
        while at and at != pid and at not in line:
            line.add(at)
            at = parents.get(at, 0)
        if at == pid:
            yield one


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
