"""The web: granian with the front, on the loopback address unless the settings say otherwise, without an access log.

`python -m odzew.entrypoints.web`; the settings and the database's address come from the environment.
"""

from __future__ import annotations

import gc
import os
import resource
from functools import partial
from importlib import import_module
from typing import Any

from odzew.entrypoints import leash, logs, runtime
from odzew.foundation.settings import Settings

BACKLOG = 2048
BUFFER = 64 * 1024
OTHER_FILES = 256
STOP_SECONDS = 5
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": [], "propagate": False}},
}


def application(_target: str = "", *, master: int, chosen: Settings) -> Any:
    """Return the front of a web process, which ends when its master does."""
    leash.tie(parent=master)
    logs.configure(level=chosen.log_level)
    front = import_module("odzew.entrypoints.site.rsgi").front(chosen=chosen)
    import_module("odzew.entrypoints.hashes").keep_fresh()
    return front


def connections(*, wanted: int) -> int:
    """Return how many connections a process may hold: as many as wanted, if the system lets it open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted + OTHER_FILES
    most = need if hard == resource.RLIM_INFINITY else min(need, hard)
    if soft not in (resource.RLIM_INFINITY, most) and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(1, min(wanted, most - OTHER_FILES))


def serve(*, chosen: Settings) -> None:
    """Serve until asked to stop. What is beyond the threads waits in line, and beyond that is told to come again."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    import_module("odzew.entrypoints.site.rsgi")  # once here, so that the processes share it; it opens no connection
    import_module("odzew.entrypoints.reporter.networks")  # and the day's key, by which they know the same networks
    runtime.close_connections()
    gc.collect()
    gc.freeze()  # what is shared is not looked through, and so not copied
    server = Granian(
        target="odzew.entrypoints.site.rsgi:front",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.RSGI,
        workers=chosen.web_processes,
        backpressure=connections(wanted=chosen.web_connections),  # granian holds back connections, not requests
        backlog=BACKLOG,
        http=HTTPModes.http1,  # over one connection of HTTP/2 hundreds of requests could come at once
        http1_settings=HTTP1Settings(header_read_timeout=chosen.client_seconds * 1000, max_buffer_size=BUFFER),
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        log_access=False,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    load = partial(application, master=os.getpid(), chosen=chosen)
    server.serve(target_loader=load)


def main() -> None:
    """Serve with the settings of the environment."""
    chosen = runtime.adopt()
    logs.configure(level=chosen.log_level)
    runtime.start_django()
    serve(chosen=chosen)


if __name__ == "__main__":
    main()
