"""What would be read after a decision, in words for whoever is about to make it; and the page between choosing and recording."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from odzew.cases.queue import find_case
from odzew.entrypoints.console import views
from odzew.entrypoints.console.case_page import choices, label
from odzew.entrypoints.console.queue_page import regime_word
from odzew.entrypoints.console.said import Said
from odzew.entrypoints.console.visit import Visit
from odzew.foundation.errors import OdzewError
from odzew.usecases.preview_decision import Preview, Reads, preview_decision

_MOST: Final = 20


@views.guarded("preview", "POST")
def preview(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """The exact words that reporters and uploaders will read, and a button that records the decision; nothing is recorded by this."""
    typed, said, desk = views.typed_in(request), views.said_to(request), views.our_desk()
    if not all(text.strip() for text in typed.values()):
        return views.case_answer(request, visit, case, status=422, typed=typed, incomplete=True)
    row = find_case(case=case)
    if row is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    try:
        seen = preview_decision(case=row.id, caller=visit.caller, **typed, desk=desk, now=said.now)
    except OdzewError as error:
        return views.case_answer(request, visit, row.id, status=error.status, typed=typed, refused=views.why(request, error))
    version = request.POST.get("version", "")
    return views.show(
        request,
        "preview",
        visit=visit,
        case={
            "id": row.id,
            "short": str(row.id)[-12:],
            "title": said.label("regime", regime_word(row)),
            "version": version if version.isascii() and version.isdigit() else "",
            **choices(desk=desk, said=said),
        },
        typed=typed,
        chosen={"outcome": said.label("outcome", typed["outcome"]), "ground": label(desk.policy, typed["ground"], said.language)},
        preview=_shown(seen, typed["outcome"], said),
    )


def _shown(seen: Preview, outcome: str, said: Said) -> dict[str, Any]:
    needs = []
    if outcome == "cannot_judge":
        needs.append(said.words["preview_passed"])
    elif seen.people > 1:
        needs.append(said.words["preview_second"])
    elif seen.rounds > 1:
        needs.append(said.words["preview_again"])
    if seen.outside:
        needs.append(said.words["preview_outside"])
    return {
        "needs": needs,
        "when": outcome in ("remove", "keep_withheld") and bool(seen.reporters),
        "passed": outcome == "cannot_judge",
        "groups": [
            ("reporters", said.words["preview_reporters"], _texts(seen.reporters, said), said.words["preview_none_reporters"]),
            ("uploaders", said.words["preview_uploaders"], _texts(seen.uploaders, said), said.words["preview_none_uploaders"]),
        ],
        "more": said.text("more", count=more) if (more := max(len(seen.reporters), len(seen.uploaders)) - _MOST) > 0 else "",
    }


def _texts(found: tuple[Reads, ...], said: Said) -> list[dict[str, Any]]:
    return [
        {
            "lang": r.language,
            "lines": [line for text in r.lines for line in text.split("\n")],
            "readers": said.text("preview_readers", count=r.readers),
            "held": r.held,
        }
        for r in found[:_MOST]
    ]
