"""The pages of the policy: the one in force, its versions, the open change, and the forms by which people write and sign one."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from odzew.entrypoints.console import views
from odzew.entrypoints.console.policy_form import fields, filled_in, new_ground
from odzew.entrypoints.console.policy_page import difference_words, history_words, policy_words, preview_words
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.step_up import require_step_up
from odzew.entrypoints.console.visit import Visit
from odzew.entrypoints.runtime import policy_text
from odzew.foundation.errors import Conflict, OdzewError
from odzew.foundation.settings import settings
from odzew.ledger.people import signers
from odzew.ledger.policies import in_force_before, text_of, versions
from odzew.ledger.policy_changes import ChangeView, ended_changes, open_change
from odzew.policy.editing import values_of
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases._policy_texts import LONGEST, readable
from odzew.usecases.draft_policy import draft_policy
from odzew.usecases.preview_policy import preview_again
from odzew.usecases.sign_policy import sign_policy
from odzew.usecases.withdraw_policy import withdraw_policy

DRAFT: Final = "/console/policy/draft"
SHIPPED: Final = "shipped"
_HISTORY: Final = 50
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def _in_force() -> str:
    """The text of the policy in force; where none is yet, or none that this release can use, that of the settings."""
    digest = in_force_before()
    text = text_of(digest=digest) if digest else None
    return text if text and readable(text) else policy_text(chosen=settings())


def _signs(visit: Visit) -> bool:
    return may(role=visit.caller.role, page="policy_sign", method="POST")


@views.guarded("policy", "GET")
def policy(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The policy in force and those before it, and whether a change is on its way."""
    said, text, change = views.said_to(request), _in_force(), open_change()
    found = versions(limit=_HISTORY)
    return views.show(
        request,
        "policy",
        visit=visit,
        shown=policy_words(policy=readable(text) or views.our_desk().policy, text=text, said=said),
        history=history_words(versions=found, changes=ended_changes(limit=_HISTORY), said=said),
        coming=_coming(change, visit, said) if change else None,
        signs=_signs(visit),
    )


def _coming(change: ChangeView, visit: Visit, said: Any) -> dict[str, Any]:
    return {
        "id": change.id,
        "digest": change.digest,
        "version": change.version,
        "name": change.name,
        "author": said.words["pol_shell"] if change.author == "operator" else change.author,
        "at": said.time(change.changed_at),
        "proposed": change.state == "proposed",
        "due": said.due(change.due_at) if change.due_at else None,
        "signed": [{"by": s.pseudonym, "at": said.time(s.at)} for s in change.signatures],
        "mine": any(s.person == visit.caller.id for s in change.signatures),
    }


@views.guarded("policy_version", "GET")
def version(request: HttpRequest, visit: Visit, digest: str) -> HttpResponse:
    """One that is or was in force, and what it says differently from the one in force now."""
    said, text = views.said_to(request), text_of(digest=digest) if _DIGEST.fullmatch(digest) else None
    if text is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    found = next(iter(versions(limit=1, digest=digest)), None)
    made = next(iter(ended_changes(limit=1, digest=digest)), None)
    before = text_of(digest=made.base) if made else None
    usable = readable(text)
    return views.show(
        request,
        "policy_version",
        visit=visit,
        digest=digest,
        title=f"{found.version}, {found.name}" if found else digest[:12],
        at=said.time(found.at) if found else None,
        by=[s.pseudonym for s in made.signatures] if made else [],
        change=difference_words(before=before, after=text, said=said) if before else None,
        shown=policy_words(policy=usable, text=text, said=said) if usable else None,
        text=text,
        now=digest == in_force_before(),
        signs=_signs(visit),
    )


@views.guarded("policy_draft", "GET")
def draft(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The change on its way: what it changes, what it would have meant, who signed it."""
    return _draft(request, visit)


def _draft(request: HttpRequest, visit: Visit, *, status: int = 200, **facts: Any) -> HttpResponse:
    said, change, text = views.said_to(request), open_change(), _in_force()
    if change is None:
        return views.show(request, "policy_draft", visit=visit, status=status, coming=None, signs=_signs(visit), **facts)
    now, size = said.now, views.our_desk().size(now=said.now)
    able = signers(now=now)
    others = [s for s in change.signatures if s.person != visit.caller.id and s.person in {p.id for p in able}]
    return views.show(
        request,
        "policy_draft",
        visit=visit,
        status=status,
        coming=_coming(change, visit, said),
        change=difference_words(before=text, after=change.text, said=said),
        preview=preview_words(change=change, caller=visit.caller, said=said),
        stale=change.base != (in_force_before() or views.our_desk().policy.digest),
        text=change.text,
        signs=_signs(visit),
        counts=visit.caller.id in {p.id for p in able},
        alone=size == "solo" and not others,
        last=bool(others),
        few=size != "solo" and len(able) < 2,
        **facts,
    )


# Writing


@dataclass(frozen=True, slots=True)
class _Start:
    """What a form begins from: a text, and under which name it is asked for again."""

    text: str
    name: str


def _start(name: str, change: ChangeView | None) -> _Start:
    """The open change, unless the shipped policy or an earlier version is asked for; without any, the one in force."""
    if name == SHIPPED:
        return _Start(shipped_policy_text(), SHIPPED)
    if _DIGEST.fullmatch(name) and (text := text_of(digest=name)):
        return _Start(text, name)
    return _Start(change.text if change else _in_force(), "")


@views.guarded("policy_edit", "GET", "POST")
def edit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The forms of a change; what they refuse is said on the page, and what was typed is kept there."""
    change = open_change()
    if request.method != "POST":
        return _edit(request, visit, _start(request.GET.get("from", ""), change), change)
    typed = {name: value.replace("\x00", "") for name, value in request.POST.items() if isinstance(value, str)}
    start = _start(typed.get("from", ""), change)
    whole = typed["text"].replace("\r\n", "\n") if "text" in typed else None
    try:
        if typed.get("seen", "") != (change.digest if change else ""):
            raise Conflict("Somebody has written this draft anew meanwhile; look at it again.", why="policy_moved")
        text = whole if whole is not None else filled_in(text=start.text, typed=typed, version=_next_version())
        draft_policy(text=text, seen=typed.get("seen", ""), caller=visit.caller, desk=views.our_desk(), now=views.moment())
    except OdzewError as error:
        reasons = error.detail.get("reasons") or []
        return _edit(
            request,
            visit,
            start,
            change,
            status=error.status,
            typed=typed,
            whole=whole,
            reasons=reasons,
            refused=views.why(request, error),
        )
    return views.see(DRAFT)


def _next_version() -> int:
    return int(values_of(text=_in_force())["version"]) + 1


def _edit(
    request: HttpRequest,
    visit: Visit,
    start: _Start,
    change: ChangeView | None,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    whole: str | None = None,
    **facts: Any,
) -> HttpResponse:
    said, typed = views.said_to(request), typed or {}
    return views.show(
        request,
        "policy_edit",
        visit=visit,
        status=status,
        seen=change.digest if change else "",
        start=start.name,
        groups=fields(text=start.text, typed=typed, said=said),
        ground=new_ground(typed=typed),
        whole=start.text if whole is None else whole[: LONGEST + 1],
        by_hand=whole is not None,
        again=bool(change and change.state == "proposed"),
        **facts,
    )


# Signing


def _named(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("change", ""))
    except ValueError:
        return uuid.UUID(int=0)


@views.guarded("policy_sign", "POST")
def sign(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One signature under the open change, with a fresh second factor."""
    if (step := require_step_up(visit=visit, back=DRAFT, now=views.moment())) is not None:
        return step
    digest = request.POST.get("digest", "")
    try:
        became = sign_policy(change=_named(request), digest=digest, caller=visit.caller, desk=views.our_desk(), now=views.moment())
    except OdzewError as error:
        return _draft(request, visit, status=error.status, refused=views.why(request, error))
    return views.see("/console/policy" if became == "in_force" else DRAFT)


@views.guarded("policy_withdraw", "POST")
def withdraw(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The open change ends without taking force."""
    try:
        withdraw_policy(change=_named(request), caller=visit.caller, now=views.moment())
    except OdzewError as error:
        return _draft(request, visit, status=error.status, refused=views.why(request, error))
    return views.see("/console/policy")


@views.guarded("policy_preview", "POST")
def preview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The preview is wanted anew."""
    preview_again(change=_named(request))
    return views.see(DRAFT)
