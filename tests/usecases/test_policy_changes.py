"""A policy takes force by two people, or by one a day later, and never otherwise."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connections

from odzew.alarms.api import recent
from odzew.foundation.errors import Conflict, Forbidden, Invalid, OdzewError
from odzew.ledger.models import Event, PolicyVersion
from odzew.ledger.people import Caller, add_person, caller_of_person, enrol_second_factor, leave_desk
from odzew.ledger.policies import in_force_before, text_of
from odzew.ledger.policy_changes import open_change
from odzew.policy.load import load_policy
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases.draft_policy import draft_policy
from odzew.usecases.policy_waited import policy_waited
from odzew.usecases.preview_policy import preview_policy
from odzew.usecases.put_policy_in_force import put_policy_in_force
from odzew.usecases.sign_policy import sign_policy
from odzew.usecases.withdraw_policy import withdraw_policy
from tests.cast import KEYS, POLICY, Story

SHIPPED = shipped_policy_text()


def sooner(minutes: int = 30) -> str:
    """A policy that hides a stranger's report on a child after so many minutes."""
    return SHIPPED.replace('[clocks.child_withhold]\nlength = "1 h"', f'[clocks.child_withhold]\nlength = "{minutes} min"')


class Rules:
    """A desk whose shipped policy is in force, and the short names of what people do."""

    def __init__(self, *, leads: int = 2, others: int = 0) -> None:
        self.story = Story(people=others)
        self.leads = [self.story.hire(f"lead {n} {uuid.uuid4()}", "lead") for n in range(leads)]
        put_policy_in_force(policy=POLICY, text=SHIPPED, now=self.story.now)

    def draft(self, text: str, who: Caller | None = None, *, by_shell: bool = False) -> str:
        """Write a draft over whatever is there; return its digest."""
        there = open_change()
        by = None if by_shell else who or self.leads[0]
        draft_policy(text=text, seen=there.digest if there else "", caller=by, desk=self.story.desk, now=self.story.now)
        return load_policy(text=text).digest

    def sign(self, who: Caller, digest: str = "") -> str:
        """Sign the open change as it stands, or another text than it."""
        there = open_change()
        assert there
        return sign_policy(change=there.id, digest=digest or there.digest, caller=who, desk=self.story.desk, now=self.story.now)

    def wait(self, **span: float) -> None:
        """Let time pass, and the worker look."""
        self.story.now += timedelta(**span)
        policy_waited(desk=self.story.desk, now=self.story.now)

    @property
    def text(self) -> str:
        """The policy in force."""
        return text_of(digest=in_force_before() or "") or ""

    def kinds(self) -> list[str]:
        """What the record says of the policy, in order."""
        return [e.kind for e in Event.objects.filter(kind__startswith="policy.").order_by("id")]


@pytest.fixture
def rules(transactional_db: None) -> Rules:
    """A desk of two leads and a reviewer."""
    return Rules(others=1)


def test_two_people_put_it_in_force_and_the_desk_follows(rules: Rules) -> None:
    rules.draft(sooner())
    assert rules.sign(rules.leads[0]) == "proposed"
    assert rules.text == SHIPPED
    assert rules.sign(rules.leads[1]) == "in_force"
    assert rules.text == sooner() and open_change() is None
    assert rules.kinds() == ["policy.in_force", "policy.proposed", "policy.signed", "policy.in_force"]
    now = rules.story.desk.current(now=rules.story.now)
    assert now.policy.digest == load_policy(text=sooner()).digest
    assert rules.story.desk.policy.digest == POLICY.digest  # what a call was given stays the same to its end
    case = rules.story.report(rules.story.post()).case
    data = b"".join(bytes(e.data) for e in Event.objects.all())
    assert all(p.name.encode() not in data for p in rules.story.people) and case


def test_nobody_signs_alone_or_twice_or_without_the_right(rules: Rules) -> None:
    rules.draft(sooner())
    rules.sign(rules.leads[0])
    with pytest.raises(Conflict, match="somebody else"):
        rules.sign(rules.leads[0])
    for caller in (rules.story.reviewer(0), rules.story.hire("aud", "auditor"), rules.story.hire("op", "operator")):
        with pytest.raises(Forbidden):
            rules.sign(caller)
        with pytest.raises(Forbidden):
            rules.draft(sooner(31), caller)
    rules.wait(hours=50)
    assert rules.text == SHIPPED
    leave_desk(person=rules.leads[0].id, now=rules.story.now)
    assert rules.sign(rules.leads[1]) == "proposed"  # whoever has left is no second signature
    assert rules.text == SHIPPED


def test_what_is_signed_is_what_is_there(rules: Rules) -> None:
    first = rules.draft(sooner())
    rules.sign(rules.leads[0])
    rules.draft(sooner(20), rules.leads[1])
    with pytest.raises(Conflict):
        rules.sign(rules.leads[1], first)
    assert rules.sign(rules.leads[1]) == "proposed"  # the first signature was under another text
    assert rules.text == SHIPPED and rules.kinds()[-2:] == ["policy.withdrawn", "policy.proposed"]
    with pytest.raises(Conflict):
        draft_policy(text=sooner(25), seen=first, caller=rules.leads[0], desk=rules.story.desk, now=rules.story.now)
    there = open_change()
    assert there
    withdraw_policy(change=there.id, caller=rules.leads[0], now=rules.story.now)
    with pytest.raises(Conflict):
        sign_policy(change=there.id, digest=there.digest, caller=rules.leads[0], desk=rules.story.desk, now=rules.story.now)
    assert rules.text == SHIPPED


def test_another_policy_in_force_meanwhile_asks_for_another_look(rules: Rules) -> None:
    rules.draft(sooner())
    rules.sign(rules.leads[0])
    other = sooner(45)
    put_policy_in_force(policy=load_policy(text=other), text=other, now=rules.story.now, pretend=True)
    with pytest.raises(Conflict, match="Another policy"):
        rules.sign(rules.leads[1])
    rules.draft(sooner())
    assert rules.sign(rules.leads[1]) == "proposed"
    assert rules.sign(rules.leads[0]) == "in_force"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("version = ", "not valid TOML"),
        (sooner(600), "longer than"),
        (SHIPPED.replace('pl = "Nakazał to sąd lub organ władzy"\n', ""), "no text in pl"),
        (SHIPPED.replace('"Nakazał to sąd lub organ władzy"', '"Raz\\ndwa"'), "one line"),
        (SHIPPED.replace('[clocks.ncii_tida]\nlength = "48 h"', '[clocks.ncii_tida]\nlength = "72 h"'), "statutory"),
        ("#" * 100_001, "at most"),
        (f"{'a.' * 2000}a = 1", "A line of a policy"),
    ],
)
def test_what_may_not_take_force_is_no_draft(rules: Rules, text: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.draft(text)
    assert any(why in reason for reason in refused.value.detail["reasons"])  # type: ignore[attr-defined]
    assert open_change() is None
    with pytest.raises(Conflict, match="nothing would change"):
        rules.draft(SHIPPED)


def test_the_shell_writes_a_draft_that_two_people_sign(rules: Rules) -> None:
    rules.draft(sooner(), by_shell=True)
    assert rules.text == SHIPPED
    assert (rules.sign(rules.leads[0]), rules.sign(rules.leads[1])) == ("proposed", "in_force")


def test_a_desk_of_one_waits_a_day_and_says_so_at_once(transactional_db: None) -> None:
    rules = Rules(leads=1)
    rules.draft(sooner())
    assert rules.sign(rules.leads[0]) == "waits"
    assert [a.code for a in recent()] == ["policy_waits"]
    rules.wait(hours=23, minutes=59)
    assert rules.text == SHIPPED
    rules.wait(minutes=1)
    assert rules.text == sooner() and rules.kinds()[-1] == "policy.in_force"
    assert [a.code for a in recent()] == ["policy_in_force", "policy_waits"]
    rules.draft(SHIPPED)
    rules.sign(rules.leads[0])
    there = open_change()
    assert there
    withdraw_policy(change=there.id, caller=rules.leads[0], now=rules.story.now)
    rules.wait(hours=48)
    assert rules.text == sooner()
    rules.draft(SHIPPED)
    rules.sign(rules.leads[0])
    rules.wait(hours=24)
    assert rules.text == SHIPPED  # one that was in force before comes into force again


def test_a_second_person_ends_the_wait_and_counts_only_after_a_day(transactional_db: None) -> None:
    rules = Rules(leads=1)
    rules.draft(sooner())
    rules.sign(rules.leads[0])
    new = add_person(name="Nowa", role="lead", now=rules.story.now, counts_from=rules.story.now + timedelta(hours=24))
    enrol_second_factor(person=new.id, keys=KEYS, now=rules.story.now)
    second = caller_of_person(row_person=new)
    rules.wait(hours=23)
    with pytest.raises(Forbidden):
        rules.sign(second)
    rules.wait(hours=1)
    assert rules.text == SHIPPED and rules.kinds()[-1] == "policy.wait_ended"
    assert next(a.code for a in recent()) == "policy_stopped"
    rules.wait(hours=48)
    assert rules.text == SHIPPED
    assert rules.sign(second) == "in_force"


def test_two_at_once_put_one_in_force_once(rules: Rules) -> None:
    rules.draft(sooner())
    rules.sign(rules.leads[0])
    third = rules.story.hire("third", "safety_officer")
    became: list[str] = []

    def go(who: Caller) -> None:
        try:
            became.append(rules.sign(who))
        except (OdzewError, AssertionError) as error:
            became.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=(who,)) for who in (rules.leads[1], third, rules.leads[1])]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    assert sorted(became)[-1] == "in_force" and became.count("in_force") == 1
    assert rules.kinds().count("policy.in_force") == 2 and PolicyVersion.objects.count() == 2


def test_a_policy_that_this_release_cannot_use_is_replaced_and_an_alarm_rings(rules: Rules) -> None:
    assert put_policy_in_force(policy=load_policy(text=sooner()), text=sooner(), now=rules.story.now) is False
    assert rules.text == SHIPPED  # a changed file alone changes nothing
    PolicyVersion.objects.update(text="from another release")
    assert rules.story.desk.current(now=rules.story.now).policy.digest == POLICY.digest
    assert put_policy_in_force(policy=load_policy(text=sooner()), text=sooner(), now=rules.story.now) is True
    assert rules.text == sooner() and [a.code for a in recent()] == ["policy_unusable"]


def test_the_preview_says_what_would_have_been_and_changes_nothing(rules: Rules) -> None:
    story = rules.story
    strange = story.report(story.post(), claimant="other").case
    story.report(story.post("post-2"), claimant="depicted")
    before = Event.objects.count()
    rules.draft(sooner().replace("Nakazał to sąd lub organ władzy", "Nakazał to sąd"))
    assert preview_policy(desk=story.desk, clock=lambda: story.now) is True
    found = open_change()
    assert found and found.preview_state == "made" and found.preview
    assert found.preview["cases"] == 2 and found.preview["at_once"] == [1, 1]
    assert found.preview["counts"] == {"changed": 1, "withheld": 1, "decided": 0, "answered": 0, "reversed": 0, "placed": 0}
    assert found.preview["listed"] == [{"case": str(strange), "what": ["withheld"], "hide": [3600, 1800], "decide": [86400, 86400]}]
    assert Event.objects.count() == before and rules.text == SHIPPED
    assert preview_policy(desk=story.desk, clock=lambda: story.now) is False
    rules.draft(sooner(20))
    assert preview_policy(desk=story.desk, clock=lambda: story.now, most=1) is True
    again = open_change()
    assert again and again.preview and (again.preview["cases"], again.preview["more"]) == (1, True)


def test_the_preview_sees_each_way_in_which_a_case_would_go_differently(rules: Rules) -> None:
    story = rules.story
    story.report(story.post(), claimant="other")
    changes = {
        "decided": ('[clocks.child_decide]\nlength = "24 h"', '[clocks.child_decide]\nlength = "20 h"'),
        "reversed": ('[clocks.appeal_window]\nlength = "184 d"', '[clocks.appeal_window]\nlength = "200 d"'),
        "placed": ("csam = 85", "csam = 60"),
        "answered": ('[clocks.decision_notice]\nlength = "1 h"', '[clocks.decision_notice]\nlength = "30 min"'),
    }
    for aspect, (old, new) in changes.items():
        assert SHIPPED.count(old) == 1
        rules.draft(SHIPPED.replace(old, new))
        preview_policy(desk=story.desk, clock=lambda: story.now)
        found = open_change()
        assert found and found.preview and found.preview["counts"][aspect] == 1, aspect
