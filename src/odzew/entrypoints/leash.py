"""A process on a leash ends when the one that started it ends, however that ended.

    python -m odzew.entrypoints.leash PARENT MODULE [WORD...]

runs MODULE as `python -m` would, for as long as the process PARENT is its parent.
"""

from __future__ import annotations

import os
import runpy
import select
import signal
import sys
import threading
import time
from typing import Final

GRACE_SECONDS: Final = 2.0


def tie(*, parent: int) -> None:
    """End this process once `parent` is no longer its parent: asked to stop first, ended after two seconds."""
    threading.Thread(target=_watch, args=(parent,), name="leash", daemon=True).start()


def _watch(parent: int) -> None:
    events = select.poll()
    try:
        events.register(os.pidfd_open(parent), select.POLLIN)
        pause = 1000
    except (AttributeError, OSError):
        pause = 200
    while os.getppid() == parent:
        events.poll(pause)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    """Run a module on the leash."""
    parent, module, *words = sys.argv[1:]
    tie(parent=int(parent))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
