"""Where a replay is played: a throw-away PostgreSQL, and in it an empty desk for each play."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from odzew.entrypoints.runtime import close_connections, migrate, start_django
from odzew.foundation.postgres import throwaway


@contextmanager
def stage() -> Iterator[Callable[[], None]]:
    """Give a function that puts an empty desk's database under this process; everything is gone at the end.

    No setting of the desk is read and nothing of it is touched. To be called before Django is set up in this process.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="odzew-replay-") as folder, throwaway(durable=False) as running:
        for name in [n for n in os.environ if n.startswith("ODZEW_")]:
            del os.environ[name]
        os.environ.update(ODZEW_DATA=folder, ODZEW_DATABASE_URL=running.url)
        try:
            start_django()
            migrate()
            yield _Copies(url=running.admin_url).fresh
        finally:
            close_connections()
            os.environ.clear()
            os.environ.update(before)


class _Copies:
    """Empty databases, each a copy of the one that was migrated."""

    def __init__(self, *, url: str) -> None:
        self._url, self._count, self._template = url, 0, ""

    def fresh(self) -> None:
        """Leave the last copy, and connect this process to a new one."""
        import psycopg
        from django.db import connection

        last = str(connection.settings_dict["NAME"])
        owner = str(connection.settings_dict["USER"])
        self._template = self._template or last
        self._count += 1
        name = f"replay_{self._count}"
        close_connections()
        with psycopg.connect(self._url, dbname="postgres", autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}" OWNER "{owner}"')
            if last != self._template:
                admin.execute(f'DROP DATABASE "{last}"')
        connection.settings_dict["NAME"] = name
