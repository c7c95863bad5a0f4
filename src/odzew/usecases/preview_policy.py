"""What a change of the policy would have meant: the cases of the last 30 days are judged anew under both policies, and nothing is changed."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from odzew.answers.wordbook import codes, named
from odzew.cases.past import Past, opened_since, past_cases
from odzew.decisions.overview import grounds_of
from odzew.foundation.writes import fetch_none
from odzew.ledger.policies import text_of
from odzew.ledger.policy_changes import ChangeView, keep_preview, unseen_change, want_preview
from odzew.policy.assess import assess
from odzew.policy.clocks import clock as plan_of
from odzew.policy.data import Assessment, Facts, Trigger
from odzew.policy.rules import DECIDING, HIDING_DEEDS, Policy
from odzew.policy.view import PERSON
from odzew.usecases._judging import facts_of
from odzew.usecases._policy_texts import readable
from odzew.usecases.desk import Desk

log = logging.getLogger(__name__)

DAYS: Final = 30
MOST: Final = 10_000
LISTED: Final = 100
_AT_ONCE: Final = 200
_PATIENCE: Final = "SET LOCAL statement_timeout = '10s'"
# What may be different about a case; the words of the page.
ASPECTS: Final = ("withheld", "decided", "answered", "reversed", "placed")
_TIMED: Final = frozenset({*DECIDING.values(), "threat_decide", "tf_priority", "repeat", "hash_look", "danger"})

Meant = dict[str, Any]


def preview_policy(*, desk: Desk, clock: Callable[[], datetime], most: int = MOST) -> bool:
    """Make the preview that the open change of the policy wants; return whether there was one.

    Cases are read in small read-only transactions with a limit on each statement, outside the way of a notice. What failed is said
    to have failed and is not tried again by itself. Safe to call from several workers at once: the same is found twice.
    """
    change = unseen_change()
    if change is None:
        return False
    found: dict[str, Any] | None = None
    try:
        found = _compare(change, desk, clock(), most)
    except Exception:  # a preview that cannot be made must not stop the loop that acts on due changes
        log.exception("the preview of a policy could not be made")
    keep_preview(change=change.id, digest=change.digest, state="failed" if found is None else "made", preview=found)
    return True


def preview_again(*, change: uuid.UUID) -> None:
    """Let the worker make the preview of the open change anew; of one that has ended, nothing."""
    want_preview(change=change)


def _compare(change: ChangeView, desk: Desk, now: datetime, most: int) -> dict[str, Any] | None:
    before = readable(text_of(digest=change.base) or "") or (desk.policy if desk.policy.digest == change.base else None)
    after = readable(change.text)
    if before is None or after is None:
        return None
    with _reading():
        ids = opened_since(since=now - timedelta(days=DAYS), limit=most + 1)
    counts, at_once, listed = Counter[str](), [0, 0], list[dict[str, Any]]()
    for first in range(0, min(len(ids), most), _AT_ONCE):
        for case, old, new in _judged(ids[first : min(first + _AT_ONCE, most)], before, after, desk, now):
            at_once[0] += old["withheld"][0] == 0
            at_once[1] += new["withheld"][0] == 0
            what = [a for a in ASPECTS if old[a] != new[a]]
            counts.update(what)
            if what:
                counts["changed"] += 1
                if len(listed) < LISTED:
                    hide = [old["withheld"][0], new["withheld"][0]]
                    listed.append({"case": str(case), "what": what, "hide": hide, "decide": [old["by"], new["by"]]})
    return {
        "as_of": now.isoformat(),
        "days": DAYS,
        "cases": min(len(ids), most),
        "more": len(ids) > most,
        "counts": {name: counts[name] for name in ("changed", *ASPECTS)},
        "at_once": at_once,
        "listed": listed,
    }


def _judged(
    ids: list[uuid.UUID], before: Policy, after: Policy, desk: Desk, now: datetime
) -> Iterator[tuple[uuid.UUID, Meant, Meant]]:
    with _reading():
        found, grounds = past_cases(ids=ids, now=now), grounds_of(cases=ids)
    for past in reversed(found):
        facts, ground = _facts(past, desk, now), grounds.get(past.row.id, "")
        yield past.row.id, _meant(facts, ground, before), _meant(facts, ground, after)


@contextmanager
def _reading() -> Iterator[None]:
    """A short transaction that can change nothing and in which no statement runs long."""
    with transaction.atomic():
        fetch_none("SET TRANSACTION READ ONLY", [])
        fetch_none(_PATIENCE, [])
        yield


def _facts(past: Past, desk: Desk, now: datetime) -> Facts:
    """All that is known of a case by now, as if it came in at once on a quiet hour and nothing of it were hidden yet."""
    row = past.row
    trigger = Trigger(
        what="notice",
        source=min(row.sources, default="user"),
        kind=min(row.kinds, default="other"),
        minor=row.minor,
        claimant=min(row.claimants & PERSON, default="other"),
        flags=row.flags,
    )
    facts = facts_of(case=row, around=past.around, trigger=trigger, desk=desk, now=now)
    return replace(facts, withheld=False)


def _meant(facts: Facts, ground: str, policy: Policy) -> Meant:
    """What a policy means for a case, one entry for each aspect."""
    judged, size = assess(facts=facts, policy=policy), facts.desk
    times = {plan.name: int(plan.length.total_seconds()) for plan in judged.clocks}
    armed = {
        name: plan_of(policy, name, regime=judged.regime, desk=size, claimant=min(facts.claimants & PERSON, default="other")).length
        for name in ("ack", "decision_notice", "sor_user", "appeal_window", "appeal_decide", "watch", "outside_opinion")
    }
    uploader = plan_of(policy, "appeal_decide", regime=judged.regime, desk=size, by="uploader").length
    return {
        "withheld": (_hidden_after(judged), judged.scope if judged.hide_now else ""),
        "decided": sorted((name, seconds) for name, seconds in times.items() if name in _TIMED),
        "answered": (
            sorted({s.after for plan in judged.clocks for s in plan.steps if s.deed == "answer"}),
            [armed[name] for name in ("ack", "decision_notice", "sor_user")],
            judged.full_statement_held,
            [named(ground=ground, labels=policy.grounds, language=language) for language in codes()] if ground else [],
        ),
        "reversed": (
            judged.sign,
            [armed[name] for name in ("appeal_window", "appeal_decide", "watch", "outside_opinion")],
            uploader,
            policy.hides_after_clearance if facts.clearances else 0,
        ),
        "placed": (judged.severity, judged.head_start),
        "by": min((s for name, s in times.items() if name in DECIDING.values()), default=None),
    }


def _hidden_after(judged: Assessment) -> int | None:
    """After how many seconds it is hidden if nobody looks: 0 for at once, None if no clock hides it."""
    if judged.hide_now:
        return 0
    steps = [s.after for plan in judged.clocks for s in plan.steps if s.deed in HIDING_DEEDS]
    return int(min(steps).total_seconds()) if steps else None
