"""Who may be fetched from, by whom, and what rings when nobody comes."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from odzew.banks.api import bank_named
from odzew.banks.own import own_bank
from odzew.entrypoints.checks import check_database
from odzew.exchanges.progress import newest
from odzew.exchanges.register import exchange_named, exchanges, secrets_of
from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound, Unsafe
from odzew.foundation.outgoing import Http
from odzew.foundation.secrets import Keys
from odzew.foundation.settings import Settings
from odzew.usecases.enrol_exchange import pause_exchange, remove_exchange, resume_exchange
from odzew.usecases.import_bank import SMALL, import_bank
from odzew.usecases.watch_exchanges import watch_exchanges
from tests.banks.test_import import database_url
from tests.cast import KEYS
from tests.cli.demos import odzew
from tests.exchanges.build import DESK, Time, alarms, calm, enrol, fetch, held, kinds, value
from tests.exchanges.service import SECRETS, Service, served

pytestmark = pytest.mark.django_db


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def service(time: Time) -> Iterator[Service]:
    with served(form="ncmec", clock=time) as running:
        for n in range(5):
            running.say(n, value(n))
        time.wait(hours=1)
        yield running


def test_a_bank_is_made_with_what_its_form_says(service: Service, time: Time) -> None:
    enrol(service, time)
    bank = bank_named(name="bridges")
    assert (bank.opinion, bank.child, bank.own) == ("confirmed", True, False)
    assert secrets_of(exchange=exchange_named(name="hotline"), keys=KEYS) == SECRETS["ncmec"]
    with pytest.raises(Unsafe, match="do not open"):
        secrets_of(exchange=exchange_named(name="hotline"), keys=Keys(master=b"another key"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "/x"}, "name begins"),
        ({"form": "else"}, "no form"),
        ({"base": "", "environment": "moon"}, "no environment"),
        ({"environment": "npo"}, "not both"),
        ({"base": "http://lists.example/v2"}, "must be https"),
        ({"base": "https://10.0.0.1/v2", "allow_private": False}, "--allow-private"),
        ({"base": "https://user@lists.example"}, "not one like"),
        ({"base": "https://lists.example/?x=1"}, "not one like"),
        ({"secrets": {"user": "a"}}, "password is missing"),
        ({"secrets": {"user": "a", "password": "b", "pin": "c"}}, "no credential pin"),
        ({"secrets": {"user": "a\r\nx: y", "password": "b"}}, "cannot be sent"),
        ({"secrets": {"user": "a:b", "password": "b"}}, "colon"),
        ({"settings": {"privacy_group": "7"}}, "no setting"),
        ({"every": timedelta(minutes=5)}, "10 minutes"),
        ({"stale_after": timedelta(minutes=30)}, "stale after"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(service: Service, time: Time, wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        enrol(service, time, **wrong)
    assert exchanges() == []


def test_one_exchange_one_bank_and_never_the_desks_own(service: Service, time: Time, tmp_path: Path) -> None:
    own_bank(name="own", now=time())
    with pytest.raises(Forbidden):
        enrol(service, time, bank="own")
    enrol(service, time)
    for again in ({"name": "hotline", "bank": "other"}, {"name": "other"}):
        with pytest.raises(Conflict):
            enrol(service, time, **again)
    (tmp_path / "l.csv").write_text("hash,hash_type\n")
    with pytest.raises(Conflict, match="fed by the exchange hotline"):
        import_bank(name="bridges", path=tmp_path / "l.csv", actor="operator", clock=time)


def test_paused_nothing_is_fetched_and_check_says_so(service: Service, time: Time) -> None:
    enrol(service, time)
    fetch(time)
    pause_exchange(name="hotline", actor="operator", now=time())
    with pytest.raises(Conflict, match="resume"):
        fetch(time)
    with pytest.raises(Conflict):
        pause_exchange(name="hotline", actor="operator", now=time())
    time.wait(days=3)
    assert watch_exchanges(now=time()) == 0
    found = {f.code for f in check_database(chosen=Settings(), now=time())}
    assert "exchange_paused" in found and "exchange_stale" not in found
    resume_exchange(name="hotline", actor="operator", now=time())
    assert fetch(time).complete and kinds("exchange.p") + kinds("exchange.r") == ["exchange.paused", "exchange.running"]


def test_a_list_that_is_too_old_rings_once_a_day(service: Service, time: Time) -> None:
    enrol(service, time)
    calm(time)
    service.always = "503"
    rang = []
    for _ in range(50):
        time.wait(hours=1)
        fetch(time)
        rang.append(watch_exchanges(now=time()) + watch_exchanges(now=time()))
    assert sum(rang) == 2 and rang.index(1) == 23 and alarms() == ["exchange_stale"] * 2
    assert "exchange_stale" in {f.code for f in check_database(chosen=Settings(), now=time()) if f.level == "error"}
    service.always = ""
    calm(time)
    assert "exchange_stale" not in {f.code for f in check_database(chosen=Settings(), now=time())}


def test_let_go_it_takes_with_it_what_it_brought_and_no_more(service: Service, time: Time) -> None:
    from odzew.banks.data import NewHash
    from odzew.usecases.bank_entries import add_entries

    enrol(service, time)
    fetch(time)
    add_entries(bank="bridges", hashes=[NewHash(type="pdq", value=value(99))], actor="operator", now=time())
    assert remove_exchange(name="hotline", actor="operator", now=time()) == 5
    assert held() == {("pdq", value(99))} and exchanges() == []
    with pytest.raises(NotFound):
        remove_exchange(name="hotline", actor="operator", now=time())
    enrol(service, time)
    calm(time)
    assert remove_exchange(name="hotline", keep=True, actor="operator", now=time()) == 0 and len(held()) == 6


def test_whoever_was_away_too_long_reads_everything_anew(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(form="threatexchange", clock=time) as service:
        for n in range(8):
            service.say(n, value(n))
        enrol(service, time)
        calm(time)
        time.wait(days=100)
        for n in range(6):
            del service.entries[f"e{n}"]  # withdrawn, and the withdrawal forgotten
        service.say(20, value(20))
        time.wait(hours=1)
        monkeypatch.setattr("odzew.usecases.fetch_exchange.SMALL", 3)
        done = fetch(time)
        assert done.fault == "shrunk" and len(held()) == 9 and alarms() == ["exchange_gap"]
        service.say(7, None)
        time.wait(hours=1)
        assert fetch(time).fault == "shrunk" and ("pdq", value(7)) not in held(), "what is said goes on being heard"
        time.wait(hours=1)
        assert fetch(time, shrink=True).complete and held() == service.live()
    assert SMALL == 1000


def test_an_older_word_comes_too_late(service: Service, time: Time) -> None:
    from odzew.exchanges.data import Record

    exchange = enrol(service, time)
    new = Record(member="m", entry_id="1", at=time())
    old = Record(member="m", entry_id="1", at=time() - timedelta(hours=1))
    unknown = Record(member="m", entry_id="1", at=None)
    assert newest(exchange=exchange, records=[new, old]) == [new]
    assert newest(exchange=exchange, records=[old]) == []
    assert newest(exchange=exchange, records=[unknown]) == [unknown]
    assert newest(exchange=exchange, records=[old]) == []
    assert newest(exchange=exchange, records=[new]) == [new]


@pytest.mark.django_db(transaction=True)
def test_by_command(service: Service, time: Time, tmp_path: Path) -> None:
    here = {"ODZEW_DATABASE_URL": database_url(), "ODZEW_DATA": str(tmp_path)}
    secrets = tmp_path / "hasła.txt"
    secrets.write_text("".join(f"{k}={v}\n" for k, v in SECRETS["ncmec"].items()), encoding="utf-8")
    words = ["exchange", "add", "hotline", "--form", "ncmec", "--bank", "bridges", "--base", service.base, "--allow-private"]
    secrets.chmod(0o644)
    refused = odzew(*words, "--credentials", str(secrets), **here)
    assert refused.returncode == 1 and "chmod 600" in refused.stderr
    secrets.chmod(stat.S_IRUSR)
    added = odzew(*words, "--credentials", str(secrets), "--json", **here)
    assert added.returncode == 0, added.stderr
    assert SECRETS["ncmec"]["password"] not in added.stdout + added.stderr
    ran = odzew("exchange", "fetch", "hotline", **here)
    assert ran.returncode == 0 and "5 hashes added" in ran.stdout, ran.stderr
    service.always = "401"
    failed = odzew("exchange", "fetch", "hotline", **here)
    assert failed.returncode == 1 and "refused" in failed.stderr
    (told,) = json.loads(odzew("exchange", "list", "--json", **here).stdout)
    assert (told["exchange"], told["bank"], told["added"], told["gaps"]) == ("hotline", "bridges", 5, [])
    assert (told["fault"], told["status"]) == ("refused", 401)


def test_the_worker_fetches_what_is_due_and_looks_whether_it_is_old(service: Service, time: Time) -> None:
    from odzew.entrypoints.worker import loops

    deeds = {loop.name: loop.deed for loop in loops(desk=DESK, out=Http(), alarm=lambda _payload, _at: True, clock=time)}
    enrol(service, time)
    assert deeds["exchanges"]() == 0 and held() == service.live()
    assert deeds["exchanges"]() > 0
    pages = len(service.asked)
    deeds["feedback"]()
    time.wait(hours=26)
    deeds["stale-lists"]()
    assert alarms() == ["exchange_stale"] and len(service.asked) == pages
