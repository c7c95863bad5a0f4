"""Keeping banks with the words of Hasher-Matcher-Actioner."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from odzew.banks.own import own_bank
from odzew.foundation.moments import utc_now
from odzew.foundation.writes import fetch_all
from odzew.usecases import withdraw_bank as withdrawing
from odzew.usecases.export_bank import export_bank
from tests.api.test_check_files import file, picture
from tests.banks.build import pdq
from tests.hma.client import Client

A, B = pdq(1), pdq(2)


def events(kind: str) -> list[dict[str, Any]]:
    """Return the facts of all events of a kind."""
    rows = fetch_all("SELECT data FROM ledger_event WHERE kind = %s ORDER BY id", [kind])
    return [json.loads(bytes(r[0]) if isinstance(r[0], memoryview) else r[0])["facts"] for r in rows]


def _same(at: datetime) -> datetime:
    return at


def test_a_bank_is_made_shown_changed_and_given_up(hma: Client) -> None:
    assert hma.bank("MOST_BRIDGES") == {"name": "MOST_BRIDGES", "matching_enabled_ratio": 1.0}
    assert hma.bank("Kładki", enabled=False)["matching_enabled_ratio"] == 0.0
    assert hma.bank("PENS", enabled_ratio=0.25)["matching_enabled_ratio"] == 0.25
    assert {"name": "Kładki", "matching_enabled_ratio": 0.0} in hma.get("/c/banks").json
    assert hma.get("/c/bank/K%C5%82adki").json["name"] == "Kładki"
    assert hma.get("/c/bank/NOWHERE").status == 404
    assert hma.json("PUT", "/c/bank/PENS", {"enabled": True}).json["matching_enabled_ratio"] == 1.0
    assert hma.json("PUT", "/c/bank/PENS", {"name": "PENS"}).status == 200
    assert hma.json("PUT", "/c/bank/PENS", {"name": "PENCILS"}).status == 400
    assert hma.json("PUT", "/c/bank/NOWHERE", {"enabled": True}).status == 404
    got = hma.json("POST", "/c/banks", {"name": "PENS"})
    assert got.status == 403 and got.json["message"] == "There is a bank of this name already."
    assert [e["after"] for e in events("bank.changed")] == [{"enabled_share": "1.0"}]


def test_what_cannot_be_is_refused(hma: Client) -> None:
    hma.bank()
    bad: list[Any] = [
        b"", b"{", b"[]", {"name": 1}, {"name": ""}, {"name": "a/b"}, {"name": "x" * 65}, {"name": "x\x00"}, {"name": "N", "more": 1},
        {"name": "N", "enabled_ratio": 1.5}, {"name": "N", "enabled_ratio": -0.1}, {"name": "N", "enabled_ratio": "half"},
        b'{"name": "N", "enabled_ratio": NaN}', {"name": "N", "enabled": "yes"}, {"name": "N", "enabled": 1},
    ]  # fmt: skip
    for method, word in (("POST", "/c/banks"), ("PUT", "/c/bank/BRIDGES")):
        for body in bad:
            assert hma.json(method, word, body).status == 400, (method, body)
        assert hma.json(method, word, b"x" * 70_000).status == 413
        assert hma.wire.call("bank", method, word, b"name=N", type="application/x-www-form-urlencoded").status == 415
    assert hma.get("/c/banks").json == [{"name": "BRIDGES", "matching_enabled_ratio": 1.0}]


def test_the_desks_own_banks_cannot_be_touched(hma: Client) -> None:
    hma.wire.item(media=[{"id": "m-1", "hashes": [{"type": "pdq", "value": A.hex(), "quality": 100}]}])
    assert hma.wire.decide("reviewer", hma.wire.notice().json["case"], "remove").status == 201
    own_bank(name="cleared", now=utc_now())
    (number,) = fetch_all("SELECT min(id) FROM banks_entry", [])[0]
    rows = fetch_all("SELECT count(*) FROM ledger_event", [])
    for name in ("own", "cleared"):
        word = f"/c/bank/{name}"
        got = [
            hma.json("PUT", word, {"enabled": False}),
            hma.json("PUT", word, {}),
            hma.json("DELETE", word),
            hma.json("POST", f"{word}/signal", {"pdq": B.hex()}),
            hma.file(f"{word}/content", file(picture(), "PNG")),
            hma.json("PUT", f"{word}/content/{number}", {"disable_until_ts": 0}),
            hma.json("DELETE", f"{word}/content/{number}"),
            hma.get(f"{word}/content/{number}"),
            hma.json("POST", "/c/banks", {"name": name}),
        ]
        assert [g.status for g in got] == [403] * len(got), name
    assert fetch_all("SELECT count(*) FROM ledger_event", []) == rows
    assert hma.known(A.hex()) == {"own": [{"bank_content_id": number, "distance": "0"}]}


def test_a_bank_that_is_given_up_matches_nothing_and_begins_anew(hma: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withdrawing, "BATCH", 3)
    monkeypatch.setattr("odzew.entrypoints.hma.banks.MOST_AT_ONCE", 6)
    hma.bank()
    for n in range(8):
        hma.signal("BRIDGES", pdq=pdq(n).hex())
    got = hma.json("DELETE", "/c/bank/BRIDGES")
    assert got.status == 202 and "call again" in got.json["message"]
    assert all(hma.known(pdq(n).hex()) == {} for n in range(8)), "it is off at once, whatever is left"
    assert hma.json("POST", "/c/banks", {"name": "BRIDGES"}).status == 403
    got = hma.json("DELETE", "/c/bank/BRIDGES")
    assert (got.status, got.json) == (200, {"message": "Done"}) == (hma.json("DELETE", "/c/bank/NOWHERE").status, got.json)
    assert [len(e["entries"]) for e in events("bank.entries_withdrawn")] == [3, 3, 2]
    assert fetch_all("SELECT count(*) FROM banks_entry", [])[0][0] == 8, "nobody deletes rows"
    assert hma.bank() == {"name": "BRIDGES", "matching_enabled_ratio": 1.0}
    assert hma.known(pdq(1).hex()) == {}
    assert hma.known(pdq(1).hex(), bypass_coinflip="true") == {}
    again = hma.signal("BRIDGES", pdq=pdq(1).hex())
    assert hma.known(pdq(1).hex())["BRIDGES"][0]["bank_content_id"] == again


def test_a_content_is_shown_disabled_enabled_and_withdrawn(hma: Client) -> None:
    hma.bank()
    number = hma.signal("BRIDGES", pdq=A.hex(), md5="ab" * 16, note="most Świętokrzyski")
    word, now = f"/c/bank/BRIDGES/content/{number}", int(utc_now().timestamp())
    plain = {
        "id": number,
        "disable_until_ts": 1,
        "collab_metadata": {},
        "original_media_uri": None,
        "bank": {"name": "BRIDGES", "matching_enabled_ratio": 1.0},
        "note": "most Świętokrzyski",
    }
    assert hma.get(word).json == plain
    for sent, said, known in ((0, 0, False), (1, 1, True), (now + 3600, now + 3600, False), (now - 5, now - 5, True)):
        assert hma.json("PUT", word, {"disable_until_ts": sent}).json == {**plain, "disable_until_ts": said}
        assert bool(hma.known(A.hex())) == bool(hma.known("ab" * 16, "md5")) == known
        assert bool(hma.get("/m/raw_lookup", signal=A.hex(), signal_type="pdq").json["matches"]) == known
    assert hma.json("PUT", word, {"note": "x"}).json["note"] == "x"
    assert hma.json("PUT", word, {}).json["note"] == "x"
    for bad in ({"disable_until_ts": -1}, {"disable_until_ts": 10**10}, {"disable_until_ts": True}, {"note": "y" * 256}, {"id": 3}):
        assert hma.json("PUT", word, bad).status == 400, bad
    assert len(events("bank.entries_changed")) == 5 and "Świętokrzyski" not in json.dumps(events("bank.entries_changed"))
    assert hma.json("DELETE", word).json == {"deleted": 1}
    assert hma.json("DELETE", word).json == {"deleted": 0} and hma.get(word).status == 404
    assert hma.known(A.hex()) == {} and fetch_all("SELECT count(*) FROM banks_entry", [])[0][0] == 2


def test_a_disabled_entry_does_not_leave_and_matches_again_when_its_time_is_over(hma: Client) -> None:
    from io import StringIO

    hma.bank()
    number = hma.signal("BRIDGES", pdq=A.hex())
    hma.json("PUT", f"/c/bank/BRIDGES/content/{number}", {"disable_until_ts": int(utc_now().timestamp()) + 60})
    desk = hma.wire.story.desk
    object.__setattr__(desk.policy, "banks_may_leave", frozenset({"BRIDGES"}))
    try:
        said = hma.get(f"/c/bank/BRIDGES/content/{number}", include_signals="true", include_metadata="true").json
        assert said["signals"] == {"pdq": A.hex()} and said["metadata"]["content_id"].startswith("of ")
        for later, written in ((0, 0), (120, 1)):
            at = utc_now() + timedelta(seconds=later)
            done = export_bank(name="BRIDGES", out=StringIO(), form="csv", actor="operator", desk=desk, clock=partial(_same, at))
            assert (done.written, done.kept_back) == (written, 1 - written)
    finally:
        object.__setattr__(desk.policy, "banks_may_leave", frozenset())
    fetch_all("UPDATE banks_entry SET disabled_until = now() - interval '1 second' RETURNING 1", [])
    assert hma.known(A.hex())


def test_hashes_are_shown_only_of_a_bank_that_may_leave(hma: Client) -> None:
    hma.bank()
    number = hma.signal("BRIDGES", pdq=A.hex())
    assert hma.get(f"/c/bank/BRIDGES/content/{number}", include_signals="true").status == 403
    assert A.hex() not in hma.get(f"/c/bank/BRIDGES/content/{number}").body.decode()


def test_the_same_content_again_is_the_same(hma: Client) -> None:
    hma.bank()
    data = file(picture(), "PNG")
    first = hma.file("/c/bank/BRIDGES/content", data).json
    assert set(first["signals"]) == {"pdq", "md5", "sha256"}
    assert hma.file("/c/bank/BRIDGES/content", data).json == first
    named = {"metadata": json.dumps({"content_id": "zdjęcie 7"}), "note": "n"}
    third = hma.file("/c/bank/BRIDGES/content", file(picture(seed=2), "PNG"), form=named).json
    assert hma.file("/c/bank/BRIDGES/content", file(picture(seed=2), "PNG"), form=named).json == third
    assert hma.file("/c/bank/BRIDGES/content", file(picture(seed=3), "PNG"), form=named).status == 409
    shown = hma.get(f"/c/bank/BRIDGES/content/{third['id']}", include_metadata="true").json
    assert (shown["metadata"], shown["note"]) == ({"content_id": "zdjęcie 7"}, "n")
    hma.json("PUT", f"/c/bank/BRIDGES/content/{third['id']}", {"disable_until_ts": 0})
    assert hma.file("/c/bank/BRIDGES/content", file(picture(seed=2), "PNG"), form={"metadata": named["metadata"]}).json == third
    again = hma.get(f"/c/bank/BRIDGES/content/{third['id']}").json
    assert (again["note"], again["disable_until_ts"]) == ("n", 1)
    for bad in (
        '{"content_id": "x#film"}',
        '{"content_uri": "https://x.example"}',
        '{"json": {}}',
        "{",
        "[]",
        '{"content_id": ""}',
    ):
        assert hma.file("/c/bank/BRIDGES/content", data, form={"metadata": bad}).status == 400, bad
    assert hma.file("/c/bank/NOWHERE/content", data).status == 404
    assert hma.file("/c/bank/BRIDGES/content", data, field="file").status == 400
    assert hma.json("POST", "/c/bank/BRIDGES/content", {}).status == 415


def test_two_at_once_with_one_name_are_one_content(hma: Client) -> None:
    hma.bank()
    numbers: list[int] = []

    def add() -> None:
        try:
            numbers.append(hma.signal("BRIDGES", pdq=A.hex(), sha256="ab" * 32))
        finally:
            connection.close()

    both = [threading.Thread(target=add) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert len(numbers) == 4 and len(set(numbers)) == 1
    assert fetch_all("SELECT count(*) FROM banks_entry", [])[0][0] == 2


def test_signals_that_are_none(hma: Client) -> None:
    hma.bank()
    bad: list[Any] = [{}, [], {"pdq": "x"}, {"pdq": None}, {"vpdq": "ab"}, {"note": "n"}, {"pdq": A.hex(), "note": "\n"}]
    for body in bad:
        assert hma.json("POST", "/c/bank/BRIDGES/signal", body).status == 400, body
    assert fetch_all("SELECT count(*) FROM banks_entry", [])[0][0] == 0


def test_what_there_is_to_choose_from(hma: Client) -> None:
    assert {"name": "pdq", "enabled_ratio": 1.0} in hma.get("/c/signal_type").json
    assert hma.get("/c/content_type").json == [{"enabled": True, "name": "photo"}, {"enabled": True, "name": "video"}]
