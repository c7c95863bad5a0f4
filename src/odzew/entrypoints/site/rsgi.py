"""The front of a web process, as `odzew serve` runs it: Django behind our own taking in of requests."""

from __future__ import annotations

from importlib import import_module

from odzew.entrypoints.runtime import adopt, start_django

adopt()
start_django()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - after Django is ready

from odzew.entrypoints.front.app import Front  # noqa: E402
from odzew.entrypoints.front.bodies import Bodies, Limits  # noqa: E402
from odzew.entrypoints.hashes import quick  # noqa: E402
from odzew.entrypoints.hma.front import in_front as hma_in_front  # noqa: E402
from odzew.foundation.settings import Settings  # noqa: E402

import_module("odzew.entrypoints.site.urls")  # here, so that the processes share what it loads
handler = WSGIHandler()


def front(*, chosen: Settings) -> Front:
    """Return the front of this process."""
    bodies = Bodies(limits=Limits(folder=chosen.data, patience=chosen.client_seconds))
    application = hma_in_front(application=handler, quick=quick())
    return Front(application=application, quick=quick(), bodies=bodies, threads=chosen.web_threads, waiting=chosen.web_waiting)
