"""The folder of a demo: told apart from a real desk's, used by one demo at a time, wiped only when it is one."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from odzew.foundation.errors import Conflict, Unavailable, Unsafe

MARK: Final = "demo.json"
LOCK: Final = "demo.lock"
LOG: Final = "demo.log"
_WHAT: Final = "odzew demo"
_WAIT_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a demo keeps for its next start. The keys are of pretend programs; the file is private all the same."""

    desk_port: int = 0
    platform_port: int = 0
    api_key: str = ""
    kladka_key: str = ""


def is_demo(*, data: Path) -> bool:
    """Tell whether a data folder is a demo's."""
    try:
        return bool(json.loads((data / MARK).read_text())["what"] == _WHAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def claim(*, data: Path) -> int:
    """Take a folder for this demo alone; return the descriptor that holds it, which the children share.

    Raises `Unsafe` if the folder holds something else, `Conflict` if a demo runs on it.
    """
    try:
        inside = {p.name for p in data.iterdir()} if data.exists() else set()
        if inside - {LOCK} and not is_demo(data=data):
            raise Unsafe(f"{data} holds something that is not a demo: give the demo a folder of its own with --data.")
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except (OSError, ValueError) as error:
        raise Unsafe(f"The demo cannot use the folder {data}: {getattr(error, 'strerror', None) or error}.") from error
    try:
        _hold(held, data)
        os.truncate(held, 0)
        os.pwrite(held, str(os.getpid()).encode(), 0)
        if not is_demo(data=data):
            keep(data=data, kept=Kept())
    except BaseException:
        os.close(held)
        raise
    return held


def _hold(held: int, data: Path) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if _alive(os.pread(held, 20, 0)) or time.monotonic() > deadline:
                raise Conflict(f"A demo runs on {data} already: stop it, or give this one another folder with --data.") from None
            time.sleep(0.1)
        else:
            return


def _alive(written: bytes) -> bool:
    """Tell whether who holds the folder still lives; a demo that was killed leaves it to its children for a moment."""
    try:
        os.kill(int(written), 0)
    except PermissionError:
        return True
    except (ValueError, OSError):
        return False
    return True


def read(*, data: Path) -> Kept:
    """Return what the last start kept."""
    found = json.loads((data / MARK).read_text())
    return Kept(**{k: v for k, v in found.items() if k != "what"})


def keep(*, data: Path, kept: Kept) -> None:
    """Keep it for the next start, whole or not at all."""
    fresh = data / f"{MARK}.new"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"what": _WHAT, **asdict(kept)}, file)
    fresh.rename(data / MARK)


def wipe(*, data: Path) -> None:
    """Empty a demo's folder that this process holds, and its database if that had to be put elsewhere."""
    from odzew.foundation.postgres.accounts import SYSTEM_FOLDER
    from odzew.foundation.postgres.locks import is_held

    deadline = time.monotonic() + _WAIT_SECONDS
    while is_held(data / "postgres.held"):
        if time.monotonic() > deadline:
            raise Unavailable(f"Another process uses the database in {data}: stop it first.")
        time.sleep(0.1)
    elsewhere = data / "postgres.elsewhere"
    if elsewhere.exists() and (there := Path(elsewhere.read_text().strip())).parent == SYSTEM_FOLDER:
        shutil.rmtree(there, ignore_errors=True)
    for path in sorted(data.iterdir(), key=lambda p: p.name == MARK):  # the mark last: half a wipe is still a demo's folder
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    keep(data=data, kept=Kept())
