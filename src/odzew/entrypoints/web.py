"""The web: granian over the WSGI application, on the loopback address unless the settings say otherwise, without an access log.

`python -m odzew.entrypoints.web`; the settings and the database's address come from the environment.
"""

from __future__ import annotations

import os
from functools import partial
from importlib import import_module
from typing import Any

from odzew.entrypoints import leash, logs, runtime
from odzew.foundation.settings import Settings

WAITING = 512
STOP_SECONDS = 5
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": [], "propagate": False}},
}


def application(_target: str = "", *, master: int, level: str) -> Any:
    """Return the WSGI application in a web process, which ends when its master does."""
    leash.tie(parent=master)
    logs.configure(level=level)
    loaded = import_module("odzew.entrypoints.site.wsgi").application
    import_module("odzew.entrypoints.hashes").keep_fresh()
    return loaded


def serve(*, chosen: Settings) -> None:
    """Serve until asked to stop. Requests beyond the threads wait; too many waiting are told so by the operating system."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    import_module("odzew.entrypoints.site.wsgi")  # once here, so that the processes share it; it opens no connection
    import_module("odzew.entrypoints.reporter.networks")  # and the day's key, by which they know the same networks
    runtime.close_connections()
    server = Granian(
        target="odzew.entrypoints.site.wsgi:application",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.WSGI,
        workers=chosen.web_processes,
        blocking_threads=chosen.web_threads,
        backpressure=chosen.web_threads,
        backlog=WAITING,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    load = partial(application, master=os.getpid(), level=chosen.log_level)
    server.serve(target_loader=load)


def main() -> None:
    """Serve with the settings of the environment."""
    chosen = runtime.adopt()
    logs.configure(level=chosen.log_level)
    runtime.start_django()
    serve(chosen=chosen)


if __name__ == "__main__":
    main()
