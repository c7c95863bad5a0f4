"""Making, starting, recognising and stopping the cluster of one data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg
from psycopg import sql

from odzew.foundation.errors import Unavailable, Unsafe
from odzew.foundation.postgres import locks
from odzew.foundation.postgres.accounts import Account, Place, choose, keep, place_of
from odzew.foundation.postgres.binaries import Binaries, find_binaries, first_line

START_SECONDS = 600.0
STOP_SECONDS = 90.0

NAME = "odzew"
ADMIN = "postgres"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "ssl": "off",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # The log is for the server's own life. An error goes to who made it and is not written down: it may quote what was typed.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
NOT_DURABLE = dict.fromkeys(DURABLE, "off")

RULES = """\
# Only through the socket, which only this account can reach, and only with the password.
local all all scram-sha-256
local replication all scram-sha-256
"""


class Running:
    """A cluster that answers. A context manager: leaving it stops the server if this handle started it.

    `url` is for the desk: the role `odzew` owns the database of that name, may make others (tests do), and is no superuser, so it
    cannot read files or switch off triggers for a session. `admin_url` is the superuser. Both hold the password: never print them.
    `started` tells whether this handle started the server; if another process did, the server ends when that process does.
    """

    def __init__(self, *, place: Place, pid: int, sockets: Path, password: str, keeper: subprocess.Popen[bytes] | None) -> None:
        self.place = place
        self.pid = pid
        self.started = keeper is not None
        self.url = _url(NAME, password, sockets)
        self.admin_url = _url(ADMIN, password, sockets)
        self._sockets = sockets
        self._keeper = keeper
        self._owner = os.getpid()

    def __repr__(self) -> str:
        return f"<Running cluster={str(self.place.cluster)!r} pid={self.pid} started={self.started}>"

    def __enter__(self) -> Running:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def poll(self) -> int | None:
        """Return None while the server runs, else its exit code (0 if another process started it: the code is theirs to know)."""
        if self._keeper is not None:
            return self._keeper.poll()
        return None if locks.is_held(_held(self.place.data)) else 0

    def wait(self, timeout: float | None = None) -> int | None:
        """Return what `poll` returns once the server has ended, or None after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None and (deadline is None or time.monotonic() < deadline):
            time.sleep(0.1)
        return code

    def stop(self) -> None:
        """End the server in order, open connections included, and return when it has ended; nothing if another process started it.

        May be called twice, and does nothing in a forked child of the process that started the server.
        """
        if self._keeper is None or self._owner != os.getpid():
            return
        self._keeper.terminate()
        try:
            self._keeper.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        if self._sockets != self.place.cluster:
            with contextlib.suppress(OSError):
                self._sockets.rmdir()


def ensure(*, data: Path) -> Running:
    """Attach to the cluster in `data/postgres` if it runs, else start it (making it first if there is none).

    Any number of processes may call this at once. Raises `Unavailable` if there is no PostgreSQL or it does not start, and `Unsafe`
    if the surroundings do not allow it to run, or its files are not what they were; both say what to do.
    """
    return _open(data=data, durable=True)


@contextlib.contextmanager
def throwaway(*, durable: bool = False) -> Iterator[Running]:
    """Give a new cluster in a temporary folder and remove both afterwards; `durable` makes it write to disk as a real one does."""
    with tempfile.TemporaryDirectory(prefix="odzew-pg-") as folder:
        data = Path(folder).resolve()
        with _open(data=data, durable=durable) as running:
            try:
                yield running
            finally:
                running.stop()
                if running.place.root != data:
                    shutil.rmtree(running.place.root)


def _open(*, data: Path, durable: bool) -> Running:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(locks.open_lock(data / "postgres.lock"))
    except OSError as error:
        raise Unsafe(
            f"Odzew cannot write in its data folder {data} ({error.strerror}): give that folder to who starts it."
        ) from error
    data = data.resolve()
    deadline = time.monotonic() + START_SECONDS
    with locks.locked(data / "postgres.lock", deadline=deadline):
        held = locks.open_lock(_held(data))
        try:
            while not locks.take(held):
                place = place_of(data=data)
                if (found := _answer(place)) is not None:
                    return Running(place=place, pid=found[0], sockets=found[1], password=_read_password(place), keeper=None)
                if time.monotonic() > deadline:
                    raise Unavailable(f"PostgreSQL runs in {place.cluster} but does not answer; its log is {place.log}.")
                time.sleep(0.05)
            return _start(data=data, held=held, durable=durable, deadline=deadline)
        finally:
            os.close(held)


def _start(*, data: Path, held: int, durable: bool, deadline: float) -> Running:
    account, place, binaries = choose(data=data, binaries=find_binaries())
    log = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if not place.cluster.exists():
            _make(place=place, account=account, binaries=binaries, held=held, log=log, durable=durable)
        if place.root != data and not place.elsewhere.exists():
            _write_private(place.elsewhere, f"{place.root}\n")
        _check(place=place, account=account, binaries=binaries)
        sockets = locks.socket_folder(place.cluster, uid=account.uid)
        locks.clear_remains(place.cluster, sockets=sockets)
        quoted = '"' + str(sockets).replace('"', '""') + '"'
        settings = SETTINGS | (DURABLE if durable else NOT_DURABLE) | {"unix_socket_directories": quoted}
        command = [str(binaries.postgres), "-D", str(place.cluster)]
        command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        keeper = keep(command, account=account, folder=place.root, output=log, held=held, log=place.log)
    finally:
        os.close(log)
    try:
        pid = _wait_ready(place, keeper, deadline)
        return Running(place=place, pid=pid, sockets=sockets, password=_read_password(place), keeper=keeper)
    except BaseException:
        keeper.terminate()
        keeper.wait()
        raise


def _make(*, place: Place, account: Account, binaries: Binaries, held: int, log: int, durable: bool) -> None:
    """Run initdb into a folder beside, and rename it when it is whole: a cluster that is there is a finished one."""
    if not place.password.exists():
        _write_private(place.password, secrets.token_urlsafe(32) + "\n", owner=account)
    shutil.rmtree(place.unfinished, ignore_errors=True)
    place.unfinished.mkdir(mode=0o700)
    if account.become:
        os.chown(place.unfinished, account.uid, account.gid)
    command = [str(binaries.initdb), "-D", str(place.unfinished), "-U", ADMIN, f"--pwfile={place.password}"]
    command += [
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--data-checksums",
        *_letters(binaries),
        *([] if durable else ["--no-sync"]),
    ]
    code = keep(command, account=account, folder=place.root, output=log, held=held).wait()
    if code:
        raise Unavailable(f"PostgreSQL could not make its files in {place.root}: {_last_words(place.log)}")
    (place.unfinished / "pg_hba.conf").write_text(RULES)
    place.unfinished.rename(place.cluster)
    _sync(place.root)


def _letters(binaries: Binaries) -> list[str]:
    """Return initdb's options for letters that sort and fold by Unicode, whatever the surroundings' LANG."""
    if binaries.version < 17:
        return ["--locale=C.UTF-8", "--lc-messages=C"]
    rules = "PG_UNICODE_FAST" if binaries.version >= 18 else "C.UTF-8"
    return ["--locale=C", "--locale-provider=builtin", f"--builtin-locale={rules}"]


def _check(*, place: Place, account: Account, binaries: Binaries) -> None:
    """Raise `Unsafe` if the cluster is not one that this account can run with these programs."""
    owner = place.cluster.stat().st_uid
    if owner != account.uid:
        raise Unsafe(f"The database in {place.cluster} belongs to user {owner}, not to {account.uid}: start Odzew as before.")
    made_by = (place.cluster / "PG_VERSION").read_text().strip()
    if made_by != str(binaries.version):
        raise Unsafe(
            f"The database in {place.cluster} was made by PostgreSQL {made_by}, and {binaries.folder} is {binaries.version}: "
            "set ODZEW_PG_BIN to the programs of the old version, or upgrade the database."
        )
    _read_password(place)


def _wait_ready(place: Place, keeper: subprocess.Popen[bytes], deadline: float) -> int:
    while time.monotonic() < deadline:
        if (found := _answer(place)) is not None:
            return found[0]
        if keeper.poll() is not None:
            break
        time.sleep(0.02)
    raise Unavailable(f"PostgreSQL did not start ({place.log}): {_last_words(place.log)}")


def _answer(place: Place) -> tuple[int, Path] | None:
    """Return the pid and the socket folder of the server if it answers and is this cluster's, and see to our role and database.

    A pid file may be a dead server's, or a copy of another folder's: only the server's own word on its folder and its identity
    counts. Raises `Unsafe` if it is ours but does not know our password.
    """
    found = locks.ready_at(place.cluster)
    if found is None or not locks.is_private(found[1], uid=place.cluster.stat().st_uid):
        return None
    password = _read_password(place)
    try:
        with psycopg.connect(_url(ADMIN, password, found[1], database=ADMIN), connect_timeout=10, autocommit=True) as connection:
            row = connection.execute(
                "select system_identifier, current_setting('data_directory') from pg_control_system()"
            ).fetchone()
            if row is None or row[0] != _identity(place) or not Path(row[1]).samefile(place.cluster):
                return None
            _provide(connection, password)
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise Unsafe(f"The password in {place.password} is not the database's: {first_line(error)}") from error
        return None
    return found


def _identity(place: Place) -> int:
    """Return the number that initdb gave the cluster, which begins its control file."""
    with (place.cluster / "global" / "pg_control").open("rb") as file:
        return int.from_bytes(file.read(8), sys.byteorder)


def _provide(connection: psycopg.Connection[tuple[object, ...]], password: str) -> None:
    """Make our role and database if they are missing (the first start may have been killed before it came to this)."""
    name = sql.Identifier(NAME)
    if not connection.execute("select 1 from pg_roles where rolname = %s", [NAME]).fetchone():
        connection.execute(sql.SQL("create role {} login createdb password {}").format(name, sql.Literal(password)))
    if not connection.execute("select 1 from pg_database where datname = %s", [NAME]).fetchone():
        connection.execute(sql.SQL("create database {} owner {}").format(name, name))


def _held(data: Path) -> Path:
    return data / "postgres.held"


def _url(role: str, password: str, sockets: Path, *, database: str = NAME) -> str:
    return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(str(sockets), safe='')}"


def _read_password(place: Place) -> str:
    try:
        return place.password.read_text().strip()
    except FileNotFoundError:
        raise Unsafe(f"The database's password, {place.password}, is missing: put it back from the backup.") from None


def _write_private(path: Path, text: str, *, owner: Account | None = None) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        file.write(text)
        file.flush()
        if owner and owner.become:
            os.fchown(file.fileno(), owner.uid, owner.gid)
        os.fsync(file.fileno())
    unfinished.rename(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace")[-4000:].splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "PANIC" in line]
    return (telling or lines or ["it said nothing"])[-1]
