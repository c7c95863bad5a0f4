"""The policy in words: what one says, what two say differently, and what a change would have meant for past cases."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.answers.wordbook import book, languages
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.said import Said, number, span
from odzew.ledger.people import Caller
from odzew.ledger.policies import VersionView
from odzew.ledger.policy_changes import ChangeView
from odzew.policy.editing import differences, values_of
from odzew.policy.rules import REGIME_NAMES, VARIANTS, Policy
from odzew.policy.vocabulary import DESKS
from odzew.usecases.preview_policy import ASPECTS

NUMBERS: Final = ("thresholds", "breaker", "words")
_LINES: Final = 400
_SECONDS: Final = ("hide", "decide")


def key_words(*, key: str, said: Said) -> str:
    """Say in words what a value of the file is; what has no words is called by its key."""
    first, *rest = key.split(".")
    match first, rest:
        case "clocks", [name, "length"]:
            return said.label("clock", name)
        case "clocks", [name, part]:
            return f"{said.label('clock', name)}: {said.label('pol_part', part)}"
        case "grounds", [ground, language]:
            return f"{ground} ({language})"
        case "triggers", [regime, trigger]:
            return f"{said.label('regime', regime)}: {said.reason(trigger)}"
        case "sign", [desk, part]:
            return f"{said.label('desk', desk)}: {said.label('pol_part', part)}"
        case "severity", ["kinds", kind]:
            return f"{said.words['pol_weight']}: {said.label('kind', kind)}"
        case (("thresholds" | "breaker" | "words"), [part]):
            return said.label("pol_part", part)
    return said.words.get(f"pol_part_{key}", key)


def value_words(*, value: Any, said: Said) -> str:
    """Write a value as the file does, with yes and no in words."""
    if isinstance(value, bool):
        return said.words["pol_yes" if value else "pol_no"]
    if isinstance(value, list):
        return ", ".join(value_words(value=v, said=said) for v in value) or said.words["pol_none"]
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_words(value=v, said=said)}" for name, v in value.items())
    return "–" if value is None else str(value)


def policy_words(*, policy: Policy, text: str, said: Said) -> dict[str, Any]:
    """Return a whole policy for reading."""
    values = values_of(text=text)

    def shown(key: str) -> str:
        return value_words(value=values.get(key), said=said)

    triggers = sorted({name for found in policy.triggers.values() for name in found}, key=said.reason)
    also = {
        name: [f"{said.label('pol_part', part)} {shown(f'clocks.{name}.{part}')}" for part in (*VARIANTS[name], "news_every")
               if f"clocks.{name}.{part}" in values]
        for name in VARIANTS
    }  # fmt: skip
    return {
        "text": text,
        "regimes": [said.label("regime", regime) for regime in REGIME_NAMES],
        "hides": [(said.reason(t), [t in policy.triggers[regime] for regime in REGIME_NAMES]) for t in triggers],
        "clocks": [
            {
                "name": said.label("clock", name),
                "length": shown(f"clocks.{name}.length"),
                "also": also[name],
                "deed": said.label("deed", rule.deed),
                "law": rule.statutory,
                "source": rule.source,
            }
            for name, rule in policy.clocks.items()
        ],
        "signs": [(said.label("desk", desk), list(_signs(desk, values, said))) for desk in DESKS],
        "numbers": [(key_words(key=key, said=said), shown(key)) for key in values if key.split(".")[0] in NUMBERS],
        "grounds": [
            {"key": ground, "texts": [(name, code, labels.get(code, ""), _read(ground, code)) for code, name in languages()]}
            for ground, labels in policy.grounds.items()
        ],
        "kinds": sorted(
            ((said.label("kind", kind), points) for kind, points in policy.severity.kinds.items()),
            key=lambda pair: (-pair[1], pair[0]),
        ),
    }


def _read(ground: str, language: str) -> str:
    """What reporters and uploaders read of a ground in the place of the policy's own text, if there is such."""
    return book(language=language).sentences.get(f"rule.{ground}", "")


def _signs(desk: str, values: dict[str, Any], said: Said) -> Iterator[tuple[str, str]]:
    for part in ("people", "rounds", "apart", "apart_person", "watch", "trusted_outside", "tie_breaker"):
        value = values[f"sign.{desk}.{part}"]
        if value in ("0 h", "0 d", False):
            continue
        words = said.label("pol_tie", value) if part == "tie_breaker" else value_words(value=value, said=said)
        yield said.label("pol_part", part), words


def difference_words(*, before: str, after: str, said: Said) -> dict[str, Any]:
    """Return what two files say differently: value by value, and line by line."""
    lines = []
    for line in list(difflib.unified_diff(before.split("\n"), after.split("\n"), n=2, lineterm=""))[2 : 2 + _LINES]:
        kind = {"+": "new", "-": "old", "@": "gap"}.get(line[:1], "")
        lines.append((kind, "…" if kind == "gap" else line[1:]))
    return {
        "values": [
            {
                "key": d.key,
                "name": key_words(key=d.key, said=said),
                "before": value_words(value=d.before, said=said),
                "after": value_words(value=d.after, said=said),
            }
            for d in differences(before=before, after=after)
        ],
        "lines": lines,
        "cut": len(lines) == _LINES,
    }


def preview_words(*, change: ChangeView, caller: Caller, said: Said) -> dict[str, Any]:
    """Return what a change would have meant; the cases by name only for whoever may read cases."""
    found = change.preview
    if found is None:
        return {"state": change.preview_state}
    counts, (before, after) = found["counts"], found["at_once"]
    reads = may(role=caller.role, page="case", method="GET")
    return {
        "state": change.preview_state,
        "at": said.time(datetime.fromisoformat(found["as_of"])),
        "total": said.text("pol_pre_total", count=number(found["cases"]), days=found["days"]),
        "more": said.text("pol_pre_more", count=number(found["cases"])) if found["more"] else "",
        "changed": said.text("pol_pre_changed", count=number(counts["changed"])),
        "same": counts["changed"] == 0,
        "at_once": said.text("pol_pre_at_once", before=number(before), after=number(after)),
        "counts": [(said.label("pol_aspect", name), number(counts[name])) for name in ASPECTS],
        "listed": [_listed(c, said) for c in found["listed"]] if reads else [],
        "cut": said.text("pol_pre_cut", count=len(found["listed"])) if reads and counts["changed"] > len(found["listed"]) else "",
    }


def _listed(case: dict[str, Any], said: Said) -> dict[str, Any]:
    shown = {"id": case["case"], "short": case["case"][-12:], "what": [said.label("pol_aspect", a) for a in case["what"]]}
    for name in _SECONDS:
        before, after = (_after(seconds, said) for seconds in case[name])
        shown[name] = before if before == after else f"{before} → {after}"
    return shown


def _after(seconds: int | None, said: Said) -> str:
    if seconds is None:
        return said.words["pol_by_none"]
    return said.words["pol_at_once"] if seconds == 0 else _long(seconds)


def _long(seconds: int) -> str:
    return f"{seconds} s" if seconds < 60 else span(length=timedelta(seconds=seconds))


def history_words(*, versions: list[VersionView], changes: list[ChangeView], said: Said) -> list[dict[str, Any]]:
    """Return each coming into force, the newest first: which policy, when, by whom."""
    by = {change.digest: change for change in reversed(changes)}
    return [
        {
            "digest": v.digest,
            "short": v.digest[:12],
            "version": v.version,
            "name": v.name,
            "at": said.time(v.at),
            "by": [s.pseudonym for s in by[v.digest].signatures] if v.digest in by else [],
        }
        for v in versions
    ]
