"""What is logged: words of ours and plain facts, on stderr; never a text, a code, a key, an address or a name.

Two rules do that. The sentence of a record is logged only if it is one of ours, without what was filled in; of an error its type and
the places in our code, never its message. And of the facts beside it only those named in `ALLOWED` pass.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog

ALLOWED: Final = frozenset(
    {
        "attempt",
        "at",
        "clocks",
        "code",
        "count",
        "deed",
        "error",
        "event",
        "exit",
        "failed",
        "kind",
        "level",
        "loop",
        "measure",
        "milliseconds",
        "pid",
        "port",
        "process",
        "seconds",
        "state",
        "status",
        "version",
        "where",
    }
)
_OURS: Final = ("odzew", "kladka")
_QUIET: Final = ("httpx", "httpcore", "asyncio", "django.request", "django.security", "django.server", "urllib3")
_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

Error = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(*, level: str) -> None:
    """Send everything that this process logs to stderr: JSON lines, or words where a person looks on."""
    renderer: Any = structlog.processors.JSONRenderer(sort_keys=True)
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"), scrub, renderer],
            foreign_pre_chain=[],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def scrub(_logger: object, _method: str, given: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep what may be logged, and say how much was left out."""
    record: logging.LogRecord | None = given.pop("_record", None)
    given.pop("_from_structlog", None)
    facts = dict(given)
    if record is not None:
        ours = record.name.partition(".")[0] in _OURS and isinstance(record.msg, str)
        facts["event"] = record.msg if ours else f"{record.name} reports"
        facts["level"] = record.levelname.lower()
        facts["where"] = f"{record.module}:{record.lineno}"
        facts.update({k: v for k, v in vars(record).items() if k in ALLOWED and k not in _RECORD})
        if record.exc_info and record.exc_info[0]:
            facts["error"] = describe(error=record.exc_info)
        facts.pop("exc_info", None)
    return {k: _plain(v) for k, v in facts.items() if k in ALLOWED}


_RECORD: Final = frozenset(vars(logging.makeLogRecord({})))


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | bool | None) else str(value)[:2000]


def describe(*, error: Error | tuple[Any, ...]) -> str:
    """Return an error's type and where it was raised, without its message: that may quote what somebody wrote."""
    kind, _value, trace = error
    places = traceback.extract_tb(trace)[-6:]
    path = " < ".join(f"{p.filename.rpartition('odzew/')[2]}:{p.lineno}" for p in reversed(places))
    return f"{kind.__name__} at {path}" if path else kind.__name__
