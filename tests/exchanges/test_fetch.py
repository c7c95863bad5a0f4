"""After a calm fetch the bank is the service's list, whatever went wrong before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from odzew.exchanges.progress import stretches
from odzew.exchanges.register import exchange_named
from odzew.foundation import outgoing
from odzew.foundation.errors import Conflict
from odzew.foundation.writes import fetch_all
from odzew.usecases import _paging as module
from odzew.usecases.fetch_exchange import fetch_exchange
from tests.exchanges.build import DESK, Time, alarms, calm, enrol, fetch, held, kinds, value
from tests.exchanges.service import PASSWORD, TOKEN, Service, served

pytestmark = pytest.mark.django_db
LISTS = ("ncmec", "stopncii", "threatexchange")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=LISTS)
def service(request: pytest.FixtureRequest, time: Time) -> Iterator[Service]:
    with served(form=request.param, clock=time) as running:
        yield running


@pytest.fixture
def list_(service: Service, time: Time) -> Service:
    """An enrolled service with ten entries, an hour old."""
    for n in range(10):
        service.say(n, value(n))
    service.say(10, value(10, size=16), type_="md5")
    time.wait(hours=1)
    enrol(service, time)
    return service


def test_a_list_comes_in_and_follows_what_changes(list_: Service, time: Time) -> None:
    done = fetch(time)
    assert done.complete and held() == list_.live() and len(held()) == 11
    list_.say(3, None)
    list_.say(4, value(104))
    list_.say(20, value(20))
    time.wait(hours=1)
    asked = len(list_.asked)
    assert fetch(time).complete and held() == list_.live()
    if list_.form != "stopncii":  # whose entries are hashes: a changed one is another
        assert ("pdq", value(4)) not in held()
    assert len(list_.asked) - asked <= 2, "only what changed is asked for"
    time.wait(hours=1)
    list_.say(3, value(3))
    time.wait(hours=1)
    assert fetch(time).complete and held() == list_.live()


def test_it_is_fetched_when_it_is_due_and_by_one_at_a_time(list_: Service, time: Time) -> None:
    def due() -> bool:
        return fetch_exchange(desk=DESK, out=outgoing.Http(), clock=time) is not None

    assert due() and not due()
    time.wait(minutes=59)
    assert not due()
    time.wait(minutes=1)
    taken = []

    class Busy(outgoing.Http):
        def ask(self, **words: object) -> outgoing.Reply:
            taken.append(due())
            return super().ask(**words)  # type: ignore[arg-type]

    assert fetch_exchange(desk=DESK, out=Busy(), clock=time) is not None
    assert taken and not any(taken)


def test_a_long_list_gives_others_their_turn_and_goes_on(list_: Service, time: Time) -> None:
    for n in range(30, 60):
        list_.say(n, value(n))
    time.wait(hours=1)
    done, calls = fetch(time, most=3), 1
    assert done.more and done.pages == 3
    while done.more:
        done, calls = fetch(time, most=3), calls + 1
    assert done.complete and calls > 3 and held() == list_.live()


@pytest.mark.parametrize("fault", ["503", "die", "cut"])
def test_a_page_that_does_not_come_is_tried_later(list_: Service, time: Time, fault: str) -> None:
    list_.faults = ["", fault]
    done = fetch(time)
    assert not done.complete and done.fault
    kept = exchange_named(name="hotline")
    assert kept.failures == 1 and kept.next_at > time() and alarms() == []
    time.wait(minutes=1)
    assert fetch(time).complete and held() == list_.live()
    assert exchange_named(name="hotline").fault == ""


def test_it_waits_for_as_long_as_it_is_asked_to(list_: Service, time: Time) -> None:
    list_.faults = ["429"]
    fetch(time)
    assert (exchange_named(name="hotline").next_at - time()).total_seconds() == 7200


def test_a_service_that_stalls_holds_nobody_up(list_: Service, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "PAGE_SECONDS", 0.3)
    list_.faults = ["stall"]
    assert fetch(time).fault == "timeout"
    time.wait(minutes=1)
    monkeypatch.undo()
    assert fetch(time).complete


@pytest.mark.parametrize("status", ["401", "redirect"])
def test_a_refusal_rings_once_a_day_and_is_not_hammered(list_: Service, time: Time, status: str) -> None:
    list_.always = status
    waits = []
    for _ in range(4):
        assert not fetch(time).complete
        kept = exchange_named(name="hotline")
        waits.append((kept.next_at - time()).total_seconds())
        time.now = kept.next_at
    assert waits == [900, 1800, 3600, 7200] and alarms() == ["exchange_refused"]
    assert len(list_.asked) == 4
    time.wait(hours=24)
    fetch(time)
    assert alarms() == ["exchange_refused"] * 2 and len(list_.asked) <= 7
    list_.always = ""
    calm(time)
    assert held() == list_.live()


def test_what_cannot_be_read_once_is_asked_for_again_at_once(list_: Service, time: Time) -> None:
    list_.faults = ["garbage", "doctype" if list_.form == "ncmec" else "garbage", "", "repeat"]
    assert fetch(time).complete and held() == list_.live() and alarms() == []


def test_one_page_that_can_never_be_read_does_not_stop_the_list(list_: Service, time: Time) -> None:
    fetch(time)
    list_.say(40, value(40))
    time.wait(hours=5)
    list_.say(41, value(41))
    list_.poison = {"e40"}
    time.wait(hours=1)
    done = fetch(time)
    assert not done.complete and done.gaps == 1 and ("pdq", value(41)) in held() and ("pdq", value(40)) not in held()
    assert alarms() == ["exchange_gap"] and exchange_named(name="hotline").fault
    list_.say(1, None)
    time.wait(hours=1)
    assert not fetch(time).complete and ("pdq", value(1)) not in held(), "withdrawals beside the gap are honoured"
    list_.poison = set()
    time.wait(hours=1)
    assert fetch(time).complete and held() == list_.live() and stretches(exchange=exchange_named(name="hotline")) == []


class Picky(outgoing.Http):
    """What holds one entry never comes, asked however often; everything else does."""

    def __init__(self, status: int) -> None:
        self.status = status

    def ask(self, **words: object) -> outgoing.Reply:
        """Ask, and lose the page."""
        reply = super().ask(**words)  # type: ignore[arg-type]
        if value(40).hex() in reply.body.decode().lower():
            return outgoing.Reply(status=self.status, error="" if self.status else "cut-off")
        return reply


@pytest.mark.parametrize("fault", ["503", "garbage"])
def test_a_service_that_is_away_leaves_no_gaps(list_: Service, time: Time, fault: str) -> None:
    fetch(time)
    list_.always = fault
    for _ in range(8):
        time.wait(hours=6)
        asked = len(list_.asked)
        assert not fetch(time).complete and len(list_.asked) - asked <= 5
    assert "exchange_gap" not in alarms() and fetch(time).gaps == 0
    list_.always = ""
    calm(time)
    assert held() == list_.live()


@pytest.mark.parametrize("status", [500, 400, 0])
def test_a_page_that_never_comes_does_not_stop_the_list_either(list_: Service, time: Time, status: int) -> None:
    fetch(time)
    list_.say(40, value(40))
    time.wait(hours=5)
    list_.say(41, value(41))
    time.wait(hours=1)
    for _ in range(40):
        done = fetch(time, out=Picky(status))
        if ("pdq", value(41)) in held():
            break
        time.wait(hours=6)
    assert ("pdq", value(41)) in held() and not done.complete
    calm(time)
    assert held() == list_.live()


def test_pages_without_end_come_to_one(list_: Service, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 6)
    list_.endless = True
    for _ in range(3):
        done = fetch(time)
        assert not done.complete and done.fault == "pages without end" and len(list_.asked) <= 20
        time.wait(hours=6)
    assert alarms()[0] in ("exchange_gap", "exchange_refused")
    list_.endless = False
    calm(time)
    assert held() == list_.live()


def test_the_name_of_a_page_is_not_kept_for_long(list_: Service, time: Time) -> None:
    assert fetch(time, most=2).more
    time.wait(hours=13)
    asked = len(list_.asked)
    assert fetch(time, most=2).more
    again = list_.asked[asked]
    assert "start=" not in again and "nextPageToken" not in again and "after=" not in again
    calm(time)
    assert held() == list_.live()


def test_wrong_credentials_are_a_refusal(service: Service, time: Time) -> None:
    wrong = {"ncmec": "password", "stopncii": "fetch_key", "threatexchange": "token"}[service.form]
    from tests.exchanges.service import SECRETS

    enrol(service, time, secrets={**SECRETS[service.form], wrong: "guess"})
    assert fetch(time).fault == "refused" and service.wrong_keys == 1


def test_secrets_are_nowhere(list_: Service, time: Time, caplog: pytest.LogCaptureFixture) -> None:
    list_.faults = ["", "500"]
    fetch(time)
    time.wait(hours=1)
    fetch(time, most=2)
    tables = fetch_all("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'", [])
    rows = [str(fetch_all(f'SELECT t::text FROM "{name}" t', [])) for (name,) in tables]  # noqa: S608 - our own tables
    everything = " ".join(rows) + caplog.text
    for secret in (PASSWORD, TOKEN, TOKEN.replace("|", "%7C"), "fetch-secret", "subscription-secret", "access_token"):
        assert secret not in everything


def test_every_change_is_an_event_with_its_numbers(list_: Service, time: Time) -> None:
    fetch(time)
    list_.say(3, None)
    time.wait(hours=1)
    fetch(time)
    said = kinds()
    assert said[:2] == ["bank.added", "exchange.enrolled"] and said[2] == "exchange.fetch_begun"
    assert said.count("bank.entries_added") == 4 and said.count("bank.entries_withdrawn") == 1
    assert said[-1] == "exchange.fetched"


def test_whoever_lost_the_turn_stores_nothing(list_: Service, time: Time) -> None:
    class Slow(outgoing.Http):
        def ask(self, **words: object) -> outgoing.Reply:
            reply = super().ask(**words)  # type: ignore[arg-type]
            time.wait(minutes=6)
            fetch(time)
            return reply

    with pytest.raises(Conflict, match="taken up"):
        fetch(time, out=Slow())
    assert held() == list_.live()
