"""Whatever a list's history, and whatever goes wrong on the way: after a calm fetch the bank is the list, and so is the index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odzew.foundation.errors import Conflict
from odzew.foundation.outgoing import Http
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.matching.api import KNOWN, Query
from odzew.usecases import _fetching
from tests.banks.build import read_index
from tests.exchanges.build import Time, calm, enrol, fetch, held, value
from tests.exchanges.service import served

pytestmark = pytest.mark.django_db(transaction=True)

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
NUMBERS = st.integers(0, 7)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), NUMBERS, st.integers(0, 9)),
        st.tuples(st.just("withdraw"), NUMBERS),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 90, 800])),
        st.tuples(st.just("poison"), NUMBERS),
        st.tuples(st.just("heal")),
        st.tuples(st.just("shuffle"), st.integers(0, 3)),
        st.tuples(
            st.just("fetch"),
            st.lists(st.sampled_from(["", "500", "429", "401", "redirect", "garbage", "cut", "die", "repeat"]), max_size=4),
            st.integers(1, 6),
        ),
        st.tuples(st.just("crash"), st.integers(1, 4)),
    ),
    max_size=18,
)


class Killed(BaseException):
    """The process is gone, in the middle of a transaction."""


@pytest.mark.parametrize("form", ["ncmec", "stopncii", "threatexchange"])
def test_after_a_calm_fetch_the_bank_is_the_list(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A failing history is shown as it was: to make it shorter takes longer than a run of all tests.
    @settings(max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=QUIET)
    @given(steps=STEPS)
    def check(steps: list[Any]) -> None:
        _forget_everything()
        time = Time()
        with served(form=form, clock=time) as service:
            enrol(service, time)
            for step in steps:
                _play(step, service, time, monkeypatch)
            service.faults, service.poison = [], set()
            time.wait(minutes=10)
            calm(time)
            assert held() == service.live()
        _index_is_the_bank(tmp_path)

    check()


def _play(step: Any, service: Any, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    what, *words = step
    if what == "say":
        service.say(words[0], value(words[1] * 8 + words[0]))
        time.wait(seconds=1)
    elif what == "withdraw":
        service.say(words[0], None)
        time.wait(seconds=1)
    elif what == "wait":
        time.wait(minutes=words[0])
    elif what == "poison":
        service.poison.add(f"e{words[0]}")
    elif what == "heal":
        service.poison.clear()
    elif what == "shuffle":
        service.shuffle = words[0]
    elif what == "fetch":
        service.faults = list(words[0])
        _fetch(time, words[1])
    else:
        _crash(time, words[0], monkeypatch)


def _fetch(time: Time, most: int) -> None:
    try:
        fetch(time, most=most)
    except Conflict:  # a process that was killed still has its lease
        time.wait(minutes=6)
        fetch(time, most=most)


def _crash(time: Time, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die while a page is stored: after its entries, before its checkpoint is committed; or right after an answer came."""
    left = [at]
    real, asked = _fetching._advance, Http.ask

    def dies(*words: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] <= 0:
            raise Killed
        return real(*words, **more)

    def dies_after(self: Http, **more: Any) -> Any:
        reply = asked(self, **more)
        if at == 4:
            raise Killed
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(_fetching, "_advance", dies)
        patch.setattr(Http, "ask", dies_after)
        try:
            _fetch(time, 50)
        except Killed:
            return


def _forget_everything() -> None:
    names = "exchanges_exchange, exchanges_stretch, exchanges_heard, banks_bank, banks_entry, banks_import, banks_sighting"
    fetch_none(f"TRUNCATE {names}, banks_match_hour, matching_addition, matching_removal, alarms_alarm CASCADE", [])


def _index_is_the_bank(folder: Path) -> None:
    values = [bytes(r[0]) for r in fetch_all("SELECT DISTINCT value FROM banks_entry", [])]
    answer = read_index(folder).search(collection=KNOWN, queries=[Query(type="pdq", hash=v) for v in values])
    live = {r[0] for r in fetch_all("SELECT id FROM banks_entry WHERE withdrawn_at IS NULL", [])}
    assert answer.complete and {hit.owner for hits in answer.hits for hit in hits} == live


def test_killed_and_started_again_it_ends_in_the_list(tmp_path: Path) -> None:
    """A process of its own, killed -9 in the middle of a page, again and again."""
    import os
    import signal
    import subprocess
    import sys

    from odzew.foundation.moments import utc_now
    from tests.banks.test_import import database_url

    with served(form="ncmec", clock=utc_now) as service:
        now = utc_now().replace(microsecond=0)
        past = Time(now=now.replace(year=now.year - 1))
        service.clock = past
        for n in range(25):
            service.say(n, value(n))
        enrol(service, past)
        env = {**os.environ, "ODZEW_DATABASE_URL": database_url()}
        for at in (1, 2):
            done = subprocess.run(
                [sys.executable, "-c", CHILD, str(at)], env=env, capture_output=True, text=True, check=False, timeout=120
            )
            assert done.returncode == -signal.SIGKILL, done.stderr
            fetch_none("UPDATE exchanges_exchange SET lease_until = NULL", [])
        service.say(3, None)
        fetch(Time(now=now))
        assert held() == service.live() and len(held()) == 24
    _index_is_the_bank(tmp_path)


CHILD = """
import os, signal, sys
from odzew.entrypoints import runtime
runtime.start_django()
from odzew.foundation.moments import utc_now
from odzew.foundation.outgoing import Http
from odzew.usecases import _fetching
from odzew.usecases.fetch_exchange import fetch_exchange
from tests.exchanges.build import DESK
left, real = int(sys.argv[1]), _fetching._advance
def dies(*words, **more):
    global left
    left -= 1
    if left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*words, **more)
_fetching._advance = dies
fetch_exchange(name="hotline", desk=DESK, out=Http(), clock=utc_now)
"""
