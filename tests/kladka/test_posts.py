"""Posts are taken in, shown, and registered with the desk; nonsense is refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from odzew.entrypoints.kladka.publishing import FORM_LIMIT
from tests.kladka.helpers import KEY, PNG, Desk, Site, eventually, multipart, start


def test_a_post_is_shown_and_registered_with_everything_the_desk_wants(site: Site, desk: Desk) -> None:
    made = site.made(account="Żółw", text="Zażółć gęślą jaźń", views="1200", reposts="3")
    assert set(made) == {"id", "url", "media_url"}
    call = desk.at("/check")[0]
    assert (call.method, call.key) == ("POST", f"Bearer {KEY}") and PNG in call.body
    (item,) = desk.asked(made["id"])
    assert item["url"] == made["url"]
    assert item["account"] == {"id": "Żółw", "handle": "Żółw", "url": f"{site.url}/accounts/%C5%BB%C3%B3%C5%82w"}
    assert item["media"][0]["url"] == made["media_url"]
    assert item["media"][0]["hashes"] == [
        {"type": "sha256", "value": hashlib.sha256(PNG).hexdigest()},
        {"type": "md5", "value": hashlib.md5(PNG, usedforsecurity=False).hexdigest()},
    ]
    assert (item["spread"]["views"], item["spread"]["reposts"], item["repost_of"], item["private"]) == (1200, 3, None, False)
    assert item["created_at"].endswith("Z")
    assert "Zażółć gęślą jaźń" in site.get(made["url"]).text
    picture = site.get(made["media_url"])
    assert (picture.status, picture.body, picture.headers["content-type"]) == (200, PNG, "image/png")
    assert "Zażółć" in site.get(item["account"]["url"]).text


def test_what_the_desk_missed_is_registered_when_it_is_back(site: Site, desk: Desk) -> None:
    desk.fail = 503
    first, second = site.made(), site.made()
    assert site.get(f"/posts/{first['id']}.json").json["registered"] is False
    desk.fail = 0
    eventually(lambda: all(site.get(f"/posts/{post['id']}.json").json["registered"] for post in (first, second)))


def test_one_item_the_desk_refuses_does_not_hold_up_the_others(site: Site, desk: Desk) -> None:
    desk.fail = 422
    made = site.made()
    desk.fail = 0
    other = site.made()
    eventually(lambda: all(site.get(f"/posts/{post['id']}.json").json["registered"] for post in (made, other)))


def test_a_restart_keeps_everything_and_registers_what_is_left(desk: Desk, tmp_path: Path) -> None:
    desk.fail = 500
    site = start(desk_url=desk.url, folder=tmp_path)
    left, hidden = site.made(text="Zostaje"), site.made(text="Znika")
    assert site.order("withhold", hidden, measure_id="m-1").status == 200
    site.stop()
    desk.fail = 0
    again = start(desk_url=desk.url, folder=tmp_path)
    try:
        path = f"/posts/{left['id']}.json"
        eventually(lambda: bool(again.get(path).json["registered"]))
        assert again.get(f"/media/{again.get(path).json['media']['id']}").body == PNG
        assert again.get(f"/posts/{hidden['id']}").status == 451
        assert again.order("restore", hidden, measure_id="m-1").json == {"status": "duplicate"}
    finally:
        again.stop()


def test_counters_run_tell_the_desk_and_stop_when_hidden(desk: Desk, tmp_path: Path) -> None:
    site = start(desk_url=desk.url, folder=tmp_path, ticks=True)
    try:
        seen, hidden, private = site.made(rate="30"), site.made(rate="30"), site.made(rate="30", private="true")
        site.order("withhold", hidden)
        before = site.get(f"/posts/{hidden['id']}.json").json["views"]
        eventually(lambda: bool(desk.at("/items:batch")))
        rows = [json.loads(line) for line in desk.at("/items:batch")[0].body.splitlines()]
        assert [row["id"] for row in rows] == [seen["id"]]
        assert rows[0]["spread"]["views"] > 0
        assert rows[0]["url"] == seen["url"]
        assert site.get(f"/posts/{hidden['id']}.json").json["views"] == before
        assert site.get(f"/posts/{private['id']}.json").json["views"] == 0
    finally:
        site.stop()


def test_a_repost_copies_the_picture_and_names_its_origin(site: Site, desk: Desk) -> None:
    original = site.made()
    repost = site.made(picture=None, account="zosia", repost_of=original["id"])
    assert desk.asked(repost["id"])[0]["repost_of"] == original["id"]
    assert site.get(repost["media_url"]).body == PNG
    assert repost["media_url"] != original["media_url"]
    assert site.get(f"/posts/{original['id']}.json").json["reposts"] == 1
    site.order("withhold", original)
    assert site.post(picture=None, repost_of=original["id"]).status == 409
    assert site.statuses(repost) == (200, 200)


def test_a_private_post_is_not_for_strangers(site: Site, desk: Desk) -> None:
    made = site.made(private="true", text="Tylko dla swoich")
    assert desk.asked(made["id"])[0]["private"] is True
    assert site.statuses(made) == (403, 403)
    assert "Tylko dla swoich" not in site.get("/").text + site.get(made["url"]).text


@pytest.mark.parametrize(
    ("picture", "fields", "status"),
    [
        (None, {}, 422),
        (b"", {}, 422),
        (b"<svg/>", {}, 415),
        (PNG, {"account": ""}, 422),
        (PNG, {"account": "a/b"}, 422),
        (PNG, {"account": ".."}, 422),
        (PNG, {"account": "x" * 61}, 422),
        (PNG, {"account": "a\x07b"}, 422),
        (PNG, {"text": "x" * 5001}, 422),
        (PNG, {"views": "-1"}, 422),
        (PNG, {"views": "many"}, 422),
        (PNG, {"views": "9" * 13}, 422),
        (PNG, {"rate": "nan"}, 422),
        (PNG, {"repost_of": "nothing"}, 422),
    ],
)
def test_nonsense_is_refused_with_a_reason(site: Site, picture: bytes | None, fields: dict[str, str], status: int) -> None:
    answer = site.post(picture=picture, **fields)
    assert answer.status == status
    assert answer.json["detail"]
    assert site.app.store.posts() == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("", b"", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=x", b"", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nnothing\r\n--x--", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", 400),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\r\n--x--', 400),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\ncut', 400),
        ("multipart/form-data; boundary=x", b"--x\r\n" * 60 + b"--x--", 400),
    ],
)
def test_a_broken_form_is_refused(site: Site, kind: str, body: bytes, status: int) -> None:
    assert site.ask("POST", "/posts", body=body, headers={"Content-Type": kind}).status == status


def test_too_large_a_picture_is_refused_and_the_caller_hears_it(site: Site) -> None:
    assert site.post(picture=PNG + b"\0" * FORM_LIMIT).status == 413
    assert site.post(picture=PNG + b"\0" * (FORM_LIMIT - 50_000)).status == 413
    assert site.post(picture=PNG + b"\0" * 5_000_000).status == 201


@pytest.mark.parametrize("length", ["-5", "abc", "1e3"])
def test_a_false_length_is_refused(site: Site, length: str) -> None:
    assert site.ask("POST", "/posts", headers={"Content-Length": length}).status == 400


def test_a_body_without_length_is_refused(site: Site) -> None:
    headers = {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    assert site.ask("POST", "/control", body=b"2\r\n{}\r\n0\r\n\r\n", headers=headers).status == 411


def test_another_sites_form_cannot_post(site: Site) -> None:
    body, kind = multipart(fields={"account": "a"}, picture=PNG)
    headers = {"Content-Type": kind, "Sec-Fetch-Site": "cross-site"}
    assert site.ask("POST", "/posts", body=body, headers=headers).status == 403


@pytest.mark.parametrize("verdict", ["hold", "block"])
def test_what_the_desk_does_not_allow_is_shown_to_nobody(site: Site, desk: Desk, verdict: str) -> None:
    desk.verdict = {"verdict": verdict, "checked": True}
    made = site.made(text="Jeszcze nie")
    assert site.statuses(made) == (451, 451)
    assert "Jeszcze nie" not in site.get("/").text
    assert site.get(f"/posts/{made['id']}.json").json["registered"] is True
    site.order("restore", made)
    assert site.statuses(made) == (200, 200)


def test_nothing_is_published_before_the_desk_was_asked(site: Site, desk: Desk) -> None:
    desk.fail = 503
    made = site.made()
    assert site.statuses(made) == (451, 451)
    desk.fail = 0
    eventually(lambda: site.statuses(made) == (200, 200))


def test_the_desk_is_asked_again_when_it_could_not_tell(site: Site, desk: Desk) -> None:
    desk.verdict = {"verdict": "hold", "ask_again_after": 1}
    made = site.made()
    assert site.statuses(made) == (451, 451)
    desk.verdict = {"verdict": "allow"}
    eventually(lambda: site.statuses(made) == (200, 200))
