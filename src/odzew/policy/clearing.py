"""Who must sign to clear a case."""

from __future__ import annotations

from datetime import timedelta

from odzew.policy.data import Facts, Regime, Signatures
from odzew.policy.rules import Policy
from odzew.policy.view import View, look


def clearing(*, facts: Facts, policy: Policy) -> Signatures:
    """Say who must sign to un-hide the case or find no violation."""
    return signatures(look(facts=facts, policy=policy))


def one_is_enough(*, regime: Regime, requests: frozenset[str], policy: Policy) -> bool:
    """Say whether one person's answer ends a case of this regime on every desk, so that nobody has to look blind to another."""
    return regime != "child" and _adult_people(requests, policy) == 1


def _adult_people(requests: frozenset[str], policy: Policy) -> int:
    return policy.uk_request_people if "uk" in requests else policy.adult_people


def signatures(view: View) -> Signatures:
    """Apply the rule of the desk's size; a case whose age is unknown is cleared like a child-safety case.

    Adult cases need one person, and two to record the ground for refusing a formal UK request (OSA 2023 s.10(3B)); a desk of one
    decides that twice and asks somebody outside.
    """
    facts, policy = view.facts, view.policy
    rule = policy.sign[facts.desk]
    if view.regime == "child":
        by_trusted = facts.raised_by_trusted or view.trusted or bool(view.equal)
        return Signatures(
            people=rule.people,
            rounds=rule.rounds,
            apart=rule.apart_person if view.person else rule.apart,
            outside=rule.trusted_outside and by_trusted,
            tie_breaker=rule.tie_breaker,
            watch=rule.watch,
        )
    wanted = _adult_people(facts.regimes, policy)
    alone = wanted > rule.people
    return Signatures(
        people=min(wanted, rule.people),
        rounds=rule.rounds if alone else 1,
        apart=rule.apart if alone else timedelta(0),
        outside=alone,
        tie_breaker=rule.tie_breaker,
        watch=timedelta(0),
    )
