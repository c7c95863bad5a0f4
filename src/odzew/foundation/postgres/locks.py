"""What tells a running cluster from the remains of one: two file locks, and the server's own pid file read with distrust."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from odzew.foundation.errors import Unavailable, Unsafe

_SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 103
_NO_PID = 2**31 - 2


@contextlib.contextmanager
def locked(path: Path, *, deadline: float) -> Iterator[None]:
    """Hold the lock at `path`; raises `Unavailable` if somebody else does until `deadline` (of the monotonic clock)."""
    descriptor = open_lock(path)
    try:
        while not take(descriptor):
            if time.monotonic() > deadline:
                raise Unavailable(f"Another process has held {path} for too long; end it and start again.")
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Return whether any process of a running cluster holds `path`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def ready_at(cluster: Path) -> tuple[int, Path] | None:
    """Return the pid and the socket folder that a server says it is ready at; whether that is true only a connection shows."""
    lines = _pid_lines(cluster)
    if len(lines) < 8 or lines[7].strip() != "ready" or not lines[0].isdecimal():
        return None
    return int(lines[0]), Path(lines[4])


def clear_remains(cluster: Path, *, sockets: Path) -> None:
    """Make what a killed server left harmless, so that the next one is not frightened by a pid that belongs to another now.

    Only for the holder of the cluster's lock. The pid is made one that cannot exist, and the rest of the file stays: with it the
    server checks by itself whether anybody is still attached to the old shared memory. Raises `Unavailable` if a PostgreSQL that
    somebody started by hand has the cluster open.
    """
    lines = _pid_lines(cluster)
    if lines:
        if lines[0].lstrip("-").isdecimal() and _has_open(abs(int(lines[0])), cluster):
            raise Unavailable(f"A PostgreSQL that Odzew did not start (process {lines[0]}) has {cluster} open: stop it first.")
        lines[0] = str(_NO_PID)
        (cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")
    else:
        (cluster / "postmaster.pid").unlink(missing_ok=True)
    for name in (_SOCKET, _SOCKET + ".lock"):
        (sockets / name).unlink(missing_ok=True)


def socket_folder(cluster: Path, *, uid: int) -> Path:
    """Return a private folder for the socket: the cluster itself, or, if its path is too long for one, a folder named by its hash.

    Raises `Unsafe` if that folder is somebody else's or open to others.
    """
    if len(os.fsencode(cluster / _SOCKET)) <= _SOCKET_PATH_BYTES:
        return cluster
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    name = "odzew-" + sha256(os.fsencode(cluster)).hexdigest()[:16]
    for base in (runtime, tempfile.gettempdir(), "/tmp"):  # noqa: S108  (the folder made in it is private, and checked to be)
        if base and Path(base).is_dir() and len(os.fsencode(Path(base, name, _SOCKET))) <= _SOCKET_PATH_BYTES:
            break
    folder = Path(base, name)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not is_private(folder, uid=uid):
        raise Unsafe(f"{folder}, where the database's socket belongs, is somebody else's or open to others: remove it.")
    return folder


def is_private(folder: Path, *, uid: int) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and found.st_uid == uid and not found.st_mode & 0o077


def _pid_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _has_open(pid: int, cluster: Path) -> bool:
    """Return whether `pid` is a PostgreSQL that works in `cluster`, or one that we may not look into."""
    process = Path("/proc", str(pid))
    try:
        if (process / "comm").read_text().strip() != "postgres":
            return False
        return (process / "cwd").samefile(cluster)
    except PermissionError:
        return True
    except OSError:
        return False
