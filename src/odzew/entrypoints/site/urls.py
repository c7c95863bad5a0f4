"""Every address of the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from odzew.entrypoints.api import edge, health
from odzew.entrypoints.api.app import api
from odzew.entrypoints.reporter import views as reporter
from odzew.entrypoints.site import errors

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/v1/", api.urls),
    re_path(r"^api/", edge.not_found),
    path("", reporter.door),
    path("status", reporter.status),
    path("status/again", reporter.ask_again),
    path("style-<str:digest>.css", reporter.style),
]
handler400 = errors.unreadable
handler404 = errors.not_found
handler500 = errors.failed
