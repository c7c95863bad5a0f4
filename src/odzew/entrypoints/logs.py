"""What is logged: words of ours and plain facts, on stderr; never a text, a code, a key, an address or a name.

Two rules do that. The sentence of a record is logged only if it is one of ours, without what was filled in; of an error its type and
the places in our code, never its message. And of the facts beside it only those named in `ALLOWED` pass.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

import structlog

log = logging.getLogger(__name__)

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
        "number",
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


class _Lines(logging.Formatter):
    """Writes a record as one line, after `scrub`."""

    def __init__(self) -> None:
        super().__init__()
        looked_at = sys.stderr.isatty()
        self._render: Any = structlog.dev.ConsoleRenderer(colors=False) if looked_at else structlog.processors.JSONRenderer()

    def format(self, record: logging.LogRecord) -> str:
        return str(self._render(None, "", scrub(record=record)))


def configure(*, level: str) -> None:
    """Send everything that this process logs to stderr: JSON lines, or words where a person looks on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    sys.excepthook = _fallen
    threading.excepthook = lambda given: _fallen(given.exc_type, given.exc_value, given.exc_traceback)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _fallen(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Log what nobody caught, without the words that Python would print."""
    log.critical("something fell", exc_info=(kind, error or kind(), trace))


def scrub(*, record: logging.LogRecord) -> dict[str, Any]:
    """Return what of a record may be logged."""
    ours = record.name.partition(".")[0] in _OURS and isinstance(record.msg, str)
    facts = {k: v for k, v in vars(record).items() if k in ALLOWED and k not in _RECORD}
    facts["at"] = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
    facts["level"] = record.levelname.lower()
    facts["event"] = record.msg if ours else f"{record.name} reports"
    facts["where"] = f"{record.module}:{record.lineno}"
    facts["pid"] = record.process
    if record.exc_info and record.exc_info[0]:
        facts["error"] = describe(error=record.exc_info)
    return {k: _plain(v) for k, v in facts.items()}


_RECORD: Final = frozenset(vars(logging.makeLogRecord({})))


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | bool | None) else str(value)[:2000]


def describe(*, error: tuple[Any, ...]) -> str:
    """Return an error's type and where it was raised, without its message: that may quote what somebody wrote."""
    kind, _value, trace = error
    places = traceback.extract_tb(trace)[-6:]
    path = " < ".join(f"{p.filename.rpartition('odzew/')[2]}:{p.lineno}" for p in reversed(places))
    return f"{kind.__name__} at {path}" if path else kind.__name__
