"""What holds for every possible case, not only for the examples."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from odzew.policy.assess import assess
from odzew.policy.clearing import clearing
from odzew.policy.data import Assessment, ClockPlan, Facts
from odzew.policy.reasons import ADVICE, ALARMS, REASONS
from odzew.policy.rules import DECIDING, DEEDS
from odzew.policy.vocabulary import DESKS
from tests.policy.strategies import facts, for_all, matches, raised, shipped
from tests.policy.test_table import AT_ONCE, NEVER, codes, hidden_after, judge

HOUR = timedelta(hours=1)


@for_all(facts())
def test_every_case_is_judged_and_always_the_same_way(known: Facts) -> None:
    judged = judge(known)
    assert judged == assess(facts=replace(known), policy=shipped())
    assert 0 <= judged.severity <= 100
    assert timedelta(0) <= judged.head_start < shipped().severity.bound
    assert set(judged.alarms) <= ALARMS and set(judged.advice) <= ADVICE


# What one notice starts runs on by itself; the next judgement need not say it again.
STARTED_BY_A_NOTICE = frozenset({"danger", "repeat", "tf_priority"})


@for_all(facts())
def test_there_are_always_reasons_and_all_are_known(known: Facts) -> None:
    judged = judge(known)
    assert judged.reasons and set(codes(judged)) <= REASONS
    hides = any(reason.facts.get("hides") for reason in judged.reasons)
    assert hides or not judged.hide_now


@for_all(facts())
def test_no_silence(known: Facts) -> None:
    """Every open case has a clock that ends by deciding something, and that clock runs also while it is hidden."""
    judged = judge(known)
    deciding = [plan for plan in judged.clocks if plan.name == DECIDING[judged.regime]]
    assert len(deciding) == 1
    assert deciding[0].steps[-1].deed in {"withhold", "withhold_item", "escalate", "answer"}
    assert deciding[0].steps[-1].after == deciding[0].length <= timedelta(hours=72)


@for_all(facts())
def test_a_case_has_one_clock_of_a_name_and_none_deletes(known: Facts) -> None:
    clocks = judge(known).clocks
    assert len({plan.name for plan in clocks}) == len(clocks)
    assert {step.deed for plan in clocks for step in plan.steps} <= DEEDS
    assert all(plan.steps[-1].after == plan.length for plan in clocks)


@for_all(facts())
def test_running_out_of_time_protects_the_child(known: Facts) -> None:
    judged = judge(known)
    excused = not known.published or known.clearances or "wide_hash" in codes(judged)
    if judged.regime == "child" and not excused and not known.withheld:
        assert hidden_after(judged) <= 4 * HOUR
    if judged.regime == "intimate" and not excused and not known.withheld:
        assert hidden_after(judged) <= 24 * HOUR


@for_all(facts(), st.data())
def test_a_further_notice_only_raises(before: Facts, data: st.DataObject) -> None:
    before = replace(before, on_watch_until=None)
    sooner, later = judge(before), judge(data.draw(raised(before)))
    assert later.severity >= sooner.severity and later.head_start >= sooner.head_start
    assert later.child_safety >= sooner.child_safety and later.sign.people >= sooner.sign.people
    lengths = {plan.name: plan.length for plan in sooner.clocks}
    assert all(plan.length <= lengths.get(plan.name, plan.length) for plan in later.clocks)
    assert decided_after(later, still=tuple(p for p in sooner.clocks if p.name in STARTED_BY_A_NOTICE)) <= decided_after(sooner)
    if before.published and not before.trigger.instant_lost:
        assert later.hide_now >= sooner.hide_now
        assert before.withheld or hidden_after(later) <= hidden_after(sooner)


@for_all(facts(), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_crowd_alone_never_hides_adult_content(known: Facts, notices: int, independent: int) -> None:
    alone = replace(known, notices=1, independent=1, same_reporter=1)
    crowd = replace(known, notices=notices, independent=min(notices, independent), same_reporter=1)
    if judge(known).regime != "child":
        assert judge(crowd).hide_now == judge(alone).hide_now
        assert hidden_after(judge(crowd)) == hidden_after(judge(alone))


@for_all(facts())
def test_the_size_of_the_desk_never_changes_what_hides(known: Facts) -> None:
    judged = [judge(replace(known, desk=desk)) for desk in DESKS]
    assert len({(one.hide_now, one.scope, hidden_after(one), one.head_start) for one in judged}) == 1


@for_all(facts())
def test_nobody_alone_clears_a_child_safety_case(known: Facts) -> None:
    judged = judge(known)
    assert clearing(facts=known, policy=shipped()) == judged.sign
    if judged.child_safety or judged.regime == "child":
        if known.desk == "solo":
            assert judged.sign.rounds == 2 and judged.sign.apart >= 12 * HOUR and judged.sign.watch >= timedelta(days=14)
            assert judged.sign.outside or not known.raised_by_trusted
        else:
            assert judged.sign.people == 2
    assert judged.sign.people <= {"solo": 1, "pair": 2, "team": 3}[known.desk]


@for_all(facts())
def test_nothing_visible_while_nothing_is_public(known: Facts) -> None:
    judged = judge(replace(known, published=False))
    assert not judged.hide_now and hidden_after(judged) == NEVER
    assert judged.guard_uploads and "threat_decide" in [plan.name for plan in judged.clocks]


@for_all(facts())
def test_cleared_bytes_do_not_flap(known: Facts) -> None:
    """Without new facts a bare claim hides cleared bytes by a clock, once; only a formal request has its own time besides."""
    cleared = replace(known, clearances=1, new_facts=frozenset(), regimes=frozenset(), on_watch_until=None)
    judged = judge(cleared)
    assert not judged.hide_now
    used_up = cleared.hides_since_clearance or cleared.watch_hide_used
    assert hidden_after(judged) >= (NEVER if used_up else 4 * HOUR)


@for_all(facts(), matches(), matches(wide=False))
def test_near_is_not_equal(known: Facts, one: object, two: object) -> None:
    bare = replace(known, matches=(), kinds=frozenset({"other"}), minor=None, regimes=frozenset(), new_facts=frozenset())
    judged = judge(replace(bare, matches=(one, two)))  # type: ignore[arg-type]
    if judged.scope == "item" and judged.hide_now:
        assert {"confirmed_match", "trusted_source"} & set(codes(judged))


@for_all(
    facts(),
    st.sampled_from(["views", "reposts", "views_per_hour", "notices", "independent", "same_reporter"]),
    st.integers(0, 10**9),
)
def test_more_of_anything_never_lowers_the_head_start(known: Facts, what: str, more: int) -> None:
    raised_facts = replace(known, **{what: getattr(known, what) + more})
    assert judge(raised_facts).head_start >= judge(known).head_start


@for_all(facts())
def test_a_graver_age_never_lowers_the_head_start(known: Facts) -> None:
    adult, unknown, child = (judge(replace(known, minor=minor)).head_start for minor in (False, None, True))
    assert adult <= unknown <= child


def decided_after(judged: Assessment, *, still: tuple[ClockPlan, ...] = ()) -> timedelta:
    """Give the first moment at which the case is hidden, decided or in the lead's hands; `still` are clocks that run on from before."""
    if judged.hide_now:
        return AT_ONCE
    return min(plan.length for plan in (*judged.clocks, *still))
