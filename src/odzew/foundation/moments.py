"""The only place that reads the clock. Entrypoints call it and pass the moment on."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(tz=UTC)
