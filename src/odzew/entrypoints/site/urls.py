"""Every address of the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from odzew.entrypoints.api import edge, health
from odzew.entrypoints.api.app import api
from odzew.entrypoints.console import agreement_page, duplicates_page, preview_page
from odzew.entrypoints.console import factor_views as factors
from odzew.entrypoints.console import hold_views as holding
from odzew.entrypoints.console import live_views as live
from odzew.entrypoints.console import look_views as looking
from odzew.entrypoints.console import misuse_views as misuse
from odzew.entrypoints.console import own_views as own
from odzew.entrypoints.console import policy_views as rules
from odzew.entrypoints.console import provider_views as provider
from odzew.entrypoints.console import queue_views as queue
from odzew.entrypoints.console import saved_views as saved
from odzew.entrypoints.console import thread_views as thread
from odzew.entrypoints.console import views as console
from odzew.entrypoints.console import whole_views as whole
from odzew.entrypoints.console.passkeys import passkey_script
from odzew.entrypoints.hma.urls import urlpatterns as hma
from odzew.entrypoints.reporter import form, limited, pages
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
    path("r", form.from_post),
    path("exit", pages.leave),
    path("help", pages.help_page),
    path("privacy", pages.privacy_page),
    path("notes", reporter.notes),
    path("status", reporter.status),
    path("status/again", reporter.ask_again),
    path("status/message", reporter.write),
    path("status/add", reporter.add),
    path("status/formal", reporter.sign),
    path("status/withdraw", reporter.withdraw),
    path("limited", limited.limited),
    path("limited/appeal", limited.complain),
    path("console/", queue.home),
    path("console/sign-in", console.sign_in),
    path("console/sign-in/passkey", console.sign_in_by_passkey),
    path("console/sign-in/provider", provider.begin),
    path("console/sign-in/provider/back", provider.back),
    path("console/sign-in/provider/second", provider.second),
    path("console/sign-in/<str:secret>", console.sign_in_by_link),
    path("console/sign-out", console.sign_out),
    path("console/live", live.live),
    path("console/views", saved.save),
    path("console/views/<uuid:view>", saved.change),
    path("console/views/<uuid:view>/drop", saved.drop),
    path("console/search", queue.search),
    path("console/next", queue.next_case),
    path("console/cases/<uuid:case>", console.case),
    path("console/cases/<uuid:case>/live", live.case_live),
    path("console/cases/<uuid:case>/lease", queue.renew),
    path("console/cases/<uuid:case>/lease/back", queue.back),
    path("console/cases/<uuid:case>/messages/<uuid:notice>", thread.messages),
    path("console/cases/<uuid:case>/messages/<uuid:notice>/read", thread.read),
    path("console/cases/<uuid:case>/messages/<uuid:notice>/warn", misuse.warn),
    path("console/cases/<uuid:case>/messages/<uuid:notice>/suspend", misuse.suspend),
    path("console/cases/<uuid:case>/messages/<uuid:notice>/suspend/end", misuse.end),
    path("console/cases/<uuid:case>/hold", holding.hold),
    path("console/cases/<uuid:case>/hold/<uuid:hold>/end", holding.end),
    path("console/cases/<uuid:case>/duplicates", duplicates_page.duplicates),
    path("console/cases/<uuid:case>/preview", preview_page.preview),
    path("console/cases/<uuid:case>/decide", console.decide_case),
    path("console/cases/<uuid:case>/statements/<uuid:statement>/release", console.release),
    path("console/cases/<uuid:case>/look", looking.look),
    path("console/looks/<uuid:exposure>/hide", looking.away),
    path("console/me", looking.me),
    path("console/me/accident", looking.accident),
    path("console/me/letter", looking.letter),
    path("console/look-<str:digest>.js", looking.look_script),
    path("console/wave", console.wave),
    path("console/opinions", console.opinions),
    path("console/opinions/<uuid:case>", console.opinion),
    path("console/alarms", console.alarms),
    path("console/alarms/<uuid:alarm>/confirm", console.confirm),
    path("console/policy", rules.policy),
    path("console/policy/versions/<str:digest>", rules.version),
    path("console/policy/draft", rules.draft),
    path("console/policy/edit", rules.edit),
    path("console/policy/sign", rules.sign),
    path("console/policy/withdraw", rules.withdraw),
    path("console/policy/preview", rules.preview),
    path("console/figures", whole.figures),
    path("console/figures/<str:name>.csv", whole.figures_table),
    path("console/agreement", agreement_page.agreement),
    path("console/agreement/<str:name>.csv", agreement_page.agreement_table),
    path("console/agreement/<uuid:double>", agreement_page.settle),
    path("console/operation", whole.operation),
    path("console/key", own.key),
    path("console/key/revoke", own.revoke),
    path("console/you", own.you),
    path("console/you/visits/<uuid:number>/end", own.end_visit),
    path("console/you/visits/end-others", own.end_others),
    path("console/you/recovery", factors.recovery),
    path("console/you/authenticator", factors.authenticator),
    path("console/you/passkeys/new", factors.passkey),
    path("console/you/passkeys/<uuid:number>/remove", factors.remove),
    path("console/you/provider", provider.link),
    path("console/you/provider/remove", provider.unlink),
    path("console/passkey-<str:digest>.js", passkey_script),
    path("console/step-up", own.step_up_page),
    path("console/style-<str:digest>.css", console.style),
    path("console/desk-<str:digest>.js", console.desk_script),
    path("console/live-<str:digest>.js", live.live_script),
    path("page-<str:digest>.js", pages.page_script),
    path("fingerprint-<str:digest>.js", fingerprint),
]
handler400 = errors.unreadable
handler404 = errors.not_found
handler500 = errors.failed
