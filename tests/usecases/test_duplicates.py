"""Duplicates that a person joins: nothing is ever shown because of it, near is not equal, and all of it needs proof."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odzew.answers.api import answers_on
from odzew.cases.clocks import armed
from odzew.cases.rows import CaseRow, lock_case, read_cases
from odzew.decisions.api import decisions_of
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound, OdzewError
from odzew.ledger.api import events_of
from odzew.ledger.people import Caller
from odzew.notices.api import views_of
from odzew.usecases._duplicates import look_for_duplicates
from odzew.usecases.decide import decide
from odzew.usecases.join_duplicates import join_duplicates
from odzew.usecases.take_next import take_next
from tests.cast import Story
from tests.usecases.test_find_copies import A, B, bits, measure


def _case(story: Story, name: str, pdq: bytes | None = A, *, kind: str = "csam", quality: int = 100, **more: object) -> uuid.UUID:
    story.post(name, account=f"of {name}", pdq=pdq, quality=quality)
    return story.report(name, kind=kind, minor=kind == "csam", **more).case  # type: ignore[arg-type]


def _row(case: uuid.UUID) -> CaseRow:
    return read_cases(ids=[case])[0]


def _join(story: Story, case: uuid.UUID, *duplicates: uuid.UUID, who: int | Caller = 0) -> list[uuid.UUID]:
    caller = story.reviewer(who) if isinstance(who, int) else who
    return join_duplicates(case=case, duplicates=duplicates, caller=caller, desk=story.desk, now=story.now)


def _refused(work: Callable[[], object], kind: type[OdzewError], why: str) -> None:
    with pytest.raises(kind) as found:
        work()
    assert found.value.detail["why"] == why


def _found(story: Story, case: uuid.UUID) -> dict[uuid.UUID, str]:
    story.index.refresh()
    return {d.row.id: d.why for d in look_for_duplicates(row=_row(case), index=story.index, desk=story.desk).found}


def _told(story: Story, case: uuid.UUID) -> list[tuple[str, str]]:
    """What each reporter of a case was told last."""
    story.work()
    story.wait(hours=26)
    answers = answers_on(case=case, notices=[n.id for n in views_of(case=case)])
    last = {a.notice: (a.kind, " ".join(c["text"] for c in a.clauses)) for a in answers}
    return list(last.values())


def test_what_is_equal_the_desk_joins_by_itself_so_that_only_near_ones_are_left(story: Story) -> None:
    one = _case(story, "a")
    equal, near = _case(story, "b", bits(A, 8)), _case(story, "c", bits(A, 24))
    _case(story, "d", B)
    assert _found(story, one) == {equal: "", near: ""}
    story.search()
    assert _row(equal).state == "merged" or _row(one).state == "merged"
    stays = one if _row(one).merged_into is None else equal
    assert _found(story, stays) == {near: ""}


def test_near_cases_join_an_open_one_and_are_decided_with_it(story: Story) -> None:
    one = _case(story, "a", external_id="1")
    two, three = _case(story, "b", bits(A, 20), language="pl"), _case(story, "c", bits(A, 28, seed=1))
    first_clock = min(c.due for case in (one, two, three) for c in armed(cases=[case])[case].values())
    assert sorted(_join(story, one, two, three)) == sorted([two, three])
    assert [_row(c).state for c in (two, three)] == ["merged", "merged"] and _row(one).notices == 3
    assert min(c.due for c in armed(cases=[one])[one].values()) == first_clock
    (event,) = [e for e in events_of(case=one) if e.kind == "duplicates.joined"]
    assert event.actor == story.reviewer(0).actor
    assert sorted(c["distance"] for c in event.facts["cases"]) == [20, 28] and not any(c["equal"] for c in event.facts["cases"])
    assert _join(story, one, two, three) == [], "a second click changes nothing"
    for who in (1, 2):
        story.decide(one, who, "no_violation", ground="not_in_scope", reason="It is the same bridge.")
    last = _told(story, one)
    assert {kind for kind, _ in last} == {"not_removed"} and len(last) == 3
    assert all("It is the same bridge." in text for _, text in last), "one reason that each can read"


def test_a_removal_covers_all_that_joined_and_everybody_is_told(story: Story) -> None:
    one, two = _case(story, "a"), _case(story, "b", bits(A, 20), language="pl")
    _join(story, one, two)
    story.decide(one, 1, "remove")
    assert [kind for kind, _ in _told(story, one)] == ["removed"] * 2
    assert [measure(name) for name in "ab"] == ["remove"] * 2


def test_an_equal_one_follows_a_decision_and_its_reporter_is_told(story: Story) -> None:
    one = _case(story, "a")
    story.decide(one, 1, "remove")
    story.work()
    two = _case(story, "b", bits(A, 6))
    assert _found(story, one) == {two: ""}
    _join(story, one, two)
    assert [kind for kind, _ in _told(story, one)] == ["removed"] * 2
    assert measure("b") == "remove" and _row(one).state == "removed" and not decisions_of(case=two)


def test_what_is_only_near_never_follows_a_decision(story: Story) -> None:
    one = _case(story, "a")
    story.decide(one, 1, "keep_withheld")
    far, flat = _case(story, "b", bits(A, 11)), _case(story, "c", bits(A, 4), quality=60)
    assert _found(story, one) == {far: "only_near", flat: "only_near"}
    for case in (far, flat):
        _refused(lambda case=case: _join(story, one, case), Conflict, "duplicates_only_near")  # type: ignore[misc]
    assert _row(far).undecided and _row(flat).undecided


def test_nothing_joins_a_case_that_was_cleared(story: Story) -> None:
    one = _case(story, "a", kind="other")
    story.decide(one, 1, "no_violation", ground="not_in_scope")
    assert _row(one).state == "cleared"
    two = _case(story, "b", bits(A, 4))
    _refused(lambda: _join(story, one, two), Conflict, "duplicates_cleared")
    _refused(lambda: _join(story, two, one), Conflict, "duplicates_decided")


def test_a_case_that_covers_anything_else_is_not_joined(story: Story) -> None:
    one, two = _case(story, "a"), _case(story, "b", bits(A, 20))
    story.post("lantern", account="other", pdq=B)
    story.report("lantern", url="https://kladka.example/posts/lantern", external_id="l")
    third = _case(story, "c", B)
    _refused(lambda: _join(story, one, third), Conflict, "duplicates_other_things")
    no_hash = story.report("nobody knows", external_id="n").case
    _refused(lambda: _join(story, one, no_hash), Conflict, "duplicates_other_things")
    story.post("b", account="of b", pdq=bits(A, 20))
    story.report("b", url="https://kladka.example/posts/unknown", external_id="u")
    assert _join(story, one, two)


def test_a_file_without_a_hash_proves_nothing(story: Story) -> None:
    one, two = _case(story, "a"), _case(story, "b", bits(A, 20))
    story.post("b repost", account="third", pdq=None, sha=None, repost_of="b")
    assert _found(story, one) in ({two: "other_things"}, {two: "not_hashed"})
    _refused(lambda: _join(story, one, two), Conflict, "duplicates_other_things")


def test_all_or_none(story: Story) -> None:
    one, two, third = _case(story, "a"), _case(story, "b", bits(A, 20)), _case(story, "c", B)
    _refused(lambda: _join(story, one, two, third), Conflict, "duplicates_other_things")
    assert _row(two).undecided and not [e for e in events_of(case=one) if e.kind == "duplicates.joined"]


def test_who_may_and_what_is_nonsense(story: Story) -> None:
    one, two = _case(story, "a"), _case(story, "b", bits(A, 20))
    for role in ("auditor", "operator", "outside"):
        who = story.hire(f"{role} {uuid.uuid4()}", role)
        _refused(lambda who=who: _join(story, one, two, who=who), Forbidden, "not_a_decider")  # type: ignore[misc]
    _refused(lambda: _join(story, one), Invalid, "duplicates_some")
    _refused(lambda: _join(story, one, one), Invalid, "duplicates_some")
    _refused(lambda: _join(story, one, *[uuid.uuid4() for _ in range(51)]), Invalid, "duplicates_some")
    _refused(lambda: _join(story, one, uuid.uuid4()), NotFound, "no_case")
    _refused(lambda: _join(story, uuid.uuid4(), two), NotFound, "no_case")


def test_what_another_is_known_to_have_in_hand_is_left_to_them(story: Story) -> None:
    one, two = _case(story, "a", kind="ncii"), _case(story, "b", bits(A, 20), kind="ncii")
    lease = take_next(caller=story.reviewer(1), desk=story.desk, now=story.now)
    assert lease is not None
    _refused(lambda: _join(story, one, two), Conflict, "duplicates_in_hand")
    assert _join(story, one, two, who=1)


def test_a_lease_that_may_not_be_told_is_not_told_by_a_refusal(story: Story) -> None:
    one, two = _case(story, "a"), _case(story, "b", bits(A, 20))
    assert take_next(caller=story.reviewer(1), desk=story.desk, now=story.now)
    assert _join(story, one, two)


def test_whoever_read_either_case_before_is_told_that_it_changed(story: Story) -> None:
    one, two = _case(story, "a"), _case(story, "b", bits(A, 20))
    while _row(two).version <= _row(one).version + 3:
        story.report("b", external_id=str(uuid.uuid4()))
    versions = {_row(one).version, _row(two).version}
    _join(story, one, two)
    assert _row(one).version > max(versions)
    for version in versions:
        _refused(
            lambda version=version: decide(  # type: ignore[misc]
                case=two, caller=story.reviewer(1), outcome="remove", ground="child_safety", reason="Seen.", referral=None,
                desk=story.desk, now=story.now, if_version=version,
            ),
            Conflict,
            "changed",
        )  # fmt: skip


def test_two_at_once_join_once(story: Story) -> None:
    one, two, three = _case(story, "a"), _case(story, "b", bits(A, 20)), _case(story, "c", bits(A, 24, seed=4))
    start = threading.Barrier(3)
    came: list[object] = []

    def press(case: uuid.UUID, *others: uuid.UUID) -> None:
        try:
            start.wait(timeout=30)
            came.append(len(_join(story, case, *others)))
        except Conflict as error:
            came.append(error.detail["why"])
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=given) for given in ((one, two, three), (one, three, two), (one, two))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [_row(c).state for c in (two, three)] == ["merged", "merged"] and _row(one).undecided
    assert _row(one).notices == 3 and len(came) == 3, came


votes = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["no_violation", "remove", "cannot_judge", "not_found"])), max_size=2)
sides = st.tuples(st.sampled_from(["csam", "ncii", "grooming", "other"]), st.sampled_from(["other", "depicted"]), votes)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=sides, two=sides, distance=st.sampled_from([5, 20]), later=st.integers(0, 300))
def test_joining_never_shows_what_was_hidden_nor_ends_a_protection(
    transactional_db: None,
    one: tuple[str, str, list[tuple[int, str]]],
    two: tuple[str, str, list[tuple[int, str]]],
    distance: int,
    later: int,
) -> None:
    def work() -> None:
        story = Story()
        cases = []
        for name, (kind, claimant, said), pdq in (("a", one, A), ("b", two, bits(A, distance))):
            cases.append(_case(story, name, pdq, kind=kind, claimant=claimant))
            for who, outcome in said:
                try:
                    story.decide(cases[-1], who, outcome, ground="not_in_scope")
                except OdzewError:
                    continue
            story.now += timedelta(minutes=later)
        before = [_row(c) for c in cases]
        hidden = [measure(name) in ("withhold", "remove") for name in "ab"]
        clocks = [armed(cases=[c])[c] for c in cases]
        try:
            joined = _join(story, cases[0], cases[1])
        except Conflict:
            assert [_row(c) for c in cases] == before, "refused is refused"
            return
        assert joined == [cases[1]] and before[1].undecided and before[0].state not in ("cleared", "not_found")
        after = lock_case(case=cases[1])
        assert after.id == cases[0] and after.state not in ("cleared", "not_found")
        assert after.child_safety or not any(r.child_safety for r in before)
        assert after.withheld or not any(r.withheld for r in before)
        assert all(measure(name) in ("withhold", "remove") for name, was in zip("ab", hidden, strict=True) if was)
        if after.undecided:
            now = armed(cases=[after.id])[after.id]
            for (name, _), clock in [pair for running in clocks for pair in running.items()]:
                if name in ("child_decide", "ncii_decide"):
                    assert min(c.due for (n, _), c in now.items() if n == name) <= clock.due, name

    with transaction.atomic():
        work()
        transaction.set_rollback(True)
