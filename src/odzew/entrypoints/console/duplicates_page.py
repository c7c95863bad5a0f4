"""The open cases that look like duplicates of a case, and joining them to it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse

from odzew.cases.queue import find_case
from odzew.cases.rows import CaseRow
from odzew.decisions.doubles import as_it_stood
from odzew.entrypoints import hashes
from odzew.entrypoints.console import views
from odzew.entrypoints.console.queue_page import regime_word
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.said import Said
from odzew.entrypoints.console.visit import Visit
from odzew.entrypoints.console.wave_page import ids_in
from odzew.foundation.errors import OdzewError
from odzew.usecases._duplicates import Duplicate, look_for_duplicates, takes_duplicates
from odzew.usecases.join_duplicates import join_duplicates


@views.guarded("duplicates", "GET", "POST")
def duplicates(request: HttpRequest, visit: Visit, case: uuid.UUID) -> HttpResponse:
    """What looks like a duplicate of the case; chosen ones join it."""
    row = find_case(case=case)
    if row is None:
        return views.show(request, "told", visit=visit, status=404, sentence="not_here")
    known = as_it_stood(rows=[row], person=visit.caller.id)[0]
    if known.at is not None:
        if request.method == "POST":
            return _page(request, visit, known.row, status=409, refused=views.said_to(request).words["dup_first"])
        return _page(request, visit, known.row)
    if request.method != "POST":
        return _page(request, visit, row)
    chosen = ids_in(texts=request.POST.getlist("case"))
    try:
        join_duplicates(case=row.id, duplicates=sorted(chosen), caller=visit.caller, desk=views.our_desk(), now=views.moment())
    except OdzewError as error:
        return _page(request, visit, row, status=error.status, chosen=chosen, refused=views.why(request, error))
    return views.see(f"/console/cases/{row.id}")


def _page(request: HttpRequest, visit: Visit, row: CaseRow, *, status: int = 200, **facts: Any) -> HttpResponse:
    said, takes = views.said_to(request), takes_duplicates(row=row)
    looked = look_for_duplicates(row=row, index=hashes.the_index(), desk=views.our_desk()) if takes else None
    shown = [_shown(one, said) for one in looked.found] if looked else []
    return views.show(
        request,
        "duplicates",
        visit=visit,
        status=status,
        case=row.id,
        short=str(row.id)[-12:],
        takes=takes,
        whole=looked is None or looked.complete,
        waits=row.undecided,
        joins=may(role=visit.caller.role, page="duplicates", method="POST"),
        found=[one for one in shown if not one["why"]],
        apart=[one for one in shown if one["why"]],
        **facts,
    )


def _shown(one: Duplicate, said: Said) -> dict[str, Any]:
    near = one.proof and ("dup_bytes" if one.proof.distance == 0 else "dup_equal" if one.proof.equal else "dup_near")
    return {
        "id": one.row.id,
        "short": str(one.row.id)[-12:],
        "title": said.label("regime", regime_word(one.row)),
        "notices": said.text("notices_n", count=one.row.notices),
        "hidden": one.row.withheld,
        "near": said.text(near, bits=one.proof.distance) if near and one.proof else "",
        "why": said.words[f"dup_{one.why}"] if one.why else "",
    }
