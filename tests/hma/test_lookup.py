"""Looking up with the words of Hasher-Matcher-Actioner: its parameters and shapes, our answers."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odzew.banks.api import misses
from odzew.entrypoints.api import door
from odzew.entrypoints.hashes import quick
from odzew.entrypoints.hma.front import in_front
from odzew.foundation.writes import fetch_all
from odzew.usecases.bank_entries import add_entries
from tests.api.test_check_files import file, picture
from tests.api.wire import TABLES
from tests.banks.build import new_bank, pdq
from tests.hma.client import Client
from tests.video.build import film_file

A, B = pdq(1), pdq(2)


def test_a_hash_is_answered_by_bank_and_content(hma: Client) -> None:
    hma.bank()
    hma.bank("CHAIRS")
    first, second = hma.signal("BRIDGES", pdq=A.hex()), hma.signal("CHAIRS", pdq=pdq(1, flips=range(9)).hex())
    near = {
        "BRIDGES": [{"bank_content_id": first, "distance": "0"}],
        "CHAIRS": [{"bank_content_id": second, "distance": "9"}],
    }
    assert hma.known(A.hex()) == hma.known(A.hex().upper()) == near
    assert hma.known(pdq(1, flips=range(32)).hex()) == {"CHAIRS": [{"bank_content_id": second, "distance": "23"}]}
    assert hma.known(B.hex()) == {}
    assert hma.known(A.hex(), banks="CHAIRS,PENS") == {"CHAIRS": near["CHAIRS"]}
    assert hma.known(A.hex(), banks="PENS") == {}
    raw = hma.get("/m/raw_lookup", signal=A.hex(), signal_type="pdq").json
    assert raw == {"matches": [first, second]}
    far = hma.get("/m/raw_lookup", signal=A.hex(), signal_type="pdq", include_distance="true", banks="CHAIRS").json
    assert far == {"matches": [{"bank_content_id": second, "distance": "9"}]}


def test_all_hashes_of_a_content_lead_to_its_one_number(hma: Client) -> None:
    hma.bank()
    number = hma.signal("BRIDGES", pdq=A.hex(), video_md5="ab" * 16, sha256="cd" * 32)
    for signal, name in ((A.hex(), "pdq"), ("AB" * 16, "md5"), ("ab" * 16, "video_md5"), ("cd" * 32, "video_sha256")):
        assert hma.known(signal, name) == {"BRIDGES": [{"bank_content_id": number, "distance": "0"}]}


def test_a_match_is_an_event_and_a_miss_a_count_and_neither_opens_a_case(hma: Client) -> None:
    hma.bank()
    hma.signal("BRIDGES", pdq=A.hex())
    before = {t: fetch_all(f"SELECT count(*) FROM {t}", [])[0][0] for t in TABLES if t.startswith(("cases", "notices"))}  # noqa: S608
    hma.known(A.hex())
    hma.known(B.hex())
    hma.get("/m/raw_lookup", signal=B.hex(), signal_type="pdq")
    events = fetch_all("SELECT actor FROM ledger_event WHERE kind = 'match.checked'", [])
    assert len(events) == 1
    quick().misses.write()
    now = hma.wire.story.now
    assert sum(misses(since=now.replace(minute=0, second=0), until=now.replace(year=2100)).values()) == 2
    assert before == {t: fetch_all(f"SELECT count(*) FROM {t}", [])[0][0] for t in before}  # noqa: S608


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.text(max_size=30), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_share_is_drawn_by_the_seed_and_a_larger_one_only_adds(hma: Client, seed: str, low: float, high: float) -> None:
    low, high = sorted((low, high))
    if hma.get("/c/bank/BRIDGES").status == 404:
        hma.bank()
        hma.signal("BRIDGES", pdq=A.hex())

    def known(share: float, **query: str) -> bool:
        assert hma.json("PUT", "/c/bank/BRIDGES", {"enabled_ratio": share}).json["matching_enabled_ratio"] == share
        return bool(hma.known(A.hex(), **query))

    assert known(low, seed=seed) <= known(high, seed=seed)
    assert known(low, seed=seed) == known(low, seed=seed)
    assert not known(0.0, seed=seed) and known(1.0, seed=seed)
    assert known(low, seed=seed, bypass_coinflip="true") and known(0.0, bypass_coinflip="true")
    assert hma.get("/m/raw_lookup", signal=A.hex(), signal_type="pdq").json["matches"]


def test_what_says_known_to_be_good_or_was_only_reported_is_not_taken_for_known(hma: Client) -> None:
    new_bank(name="GOOD", opinion="negative")
    new_bank(name="seeds", opinion="seed")
    for name in ("GOOD", "seeds"):
        hma.signal(name, pdq=A.hex())
    assert set(hma.known(A.hex())) == {"seeds"}
    assert set(hma.known(A.hex(), banks="GOOD")) == {"GOOD"}
    hma.wire.item()
    assert hma.wire.notice(hashes=[{"type": "pdq", "value": B.hex(), "quality": 100}]).status == 201
    assert hma.known(B.hex()) == {} and set(hma.known(B.hex(), banks="reported")) == {"reported"}


def test_compare(hma: Client) -> None:
    sent = {
        "pdq": [A.hex(), pdq(1, flips=range(9)).hex().upper()],
        "md5": ["ab" * 16, "AB" * 16],
        "video_sha256": ["ab" * 32, "cd" * 32],
    }
    assert hma.json("POST", "/m/compare", sent).json == {
        "pdq": [True, {"distance": 9}],
        "md5": [True, {}],
        "video_sha256": [False, {}],
    }
    assert hma.json("POST", "/m/compare", {"pdq": [A.hex(), pdq(1, flips=range(32)).hex()]}).json == {
        "pdq": [False, {"distance": 32}]
    }


def test_the_index_says_what_it_holds(hma: Client) -> None:
    assert hma.get("/m/index/status").json["pdq"]["size"] == 0
    hma.bank()
    hma.signal("BRIDGES", md5="ab" * 16)
    said = hma.get("/m/index/status").json
    assert set(said) == {"pdq", "md5", "sha256", "video_md5", "video_sha256"}
    assert said["video_md5"]["present"] and said["video_md5"]["size"] == 1 and said["pdq"]["size"] == 0
    assert said["pdq"]["built_to"] >= int(hma.wire.story.now.timestamp())
    assert set(hma.get("/m/index/status", signal_type="pdq").json) == {"pdq"}


GOOD = {"signal": "ab" * 32, "signal_type": "pdq"}
BAD: list[tuple[str, dict[str, str]]] = [
    ("/m/lookup", {}),
    ("/m/lookup", {"signal": "ab" * 32}),
    ("/m/lookup", {**GOOD, "signal_type": "vpdq"}),
    ("/m/lookup", {**GOOD, "signal": "ab" * 31}),
    ("/m/lookup", {**GOOD, "signal": "zz" * 32}),
    ("/m/lookup", {"signal": "", "signal_type": "md5"}),
    ("/m/lookup", {**GOOD, "signal": "\x00ż" * 9999}),
    ("/m/lookup", {**GOOD, "bypass_coinflip": "maybe"}),
    ("/m/lookup", {**GOOD, "banks": ",".join(f"B{n}" for n in range(101))}),
    ("/m/lookup", {**GOOD, "banks": " , "}),
    ("/m/raw_lookup", {**GOOD, "include_distance": "2"}),
    ("/m/index/status", {"signal_type": "tlsh"}),
    ("/h/hash", {}),
]


def test_a_bad_question_is_400_with_a_message(hma: Client) -> None:
    for word, query in BAD:
        got = hma.get(word, **query)
        assert got.status == 400 and got.json["message"] == got.json["reason"] and got.type == "application/problem+json"
        assert "ż" not in got.json["message"]
    many = "&".join(f"x{n}=1" for n in range(1500))
    for word in ("/m/lookup", "/m/raw_lookup", "/m/index/status", "/c/bank/%00", "/c/bank/%ff"):
        assert hma.wire.call("bank" if "/c/" in word else "lookup", "GET", f"{word}?{many}").status in (400, 404), word
    bodies: list[Any] = [b"{", b"[]", b"{}", b'"x"', b'{"pdq": "\\ud800"}']
    bodies += [{"pdq": ["ab" * 32]}, {"pdq": "ab" * 32}, {"pdq": [1, 2]}, {"vpdq": ["a", "b"]}]
    for body in bodies:
        assert hma.json("POST", "/m/compare", body).status == 400, body


def test_nothing_is_fetched_from_an_address(hma: Client) -> None:
    for word in ("/h/hash", "/m/lookup"):
        for url in ("http://127.0.0.1:1/x", "https://kladka.example/media/m-1", "file:///etc/passwd", ""):
            got = hma.get(word, url=url, content_type="photo")
            assert got.status == 403 and "send the file itself" in got.json["message"]
    hma.bank()
    assert hma.wire.call("bank", "POST", "/c/bank/BRIDGES/content?url=http://127.0.0.1:1/x", {"metadata": {}}).status == 403


def _front(key: str, query: str, word: str = "/m/lookup") -> tuple[str, Any, bool]:
    """Ask in front of Django; the last value says whether Django was asked."""
    asked: list[bool] = []

    def behind(environ: dict[str, Any], start: Any) -> Any:
        asked.append(True)
        return WSGIHandler()(environ, start)

    started: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": word, "QUERY_STRING": query, "HTTP_AUTHORIZATION": f"Bearer {key}", "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8400", "wsgi.url_scheme": "http", "wsgi.input": BytesIO(b""),
    }  # fmt: skip
    answer = b"".join(in_front(application=behind, quick=quick())(environ, lambda status, headers: started.append(status)))
    return started[0], json.loads(answer), bool(asked)


def test_the_short_way_says_what_the_long_way_says(hma: Client) -> None:
    hma.bank()
    hma.signal("BRIDGES", pdq=A.hex())
    quick().index.refresh()
    for word in ("/m/lookup", "/m/raw_lookup"):
        door.forget()
        _same_both_ways(hma, word)


def _same_both_ways(hma: Client, word: str) -> None:
    key, unknown = hma.wire.keys["lookup"], f"signal_type=pdq&signal={B.hex().upper()}"
    first = _front(key, unknown, word)
    second = _front(key, unknown, word)
    assert first[2] and not second[2], "a key that this process has not seen goes the long way"
    assert first[:2] == second[:2] and first[1] in ({}, {"matches": []})
    status, said, long_way = _front(key, f"signal_type=pdq&signal={pdq(1, flips=range(9)).hex()}", word)
    assert status.startswith("200") and said not in ({}, {"matches": []}) and long_way
    for more in ("&banks=CHAIRS", "&seed=1", "&signal=x", "&url=http://x.example"):
        assert _front(key, unknown + more, word)[2]
    assert _front(hma.wire.keys["check"], unknown, word)[0].startswith("403")
    assert _front(hma.wire.keys["check"], unknown, word)[2]
    assert _front(key, "signal_type=pdq&signal=1", word)[0].startswith("400")


def test_an_index_that_is_not_whole_is_not_a_no(hma: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    hma.bank()
    hma.signal("BRIDGES", pdq=A.hex())
    hma.known(A.hex())
    monkeypatch.setattr("odzew.matching.index.STALE_AFTER", -hma.wire.story.desk.size_cached_for.resolution)
    assert hma.known(A.hex())["BRIDGES"]
    got = hma.get("/m/lookup", signal=B.hex(), signal_type="pdq")
    assert got.status == 503 and got.headers["Retry-After"] and got.json["message"]


def test_the_flood_guard_counts_these_look_ups_too(hma: Client) -> None:
    from odzew.banks.data import NewHash

    new_bank(name="blank", flood_floor=3, flood_times=1.0)
    add_entries(bank="blank", hashes=[NewHash(type="pdq", value=A)], actor="operator", now=hma.wire.story.now)
    for n in range(6):
        hma.known(pdq(1, flips=range(n)).hex())
    assert fetch_all("SELECT 1 FROM banks_entry WHERE quarantined_at IS NOT NULL", [])
    assert hma.known(A.hex()) == {}


def test_hashes_of_a_picture_are_those_of_published_lists(hma: Client) -> None:
    data = file(picture(), "PNG")
    said = hma.file("/h/hash", data, who="check").json
    assert said["sha256"] == hashlib.sha256(data).hexdigest() and len(said["pdq"]) == 64 and len(said["md5"]) == 32
    assert hma.file("/h/hash", data, types="pdq").json == {"pdq": said["pdq"]}
    assert hma.file("/h/hash", data, types="vpdq").status == 400
    assert set(hma.file("/h/hash", b"no film at all", field="video").json) == {"video_md5", "video_sha256"}


def test_a_film_is_known_by_its_bytes_and_by_its_pictures(hma: Client) -> None:
    hma.bank()
    one, same = film_file(seed=1, seconds=6.0), film_file(seed=1, seconds=6.0, crf="33")
    banked = hma.file("/c/bank/BRIDGES/content", one, field="video").json
    assert {"video_md5", "video_sha256"} <= set(banked["signals"])
    said = hma.file("/m/lookup", one, field="video").json
    assert set(said) == {"pdq", "video_md5", "video_sha256"} and said["video_md5"]["BRIDGES"] == [
        {"bank_content_id": banked["id"], "distance": "0"}
    ]
    said = hma.file("/m/lookup", same, field="video").json
    assert said["video_md5"] == {} and [m["bank_content_id"] for m in said["pdq"]["BRIDGES"]] == [banked["id"]]
    assert hma.file("/m/lookup", film_file(seed=9, seconds=6.0), field="video").json["pdq"] == {}
    assert hma.json("DELETE", f"/c/bank/BRIDGES/content/{banked['id']}").json == {"deleted": 1}
    assert hma.file("/m/lookup", one, field="video").json == {"pdq": {}, "video_md5": {}, "video_sha256": {}}
