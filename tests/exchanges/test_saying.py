"""What a service is asked and told: only where the policy lets it, only what may leave, and once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from odzew.foundation.errors import Forbidden
from odzew.foundation.outgoing import Http
from odzew.foundation.writes import fetch_all
from odzew.policy.load import load_policy
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases.ask_exchange import AskedAbout, ask_exchange
from odzew.usecases.desk import Desk
from odzew.usecases.fetch_exchange import fetch_exchange
from odzew.usecases.tell_exchanges import tell_exchanges
from tests.cast import POLICY, Story
from tests.exchanges.build import alarms, enrol, kinds, value
from tests.exchanges.service import Service, served

pytestmark = pytest.mark.django_db


@pytest.fixture
def tale() -> Story:
    return Story()


@pytest.fixture
def shield(tale: Story) -> Iterator[Service]:
    with served(form="arachnid", clock=lambda: tale.now) as running:
        enrol(running, _time(tale))
        yield running


def _time(tale: Story) -> Any:
    return lambda: tale.now


def allowed(tale: Story) -> Desk:
    return replace(tale.desk, policy=replace(POLICY, exchanges_may_hear=frozenset({"hotline"})))


def ask(tale: Story, *, desk: Desk | None = None, name: str | None = "hotline") -> AskedAbout | None:
    return ask_exchange(name=name, desk=desk or allowed(tale), out=Http(), clock=_time(tale))


def asked(service: Service) -> set[bytes]:
    return {base64.b64decode(h) for body in service.bodies for h in json.loads(body)["hashes"]}


def test_the_policy_names_nobody_unless_it_is_changed() -> None:
    assert POLICY.exchanges_may_hear == frozenset()
    assert load_policy(text=shipped_policy_text().replace("exchanges = []", 'exchanges = ["a"]')).exchanges_may_hear == {"a"}
    older = "\n".join(line for line in shipped_policy_text().splitlines() if not line.startswith("exchanges = "))
    assert load_policy(text=older).exchanges_may_hear == frozenset()


def test_nothing_is_asked_unless_the_policy_lets_it(tale: Story, shield: Service) -> None:
    tale.post(pdq=value(1))
    tale.report()
    with pytest.raises(Forbidden, match=r"leaving\.exchanges"):
        ask(tale, desk=tale.desk)
    assert ask(tale, desk=tale.desk, name=None) is None and shield.asked == []


def test_only_public_pictures_of_open_child_cases_are_asked_about_and_once(tale: Story, shield: Service) -> None:
    tale.post("open", pdq=value(1))
    tale.report("open")
    tale.post("private", pdq=value(2), private=True)
    tale.report("private")
    tale.post("adult", pdq=value(3))
    tale.report("adult", kind="ncii", minor=False)
    tale.post("unreported", pdq=value(4))
    tale.post("flat", pdq=value(5), quality=30)
    tale.report("flat")
    tale.post("decided", pdq=value(6))
    tale.decide(tale.report("decided").case, 0, "remove")
    done = ask(tale, name=None)
    assert done == AskedAbout(asked=1, known=0, more=False) and asked(shield) == {value(1)}
    assert kinds("exchange.a") == ["exchange.asked", "exchange.answered"]
    again = ask(tale)
    assert again is not None and again.asked == 0 and len(shield.bodies) == 1
    tale.now += timedelta(days=8)
    later = ask(tale)
    assert later is not None and later.asked == 1


@pytest.mark.django_db(transaction=True)
def test_what_it_knows_is_a_match_on_the_case(tale: Story, shield: Service) -> None:
    for n, said in enumerate(["csam exact", "csam near", "harmful-abusive-material exact", "new-word exact"]):
        word, how = said.split()
        shield.knows[value(n)] = {"classification": word, "match_type": how}
        tale.post(f"p{n}", pdq=value(n))
        tale.report(f"p{n}")
    done = ask(tale)
    assert done is not None and done.known == 4
    rows = fetch_all("SELECT category, coalesce(opinion, '') FROM banks_entry ORDER BY category, opinion", [])
    assert rows == [("csam", "confirmed"), ("csam", "seed"), ("harmful-abusive-material", "seed"), ("new-word", "seed")]
    tale.search()
    found = fetch_all("SELECT opinion, distance FROM cases_match WHERE bank = 'bridges' ORDER BY opinion", [])
    assert found == [("confirmed", 0), ("seed", 0), ("seed", 0), ("seed", 0)]


@pytest.mark.parametrize("fault", ["500", "garbage", "die", "401"])
def test_a_lookup_that_fails_is_asked_again(tale: Story, shield: Service, fault: str) -> None:
    tale.post(pdq=value(1))
    tale.report()
    shield.faults = [fault]
    failed = ask(tale)
    assert failed is not None and failed.fault and ("exchange_refused" in alarms()) == (fault in ("garbage", "401"))
    tale.now += timedelta(hours=1)
    again = ask(tale, name=None)
    assert again is not None and (again.asked, again.fault) == (1, "")


def _told(tale: Story, service: Service) -> list[dict[str, Any]]:
    tell_exchanges(desk=allowed(tale), out=Http(), clock=_time(tale))
    return [json.loads(b)["hashFeedbacks"][0] for b in service.bodies]


@pytest.mark.django_db(transaction=True)
def test_stopncii_hears_what_became_of_its_hashes(tale: Story) -> None:
    with served(form="stopncii", clock=lambda: tale.now) as service:
        for n in (1, 2, 3):
            service.say(n, value(n))
        enrol(service, _time(tale))
        tale.now += timedelta(hours=1)
        fetch_exchange(name="hotline", desk=tale.desk, out=Http(), clock=_time(tale))
        for n, private in ((1, False), (2, False), (3, True)):
            tale.post(f"p{n}", pdq=value(n), private=private)
        case = {n: tale.report(f"p{n}", kind="ncii", minor=False).case for n in (1, 2, 3)}
        tale.search()
        assert tell_exchanges(desk=tale.desk, out=Http(), clock=_time(tale)) == 0 and service.bodies == [], (
            "the policy names nobody"
        )
        first = _told(tale, service)
        assert {(f["hashValue"], f["feedbackValue"]) for f in first} == {(value(n).hex(), "PendingReview") for n in (1, 2)}
        assert _told(tale, service) == first, "once"
        tale.decide(case[1], 0, "remove", ground="intimate_images")
        tale.decide(case[2], 0, "no_violation", ground="not_in_scope")
        service.faults = ["503"]
        assert len(_told(tale, service)) == 3
        tale.now += timedelta(hours=1)
        words = {(f["hashValue"], f["feedbackValue"]) for f in _told(tale, service)}
        assert {(value(1).hex(), "Blocked"), (value(2).hex(), "NotBlocked")} <= words
        assert value(3).hex() not in str(service.bodies)
        assert kinds("exchange.told")


@pytest.mark.django_db(transaction=True)
def test_ncmec_hears_only_that_it_was_right(tale: Story) -> None:
    with served(form="ncmec", clock=lambda: tale.now) as service:
        service.say(1, value(1))
        enrol(service, _time(tale))
        tale.now += timedelta(hours=1)
        fetch_exchange(name="hotline", desk=tale.desk, out=Http(), clock=_time(tale))
        tale.post("p1", pdq=value(1))
        case = tale.report("p1").case
        tale.search()
        tell_exchanges(desk=allowed(tale), out=Http(), clock=_time(tale))
        assert service.bodies == []
        tale.decide(case, 0, "remove")
        tell_exchanges(desk=allowed(tale), out=Http(), clock=_time(tale))
        assert service.asked[-1] == "PUT /hashsharing/v2/entries/42/e1/PDQ/feedback" and b"affirmative" in service.bodies[0]
