"""The five figures of a play, then and now. What never happened is None."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.entrypoints.replay.curves import views_at
from odzew.entrypoints.replay.play import Played
from odzew.entrypoints.replay.story import Case, Curve

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All times in hours from the first notice.

    `views_after_first_notice`: views of everything together after it. `hours_to_withhold`: until the first moment when nothing of it
    was served, by any measure. `hours_to_decision`: until the first final decision of people. `hours_to_answer`: until the first
    delivered answer that is not the receipt. `silent_hours`: how long an open notice had neither a running clock nor an answer.
    """

    views_after_first_notice: int
    hours_to_withhold: float | None
    hours_to_decision: float | None
    hours_to_answer: float | None
    silent_hours: float


def _hours(case: Case, at: datetime | None) -> float | None:
    return None if at is None else round((at - case.first_notice) / _HOUR, 2)


def figures_then(*, case: Case, curve: Curve) -> Figures:
    """Return what the recorded facts say. No clock ran, as far as they tell: it was silent until the answer, or to the end."""
    then = case.then
    after = then.views - views_at(case=case, curve=curve, now=case.first_notice)
    return Figures(
        views_after_first_notice=round(after),
        hours_to_withhold=_hours(case, then.gone_at),
        hours_to_decision=_hours(case, then.decided_at),
        hours_to_answer=_hours(case, then.answered_at),
        silent_hours=_hours(case, then.answered_at or case.ends) or 0.0,
    )


def figures_now(*, case: Case, played: Played) -> Figures:
    """Return what happened in a play."""
    hidden = [c.at for c in played.changes if not c.served and c.at >= case.first_notice]
    final = [d.at for d in played.decisions if d.state == "final"]
    return Figures(
        views_after_first_notice=round(played.series[-1][1] - played.views_before),
        hours_to_withhold=_hours(case, min(hidden, default=None)),
        hours_to_decision=_hours(case, min(final, default=None)),
        hours_to_answer=_hours(case, played.answered_at),
        silent_hours=round(played.silent_hours, 2),
    )


def as_json(*, case: Case, policy: str, plays: list[Played]) -> dict[str, Any]:
    """Return the plays of one staffing in the form that scripts rely on."""
    return {
        "case": case.name,
        "policy": policy,
        "staffing": plays[0].staffing.name,
        "curves": [
            {
                "name": p.curve.name,
                "then": asdict(figures_then(case=case, curve=p.curve)),
                "now": asdict(figures_now(case=case, played=p)),
            }
            for p in plays
        ],
    }
