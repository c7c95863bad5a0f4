"""The WSGI application: `granian --interface wsgi odzew.entrypoints.site.wsgi:application`."""

from __future__ import annotations

from odzew.entrypoints.runtime import adopt, start_django

adopt()
start_django()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - after Django is ready

from odzew.entrypoints.check.front import in_front  # noqa: E402
from odzew.entrypoints.hashes import quick  # noqa: E402
from odzew.entrypoints.hma.front import in_front as hma_in_front  # noqa: E402

application = in_front(application=hma_in_front(application=WSGIHandler(), quick=quick()), quick=quick())
