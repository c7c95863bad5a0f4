"""What somebody outside the desk is asked about, as pages. The facts are those of the API, so that both are blind by one rule."""

from __future__ import annotations

import uuid
from typing import Any, Final

from odzew.entrypoints.api.opinions import briefs
from odzew.entrypoints.console.said import Said
from odzew.ledger.people import Caller
from odzew.policy.vocabulary import OPINIONS

_ORDER: Final = ("remove", "keep_withheld", "no_violation", "cannot_judge")


def opinion_pages(*, caller: Caller, said: Said) -> list[dict[str, Any]]:
    """Return every case that this person is asked about, in words."""
    return [_page(b, said) for b in briefs(caller=caller, now=said.now)]


def opinion_page(*, case: uuid.UUID, caller: Caller, said: Said) -> dict[str, Any] | None:
    """Return one case that this person is asked about, or None."""
    return next((p for p in opinion_pages(caller=caller, said=said) if p["case"] == case), None)


def _page(b: dict[str, Any], said: Said) -> dict[str, Any]:
    mine = b["mine"]
    return {
        "case": b["case"],
        "short": str(b["case"])[-12:],
        "at": said.time(b["asked_at"]),
        "due": said.due(b["due"]),
        "hidden": b["hidden"],
        "kinds": sorted({said.label("kind", n["kind"]) for n in b["notices"]}),
        "notices": [_notice(n, said) for n in b["notices"]],
        "views": said.text("views", count=b["views"]),
        "hashes": b["hashes"],
        "history": [
            {
                "at": said.time(e["at"]),
                "label": said.label("event", e["kind"].replace(".", "_")),
                "what": said.label("measure", e["what"]) if e["what"] else "",
            }
            for e in reversed(b["history"])
        ],
        "mine": mine and {"outcome": said.label("says", mine["outcome"]), "reason": mine["reason"], "at": said.time(mine["at"])},
        "outcomes": [(o, said.label("says", o)) for o in _ORDER if o in OPINIONS],
    }


def _notice(n: dict[str, Any], said: Said) -> dict[str, Any]:
    return {
        "at": said.time(n["at"]),
        "source": said.label("source", n["source"]),
        "kind": said.label("kind", n["kind"]),
        "claimant": said.label("claimant", n["claimant"]),
        "minor": said.words[{True: "minor_yes", False: "minor_no", None: "minor_unknown"}[n["minor"]]],
        "flags": [said.label("flag", f) for f in sorted(n["flags"])],
        "language": n["language"],
        "text": n["text"],
    }
