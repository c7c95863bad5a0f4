"""What benchmarks stand on: a throw-away durable database with the schema, a platform with a key, and processes that end with us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from odzew.entrypoints.runtime import close_connections, make_desk, migrate, start_django
from odzew.foundation.moments import utc_now
from odzew.foundation.postgres import throwaway
from odzew.foundation.settings import settings

if TYPE_CHECKING:
    from odzew.ledger.people import Caller
    from odzew.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A desk of a benchmark: its database (`admin_url` as superuser), and one platform with a key for all that a platform may do."""

    url: str
    admin_url: str
    api_key: str
    folder: Path


@contextmanager
def ground() -> Iterator[Ground]:
    """Give a desk in a folder of its own, durable as a real one, and take everything away at the end."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="odzew-bench-") as folder, throwaway(durable=True) as running:
        for name in [n for n in os.environ if n.startswith("ODZEW_")]:
            del os.environ[name]
        os.environ.update(ODZEW_DATA=folder, ODZEW_DATABASE_URL=running.url, ODZEW_NOTICES_PER_SECOND="1000000", ODZEW_DEMO="1")
        try:
            start_django()
            migrate()
            yield Ground(url=running.url, admin_url=running.admin_url, api_key=_platform(), folder=Path(folder))
        finally:
            close_connections()
            os.environ.clear()
            os.environ.update(before)


def _platform() -> str:
    from odzew.ledger.people import add_platform, add_program

    now = utc_now()
    desk = make_desk(chosen=settings())
    view, _ = add_platform(
        name="bench",
        hosts=["127.0.0.1:9"],
        private_hosts=["127.0.0.1:9"],
        webhook="http://127.0.0.1:9/webhooks",
        keys=desk.keys,
        now=now,
    )
    return add_program(
        name="bench",
        scopes=frozenset({"notices", "items", "read", "check"}),
        sources=frozenset({"user", "automatic"}),
        now=now,
        platform=view.id,
    )


def acting(*, desk: Ground) -> tuple[Desk, Caller]:
    """Return what use cases are given: the desk of these settings, and the caller that the platform's key belongs to."""
    from odzew.ledger.people import caller_of_key

    caller = caller_of_key(key=desk.api_key, now=utc_now())
    if caller is None:
        raise RuntimeError("the benchmark's own key does not work")
    return make_desk(chosen=settings()), caller


@contextmanager
def process(*words: str, module: str = "odzew") -> Iterator[subprocess.Popen[bytes]]:
    """Run `odzew WORDS`, or another module, beside us; it is ended, and its children with it, when the block ends."""
    child = subprocess.Popen(
        [sys.executable, "-m", module, *words], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
