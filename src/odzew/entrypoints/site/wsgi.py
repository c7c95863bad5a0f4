"""The WSGI application: `granian --interface wsgi odzew.entrypoints.site.wsgi:application`."""

from __future__ import annotations

from odzew.entrypoints.runtime import adopt, start_django

adopt()
start_django()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402 - after Django is ready

application = WSGIHandler()
