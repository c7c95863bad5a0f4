"""What becomes of a second look: settled by a lead, carried into another case, and never by itself."""

from __future__ import annotations

import uuid

import pytest

from odzew.decisions.agreement import Agreement, agreement_of, agreements, differing, found_worse, overturned
from odzew.decisions.doubles import handed_to, looked
from odzew.decisions.kappa import Kappa
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import fetch_none
from odzew.ledger.api import events_of
from odzew.ledger.people import Caller
from odzew.usecases._merging import merge_cases
from odzew.usecases.appeal import appeal
from odzew.usecases.preview_decision import Preview, preview_decision
from odzew.usecases.settle_disagreement import settle_disagreement
from tests.cast import START, Story
from tests.decisions.build import decided, doubles, drawing, state_of, take


@pytest.fixture
def desk(transactional_db: None) -> Story:
    """A desk of three on which every final decision is drawn."""
    return drawing()


def _settle(desk: Story, double: uuid.UUID, choice: str, who: Caller) -> None:
    settle_disagreement(double=double, choice=choice, caller=who, desk=desk.desk, now=desk.now)


def _differs(
    desk: Story, item: str = "bridge", *, first: int | Caller = 0, second: int | Caller = 1
) -> tuple[uuid.UUID, uuid.UUID]:
    """A case was removed, and the second look would clear it."""
    case = decided(desk, item, first, "remove")
    lease = take(desk, second)
    assert lease is not None and lease.case == case
    desk.decide(case, second, "no_violation", ground="not_in_scope")
    return case, doubles()[-1]["id"]


def test_a_lead_lets_it_stand_or_has_it_decided_anew_and_nothing_is_shown_by_either(desk: Story) -> None:
    lead = desk.hire("lead", "lead")
    case, double = _differs(desk)
    before = state_of(case)
    for who in (desk.reviewer(0), desk.reviewer(2), desk.hire("officer", "safety_officer"), desk.hire("aud", "auditor")):
        with pytest.raises(Forbidden, match="lead"):
            _settle(desk, double, "kept", who)
    with pytest.raises(Invalid):
        _settle(desk, double, "worse", lead)
    with pytest.raises(NotFound):
        _settle(desk, uuid.uuid4(), "kept", lead)
    _settle(desk, double, "kept", lead)
    assert state_of(case) == before and doubles()[0]["state"] == "kept"
    with pytest.raises(Conflict):
        _settle(desk, double, "reopened", lead)
    other, again = _differs(desk, "chair")
    desk.work()
    _settle(desk, again, "reopened", lead)
    now = state_of(other)
    assert (now["state"], now["withheld"], now["round"]) == ("open", True, 2)
    desk.work()
    assert desk.platform_side.status["https://kladka.example/media/chair"] in (410, 451)
    assert [e.kind for e in events_of(case=other)].count("double.settled") == 1
    for touched in (0, 1):
        with pytest.raises(Forbidden, match="somebody new"):
            desk.decide(other, touched, "no_violation", ground="not_in_scope")
    desk.decide(other, 2, "no_violation", ground="not_in_scope")
    assert state_of(other)["state"] == "cleared", "by a person, with the signatures of the policy"


def test_nobody_says_that_their_own_answer_stands(desk: Story) -> None:
    lead, other = desk.hire("lead", "lead"), desk.hire("lead 2", "lead")
    for n, sides in enumerate(({"first": lead}, {"second": lead})):
        case, double = _differs(desk, f"bridge {n}", **sides)
        with pytest.raises(Forbidden, match="another lead"):
            _settle(desk, double, "kept", lead)
        _settle(desk, double, "kept" if n else "reopened", other if n else lead)
        assert (state_of(case)["state"] == "open") == (n == 0)


def test_what_is_opened_again_otherwise_waits_for_no_lead(desk: Story) -> None:
    lead = desk.hire("lead", "lead")
    case, double = _differs(desk)
    assert [d.id for d in differing(most=9)] == [double]
    appeal(case=case, by="uploader", text="It is a bridge.", desk=desk.desk, now=desk.now, caller=desk.program,
           account_id="account of bridge")  # fmt: skip
    assert differing(most=9) == []
    for choice in ("kept", "reopened"):
        with pytest.raises(Conflict):
            _settle(desk, double, choice, lead)
    desk.decide(case, 2, "no_violation", ground="not_in_scope")
    (rule,) = overturned(since=START, until=desk.now)
    assert (rule.ground, rule.appeals, rule.upheld, rule.looks, rule.differed) == ("intimate_images", 1, 1, 1, 1)


def test_a_case_that_becomes_part_of_another_takes_its_looks_along_and_ends_those_that_wait(desk: Story) -> None:
    lead = desk.hire("lead", "lead")
    one, _ = _differs(desk, "one")
    two, differs = _differs(desk, "two")
    three = decided(desk, "three", 0, "remove")
    lease = take(desk, 2)
    assert lease is not None and lease.case == three and handed_to(person=desk.reviewer(2).id, case=three)
    atomically(lambda: [merge_cases(keep=one, give=given, desk=desk.desk, now=desk.now) for given in (two, three)])
    assert {d["case_id"] for d in doubles()} == {one}
    assert handed_to(person=desk.reviewer(2).id, case=one) is None
    with pytest.raises(Conflict):
        desk.decide(one, 2, "no_violation", ground="not_in_scope")
    assert take(desk, 2) is None, "what was in hand is nobody's any more"
    with pytest.raises(Conflict):
        _settle(desk, differs, "reopened", lead)
    assert [d.case for d in differing(most=9)] == [one], "that of the case which stays"
    assert looked(case=one) == {desk.reviewer(1).id}
    assert state_of(one)["state"] == "removed" and state_of(one)["withheld"]


@pytest.mark.parametrize("first", ["remove", "no_violation"])
def test_what_is_read_before_a_second_look_is_what_was_read_before_the_first(desk: Story, first: str) -> None:
    def read(outcome: str) -> Preview:
        ground = "not_in_scope" if outcome == "no_violation" else "intimate_images"
        return preview_decision(
            case=case, caller=desk.reviewer(1), outcome=outcome, ground=ground, reason="Seen.", desk=desk.desk, now=desk.now
        )

    desk.post("bridge")
    case = desk.report("bridge", kind="ncii", minor=False).case
    desk.work()
    before = {outcome: read(outcome) for outcome in ("remove", "keep_withheld", "no_violation", "cannot_judge")}
    assert before["remove"].reporters and before["remove"].uploaders
    desk.decide(case, 0, first, ground="not_in_scope" if first == "no_violation" else "intimate_images")
    desk.work()
    with pytest.raises(Conflict):
        read("remove")
    assert take(desk, 1)
    after = {outcome: read(outcome) for outcome in before}
    assert after == before
    assert [d["state"] for d in doubles()] == ["waiting"] and state_of(case)["withheld"] == (first == "remove")


def _given(desk: Story, outcomes: list[tuple[str, str]], people: int) -> None:
    """So many second looks are written down, as if they had been given one by one by so many people."""
    for n in range(people - 3):
        desk.hire(f"more {n}", "reviewer")
    case = decided(desk, "bridge", 0, "remove")
    every = [desk.reviewer(n).id for n in range(people)]
    fetch_none(
        "INSERT INTO decisions_decision SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'state', 'lapsed', "
        "'n', n, 'person_id', (%s::uuid[])[n %% %s + 1], 'outcome', (%s::text[])[n], 'reason_id', d.reason_id))).* "
        "FROM decisions_decision d, generate_series(1, %s) AS n",
        [every, people, [o for o, _ in outcomes], len(outcomes)],
    )
    fetch_none(
        "INSERT INTO decisions_double (id, case_id, round, decision_id, queue, outcome, ground, hidden, at, state, second_id, "
        "second_outcome, second_ground, given_at) SELECT gen_random_uuid(), %s, 0, d.id, 'intimate', d.outcome, d.ground, true, %s, "
        "CASE WHEN s.second = d.outcome THEN 'agreed' WHEN s.second = 'cannot_judge' THEN 'unsure' ELSE 'kept' END, "
        "(%s::uuid[])[n %% %s + 1], s.second, d.ground, %s FROM "
        "(SELECT row_number() OVER (PARTITION BY e.outcome ORDER BY e.id) AS k, e.* FROM decisions_decision e WHERE e.state = 'lapsed') d "
        "JOIN (SELECT n, first, second, row_number() OVER (PARTITION BY first ORDER BY n) AS k FROM "
        "unnest(%s::text[], %s::text[]) WITH ORDINALITY AS u (first, second, n)) s ON s.first = d.outcome AND s.k = d.k",
        [case, desk.now, every, people, desk.now, [o for o, _ in outcomes], [s for _, s in outcomes]],
    )


@pytest.mark.parametrize(
    ("people", "looks", "said"), [(4, 200, True), (3, 200, False), (4, 199, False)], ids=["enough", "people", "looks"]
)
def test_kappa_is_said_from_four_people_and_two_hundred_looks_on(desk: Story, people: int, looks: int, said: bool) -> None:
    half = looks // 2
    same = [("remove", "remove")] * half + [("no_violation", "no_violation")] * (looks - half - 10)
    _given(desk, [*same, *[("remove", "no_violation")] * 10, *[("remove", "cannot_judge")] * 5], people)
    found = agreement_of(queue="intimate", since=START, until=desk.now)
    assert (found.looks, found.unsure, found.agreed) == (looks + 5, 5, looks - 10)
    assert (found.kappa is not None, found.few) == (said, not said)
    if found.kappa is not None:
        assert found.kappa.n == looks and 0.85 < found.kappa.value < 0.95 and not found.low
    assert all(a.few and a.kappa is None for a in agreements(since=START, until=desk.now) if a.queue != "intimate")


def test_low_agreement_rings_once_a_week_and_good_agreement_never(desk: Story) -> None:
    _given(desk, [("remove", "remove")] * 60 + [("remove", "no_violation")] * 70 + [("no_violation", "no_violation")] * 80, 4)
    desk.wait(minutes=1)
    for n in range(2):
        case = decided(desk, f"chair {n}", 0, "remove")
        lease = take(desk, 1)
        while lease is not None and lease.case != case:  # the one that the figures rest on was drawn as well
            desk.decide(lease.case, 1, "remove", ground="intimate_images")
            lease = take(desk, 1)
        desk.decide(case, 1, "remove", ground="intimate_images")
    desk.work()
    assert [a["code"] for a in desk.alarms].count("agreement_low") == 1


def test_only_a_whole_interval_below_what_is_good_is_low() -> None:
    def low(high: float) -> bool:
        found = Kappa(value=0.7, low=0.6, high=high, n=300)
        return Agreement(queue="child", drawn=1, looks=1, agreed=1, unsure=0, worse=0, people=4, kappa=found).low

    assert low(0.79) and not low(0.81)


def test_what_was_found_worse_is_listed_and_waits_for_nobody(desk: Story) -> None:
    case = decided(desk, "bridge", 0, "no_violation")
    assert take(desk, 1)
    desk.decide(case, 1, "keep_withheld", ground="intimate_images")
    assert [d.case for d in found_worse(since=START, until=desk.now, most=9)] == [case]
    assert differing(most=9) == []
