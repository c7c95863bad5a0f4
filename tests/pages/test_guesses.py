"""Who guesses codes, or floods the form, waits alone: neither from one network nor from very many can anybody else be locked out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from odzew.entrypoints.reporter import pages, tally, views
from odzew.entrypoints.reporter.guesses import CROWDED, LIMITS, NETWORK_MOST, Guesses
from odzew.entrypoints.reporter.networks import network_of
from odzew.entrypoints.reporter.tally import SENDS, Tally
from odzew.notices.receipt import clean, new_code
from odzew.usecases.read_status import read_status
from tests.cast import Story
from tests.pages.typist import Typist, press_send, walk

Clock = Callable[[float], None]
ROADS = ("/status", "/status/again", "/status/message", "/status/add", "/status/formal", "/status/withdraw", "/notes")


@pytest.fixture
def code(story: Story, monkeypatch: pytest.MonkeyPatch) -> str:
    """The code of a report on a desk whose pages are fresh."""
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    story.post()
    return story.report(claimant="depicted").code or ""


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let time pass for those who count."""
    at = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: at[0])

    def pass_(seconds: float) -> None:
        at[0] += seconds

    return pass_


def _ask(code: str, network: str, road: str = "/status") -> Any:
    return Client().post(road, {"code": code, "lang": "en"}, REMOTE_ADDR=network)


def test_guesses_through_the_page_are_held_and_true_codes_open(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(**given: Any) -> Any:
        looked.append(given["code"])
        return read_status(**given)

    monkeypatch.setattr(views, "read_status", look)
    got: list[int] = []
    for n in range(200):
        got.append(_ask(new_code(), f"8.8.{n % 4}.{n}").status_code)
        if n % 20 == 0:
            assert _ask(code, f"9.9.{n}.9").status_code == 200
    assert (got.count(404), got.count(429)) == (4 * NETWORK_MOST, 200 - 4 * NETWORK_MOST), "not one opened anything"
    assert len(looked) == 4 * NETWORK_MOST + 10, "whoever waits does not reach the look-up"


def test_every_road_that_takes_a_code_is_one_road_for_a_guesser(code: str) -> None:
    answers = [_ask(new_code(), "8.8.8.8", ROADS[n % len(ROADS)]).status_code for n in range(NETWORK_MOST + 5)]
    assert answers == [404] * NETWORK_MOST + [429] * 5
    waits = [_ask(asked, "8.8.8.8", road).content for road in ROADS for asked in (code, new_code(), "typo")]
    assert len(set(waits)) == 1, "whoever waits is not told which code was right"


def test_a_slip_of_the_finger_is_no_guess(code: str) -> None:
    slips = [code[:-1] + str((int(code[-1]) + 1) % 10), code[1] + code[0] + code[2:], code[:19], "", "Zażółć"]
    assert not any(clean(typed=slip) for slip in slips if slip != code)
    for _ in range(NETWORK_MOST):
        assert {_ask(slip, "8.8.8.8").status_code for slip in slips if slip != code} == {404}
    assert _ask(code, "8.8.8.8").status_code == 200


def test_a_million_guesses_from_very_many_networks_lock_out_nobody(later: Clock) -> None:
    guesses, tried = Guesses(), 0
    for n in range(1_000_000 // NETWORK_MOST // 20):  # by network; each tries until it is told to wait
        network = f"guesser {n}"
        for _ in range(NETWORK_MOST + 1):
            if guesses.refused(network=network):
                break
            guesses.wrong(network=network)
            tried += 1
    assert tried < 1_000_000 / 20, "when all are too many, a network gets fewer"
    # In the middle of it: who was never wrong, and who was wrong twice.
    assert not guesses.refused(network="she")
    for _ in range(CROWDED - 1):
        guesses.wrong(network="she")
        assert not guesses.refused(network="she")
    guesses.wrong(network="she")
    assert guesses.refused(network="she")
    later(LIMITS.all_seconds + 1)
    assert not guesses.refused(network="she"), "it ends with the flood"


def test_one_network_waits_ten_minutes_and_no_other_a_second(later: Clock) -> None:
    guesses = Guesses()
    for _ in range(LIMITS.all_most + NETWORK_MOST):
        if not guesses.refused(network="one"):
            guesses.wrong(network="one")
    assert guesses.refused(network="one") and not guesses.refused(network="other")
    guesses.wrong(network="other")
    assert not guesses.refused(network="other"), "one network alone never makes a crowd: what is refused is not counted"
    later(LIMITS.network_seconds - 5)
    assert guesses.refused(network="one")
    later(6)
    assert not guesses.refused(network="one")


def test_what_is_remembered_of_networks_is_bounded() -> None:
    counted = Guesses()
    for n in range(60_000):
        counted.wrong(network=f"{n}")
    assert len(counted._seen) == 50_000 and not counted.refused(network="she")
    assert all(len(name) == 16 for name in list(counted._seen)[:5])


def test_a_flood_of_reports_stalls_no_other_network(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "sends", flooded := Tally(SENDS))
    for _ in range(SENDS.network_most):
        flooded.count(network=network_of(address="8.8.8.8"))
    for n in range(SENDS.all_most):
        flooded.count(network=f"of many {n % 1000}")
    held, free = Typist(REMOTE_ADDR="8.8.8.8"), Typist(REMOTE_ADDR="9.9.9.9")
    assert press_send(held, walk(held)).status_code == 429
    assert [press_send(free, walk(free, more=f"{n}")).status_code for n in range(SENDS.crowded)] == [200] * SENDS.crowded
    assert _ask(code, "8.8.8.8").status_code == 200, "who may not send now can still read"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2a02:a31b:1:500::1", "2a02:a31b:1:5ff:ffff::9", True),  # all the /64s of one customer
        ("2a02:a31b:1:500::1", "2a02:a31b:1:600::1", False),
        ("8.8.8.1", "8.8.8.254", True),
        ("8.8.8.1", "8.8.9.1", False),
        ("::ffff:8.8.8.1", "8.8.8.2", True),
    ],
)
def test_who_changes_address_within_a_network_waits_on(code: str, one: str, other: str, same: bool) -> None:
    for _ in range(NETWORK_MOST):
        _ask(new_code(), one)
    assert _ask(code, other).status_code == (429 if same else 200)


@pytest.mark.parametrize("written", ["9.9.9.9", "9.9.9.9, 10.0.0.1", "x", "", "9.9.9.9," * 900, "2a02:a31b::1%eth0", "127.0.0.1"])
def test_a_header_that_a_stranger_wrote_changes_nothing(code: str, written: str) -> None:
    """Straight from outside it is not believed; behind the proxy only what the proxy added last counts."""
    for address, forwarded in (("8.8.8.8", written), ("127.0.0.1", f"{written}, 8.8.8.8")):
        assert network_of(address=address, forwarded=forwarded) == "8.8.8.0/24"
    for n in range(NETWORK_MOST):
        headers = {"X-Forwarded-For": f"{written}, 20.{n}.0.1, 8.8.8.{n}"}
        assert Client().post("/status", {"code": new_code()}, headers=headers).status_code == 404
    assert Client().post("/status", {"code": code}, headers={"X-Forwarded-For": "8.8.8.99"}).status_code == 429
    assert Client().post("/status", {"code": code}, headers={"X-Forwarded-For": f"8.8.8.8, {written}, 9.9.9.9"}).status_code == 200
