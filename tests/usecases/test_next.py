"""Next: each case in one pair of hands, the second look in another, and nobody left waiting while somebody is free."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection

from odzew.cases.rows import read_cases
from odzew.decisions.data import LeaseView
from odzew.decisions.leases import lease_of, leases_on
from odzew.decisions.models import Lease
from odzew.foundation.errors import Conflict, Forbidden
from odzew.ledger.api import events_of
from odzew.ledger.people import Caller, add_person, caller_of_person, enrol_second_factor, leave_desk
from odzew.usecases.give_back import give_back
from odzew.usecases.renew_lease import LONGEST, renew_lease
from odzew.usecases.take_next import LASTS, SKIPS, take_next
from tests.cast import KEYS, Story


def reports(story: Story, *views: int, kind: str = "csam", minor: bool | None = True) -> list[uuid.UUID]:
    """Posts, each reported once; the more views, the sooner its turn."""
    cases = []
    for n, seen in enumerate(views):
        story.post(f"bridge-{n}", account=f"account-{n}", views=seen)
        cases.append(story.report(f"bridge-{n}", kind=kind, minor=minor).case)
    return cases


def take(story: Story, who: int | Caller) -> LeaseView | None:
    caller = story.reviewer(who) if isinstance(who, int) else who
    return take_next(caller=caller, desk=story.desk, now=story.now)


def taken(story: Story, who: int | Caller) -> uuid.UUID | None:
    lease = take(story, who)
    return lease.case if lease else None


def test_each_gets_another_case_in_the_order_of_harm(story: Story) -> None:
    low, high, middle = reports(story, 0, 90_000, 900)
    assert [taken(story, n) for n in range(3)] == [high, middle, low]
    assert taken(story, 1) == middle, "the same again, for whoever has one in hand"
    story.decide(high, 0, "remove")
    assert taken(story, 0) is None
    kinds = [e.kind for e in events_of(case=high)]
    assert kinds.count("lease.taken") == 1
    assert (Lease.objects.get(case_id=high).how, Lease.objects.get(case_id=middle).how) == ("decided", "")


def test_a_case_that_waits_for_its_second_goes_to_somebody_else_only(story: Story) -> None:
    (case,) = reports(story, 5)
    assert taken(story, 0) == case
    story.decide(case, 0, "no_violation", ground="not_in_scope")
    assert taken(story, 0) is None
    assert taken(story, 1) == case
    story.decide(case, 1, "remove")
    assert taken(story, 0) is None and taken(story, 1) is None
    assert taken(story, 2) == case, "the third settles it"
    story.decide(case, 2, "remove")
    assert taken(story, 2) is None


def test_whoever_has_it_in_hand_is_the_second_when_another_signs_before_them(story: Story) -> None:
    (case,) = reports(story, 5)
    assert taken(story, 0) == case
    story.decide(case, 1, "no_violation", ground="not_in_scope")
    assert taken(story, 1) is None and taken(story, 2) is None
    assert taken(story, 0) == case
    story.decide(case, 0, "no_violation", ground="not_in_scope")
    assert read_cases(ids=[case])[0].state == "cleared"


def test_a_lease_stops_nobody_from_hiding(story: Story) -> None:
    (case,) = reports(story, 5)
    assert taken(story, 0) == case
    story.decide(case, 1, "remove")
    assert read_cases(ids=[case])[0].state == "removed"
    assert lease_of(person=story.reviewer(0).id, now=story.now) is None
    with pytest.raises(Conflict):
        renew_lease(case=case, caller=story.reviewer(0), now=story.now)


def test_past_its_end_a_lease_is_none_and_nothing_has_to_sweep_it(story: Story) -> None:
    (case,) = reports(story, 5)
    first = take(story, 0)
    assert first is not None and first.until == story.now + LASTS
    assert taken(story, 1) is None
    story.now += LASTS
    assert taken(story, 1) == case
    assert taken(story, 0) is None
    with pytest.raises(Conflict):
        give_back(case=case, caller=story.reviewer(0), now=story.now)
    assert sorted(Lease.objects.values_list("how", flat=True)) == ["", "expired"]


def test_it_is_renewed_but_not_for_ever(story: Story) -> None:
    (case,) = reports(story, 5)
    lease = take(story, 0)
    assert lease is not None
    assert renew_lease(case=case, caller=story.reviewer(0), now=story.now).until == lease.until, "a second click changes nothing"
    while story.now < lease.at + LONGEST - LASTS:
        story.now += LASTS - timedelta(seconds=1)
        renewed = renew_lease(case=case, caller=story.reviewer(0), now=story.now)
        assert renewed.until == min(story.now + LASTS, lease.at + LONGEST)
    assert renewed.until == lease.at + LONGEST
    with pytest.raises(Conflict, match="two hours"):
        renew_lease(case=case, caller=story.reviewer(0), now=story.now)
    for other in (1, 2):
        with pytest.raises(Conflict):
            renew_lease(case=case, caller=story.reviewer(other), now=story.now)
    story.now = lease.at + LONGEST
    assert taken(story, 1) == case


def test_given_back_it_goes_to_others_at_once_and_keeps_its_place_and_clocks(story: Story) -> None:
    first, second = reports(story, 90_000, 5)
    before = read_cases(ids=[first])
    assert taken(story, 0) == first
    give_back(case=first, caller=story.reviewer(0), now=story.now)
    assert read_cases(ids=[first]) == before
    assert taken(story, 0) == second
    assert taken(story, 1) == first
    give_back(case=first, caller=story.reviewer(1), now=story.now)
    give_back(case=second, caller=story.reviewer(0), now=story.now)
    assert taken(story, 0) is None
    story.now += SKIPS
    assert taken(story, 0) == first


def test_a_case_passed_on_goes_to_those_it_waits_for(story: Story) -> None:
    (case,) = reports(story, 5)
    lead = story.hire(f"lead {uuid.uuid4()}", "lead")
    story.decide(case, 0, "cannot_judge")
    assert [taken(story, n) for n in range(3)] == [None, None, None]
    assert taken(story, lead) == case


def test_where_the_specialist_is_the_one_who_passed_it_on_somebody_else_decides(story: Story) -> None:
    (case,) = reports(story, 5)
    lead = story.hire(f"lead {uuid.uuid4()}", "lead")
    story.decide(case, lead, "cannot_judge")
    assert taken(story, lead) is None
    assert taken(story, 0) == case


def test_a_desk_of_one_looks_again_when_it_may(transactional_db: None) -> None:
    story = Story(people=1)
    (case,) = reports(story, 5)
    assert taken(story, 0) == case
    story.decide(case, 0, "no_violation", ground="not_in_scope")
    assert taken(story, 0) is None
    story.now += timedelta(hours=11)
    assert taken(story, 0) is None
    story.now += timedelta(hours=1)
    assert taken(story, 0) == case


def test_roles_that_do_not_decide_and_people_not_in_force_are_handed_nothing(story: Story) -> None:
    (case,) = reports(story, 5)
    for role in ("auditor", "operator", "outside"):
        with pytest.raises(Forbidden):
            take(story, story.hire(f"{role} {uuid.uuid4()}", role))
    late = add_person(name=f"late {uuid.uuid4()}", role="reviewer", now=story.now, counts_from=story.now + timedelta(hours=24))
    enrol_second_factor(person=late.id, keys=KEYS, now=story.now)
    with pytest.raises(Forbidden):
        take(story, caller_of_person(row_person=late))
    story.now += timedelta(hours=24)
    assert taken(story, caller_of_person(row_person=late)) == case


def test_a_new_round_starts_with_no_lease_and_no_one_who_decided_before(story: Story) -> None:
    (case,) = reports(story, 5)
    assert taken(story, 0) == case
    for n in (1, 2):
        story.decide(case, n, "no_violation", ground="not_in_scope")
    assert lease_of(person=story.reviewer(0).id, now=story.now) is None
    story.report("bridge-0", by=story.hotline, source="hotline", external_id="new facts")
    assert read_cases(ids=[case])[0].round == 2
    assert leases_on(cases=[case], now=story.now) == {}
    assert taken(story, 1) is None and taken(story, 2) is None, "somebody new is there"
    assert taken(story, 0) == case
    leave_desk(person=story.reviewer(0).id, now=story.now)
    story.now += LASTS
    assert taken(story, 1) == case, "nobody new is left"


def test_many_at_once_never_get_the_same(story: Story) -> None:
    cases = reports(story, 1, 2, 3)
    people = [story.reviewer(n) for n in range(3)] + [story.hire(f"r {uuid.uuid4()}", "reviewer") for _ in range(2)]
    got: list[tuple[uuid.UUID, uuid.UUID | None]] = []
    start = threading.Barrier(10)

    def press(who: Caller) -> None:
        try:
            start.wait(timeout=30)
            lease = take_next(caller=who, desk=story.desk, now=story.now)
            got.append((who.id, lease.case if lease else None))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(who,)) for who in people for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(got) == 10
    held = {who: {case for other, case in got if other == who and case} for who, _ in got}
    assert all(len(found) <= 1 for found in held.values()), "two windows of one person have the same case"
    living = leases_on(cases=cases, now=story.now)
    assert {lease.person: lease.case for lease in living.values()} == {who: next(iter(c)) for who, c in held.items() if c}
    assert len(living) == 3, "nothing waits while somebody is free"
