"""Bringing the desk up in this process: settings, database, Django, and the `Desk` that use cases are given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import odzew
from odzew.foundation.errors import Unsafe
from odzew.foundation.postgres import Running, check_server, ensure
from odzew.foundation.secrets import load_keys
from odzew.foundation.settings import Settings, read_settings, settings

if TYPE_CHECKING:
    from odzew.usecases.desk import Desk


def adopt(*, data: Path | None = None) -> Settings:
    """Read the settings of this process once, after `--data` was put into the environment for its children too."""
    if data is not None:
        os.environ["ODZEW_DATA"] = str(data.expanduser().absolute())
    settings.cache_clear()
    chosen = read_settings(environ=os.environ)
    os.environ.setdefault("ODZEW_DATA", str(chosen.data))
    _keep_compiled(chosen.data)
    return settings()


def _keep_compiled(data: Path) -> None:
    """Keep the compiled kernels in the data folder where they cannot be kept beside their source."""
    kernels = Path(odzew.__file__).parent / "hashing"
    if "NUMBA_CACHE_DIR" in os.environ or os.access(kernels, os.W_OK) or not os.access(data, os.W_OK):
        return
    folder = data / "compiled"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


def make_folder(*, chosen: Settings) -> None:
    """Make the data folder (0700) if there is none. Raises `Unsafe`."""
    try:
        chosen.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unsafe(f"The data folder {chosen.data} cannot be made ({error.strerror}): name another with ODZEW_DATA.") from error


@contextmanager
def database(*, chosen: Settings) -> Iterator[Running | None]:
    """Give the process its database: the one of `ODZEW_DATABASE_URL`, else the embedded one, attached to or started.

    What was started here is stopped at the end. Raises `Unsafe` or `Unavailable` with one sentence.
    """
    if chosen.database_url:
        check_server(url=chosen.database_url)
        yield None
        return
    make_folder(chosen=chosen)
    with ensure(data=chosen.data) as running:
        os.environ["ODZEW_DATABASE_URL"] = running.url
        try:
            yield running
        finally:
            close_connections()
            os.environ.pop("ODZEW_DATABASE_URL", None)


def close_connections() -> None:
    """Let go of this thread's database connections."""
    from django.apps import apps
    from django.db import connections

    if apps.ready:
        connections.close_all()


def start_django() -> None:
    """Make Django ready in this process; the database's address is in the environment by now."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "odzew.entrypoints.site.settings")
    settings.cache_clear()
    import django

    django.setup()


def migrate() -> None:
    """Bring the schema up to date; safe to call from several processes at once."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [0x0D2E3])
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [0x0D2E3])


def policy_text(*, chosen: Settings) -> str:
    """Return the policy that a new desk begins with: the file of the settings, else `policy.toml` in the data folder, else the shipped."""
    from odzew.policy.shipped import shipped_policy_text

    own = chosen.policy or chosen.data / "policy.toml"
    if chosen.policy is None and not own.exists():
        return shipped_policy_text()
    try:
        return own.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unsafe(f"The policy {own} cannot be read: {error}") from error


def make_desk(*, chosen: Settings) -> Desk:
    """Return the desk of these settings. Raises `Unsafe` for a policy that does not keep the promises, naming why."""
    from odzew.answers.helplines import helplines
    from odzew.foundation.moments import utc_now
    from odzew.policy.check import check_policy
    from odzew.policy.load import load_policy
    from odzew.usecases.desk import Desk

    policy = load_policy(text=policy_text(chosen=chosen))
    if wrong := check_policy(policy=policy):
        raise Unsafe(f"The policy cannot be used: {wrong[0]}")
    return Desk(
        keys=load_keys(folder=chosen.keys_folder),
        policy=policy,
        jurisdiction=chosen.jurisdiction,
        country=chosen.country,
        zone=chosen.time_zone,
        language=chosen.language,
        origin=chosen.public_url.partition("://")[2].rstrip("/").replace("/", "-") or "odzew",
        witness_url=chosen.witness_url,
        formal=chosen.formal,
        public_url=chosen.base_url,
        mail_domain=chosen.mail_address.rpartition("@")[2] or "odzew.invalid",
        emergency=helplines(country=chosen.country, today=utc_now().date()).emergency,
    )
