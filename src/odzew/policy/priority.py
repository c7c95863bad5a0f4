"""The place in the queue: how severe, and how far ahead of its opening time."""

from __future__ import annotations

from datetime import timedelta
from math import log2

from odzew.policy.view import View


def severity(view: View) -> int:
    """Give 0 to 100: the gravest kind, plus points for age, flags and who says so, never above 100."""
    facts, rule = view.facts, view.policy.severity
    points = max((rule.kinds.get(kind, 0) for kind in facts.kinds), default=0)
    points += rule.minor if facts.minor else rule.minor_unknown if facts.minor is None else 0
    points += sum(rule.flags.get(flag, 0) for flag in facts.flags)
    points += rule.trusted_source * view.trusted + rule.person * view.person + rule.account_marked * facts.account_marked
    if view.equal:
        points = max(points, rule.confirmed_match)
    return min(points, 100)


def head_start(view: View, points: int) -> timedelta:
    """Give how far ahead of its opening time the case stands, from nothing up to (never reaching) the policy's bound.

    Heat is the severity times factors that are each at least 1 and never fall when speed, reach, age or repeats rise;
    bound x heat / (heat + half) rises with heat and stays below the bound. Hence nothing starves: docs/decisions/0002.
    """
    facts, rule = view.facts, view.policy.severity
    repeats = max(facts.notices - 1, 0) + max(facts.independent - 1, 0) + max(facts.same_reporter - 1, 0)
    heat = points * (rule.minor_factor if facts.minor else rule.minor_unknown_factor if facts.minor is None else 1.0)
    heat *= 1 + rule.speed * _doublings(facts.views_per_hour / rule.speed_views_per_hour)
    heat *= 1 + rule.reach * _doublings((facts.views + facts.reposts) / rule.reach_views)
    heat *= 1 + rule.repeat * _doublings(repeats)
    return rule.bound * (heat / (heat + rule.half))


def _doublings(times: float) -> float:
    return log2(1 + min(times, 1e12)) if times > 0 else 0.0
