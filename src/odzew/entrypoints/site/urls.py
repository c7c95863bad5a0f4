"""Every address of the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from odzew.entrypoints.api import edge, health
from odzew.entrypoints.api.app import api
from odzew.entrypoints.console import queue_views as queue
from odzew.entrypoints.console import thread_views as thread
from odzew.entrypoints.console import views as console
from odzew.entrypoints.hma.urls import urlpatterns as hma
from odzew.entrypoints.reporter import form, pages
from odzew.entrypoints.reporter import views as reporter
from odzew.entrypoints.reporter.fingerprint.served import fingerprint
from odzew.entrypoints.site import errors

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("api/v1/", api.urls),
    re_path(r"^api/", edge.not_found),
    *hma,
    path("", form.form),
    path("exit", pages.leave),
    path("help", pages.help_page),
    path("notes", reporter.notes),
    path("status", reporter.status),
    path("status/again", reporter.ask_again),
    path("status/message", reporter.write),
    path("status/add", reporter.add),
    path("status/withdraw", reporter.withdraw),
    path("console/", queue.home),
    path("console/sign-in", console.sign_in),
    path("console/sign-in/<str:secret>", console.sign_in_by_link),
    path("console/sign-out", console.sign_out),
    path("console/search", queue.search),
    path("console/next", queue.next_case),
    path("console/cases/<uuid:case>", console.case),
    path("console/cases/<uuid:case>/lease", queue.renew),
    path("console/cases/<uuid:case>/lease/back", queue.back),
    path("console/cases/<uuid:case>/messages/<uuid:notice>", thread.messages),
    path("console/cases/<uuid:case>/messages/<uuid:notice>/read", thread.read),
    path("console/cases/<uuid:case>/decide", console.decide_case),
    path("console/cases/<uuid:case>/statements/<uuid:statement>/release", console.release),
    path("console/wave", console.wave),
    path("console/opinions", console.opinions),
    path("console/opinions/<uuid:case>", console.opinion),
    path("console/alarms", console.alarms),
    path("console/alarms/<uuid:alarm>/confirm", console.confirm),
    path("console/key", console.key),
    path("console/style-<str:digest>.css", console.style),
    path("page-<str:digest>.js", pages.page_script),
    path("fingerprint-<str:digest>.js", fingerprint),
]
handler400 = errors.unreadable
handler404 = errors.not_found
handler500 = errors.failed
