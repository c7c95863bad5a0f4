"""The desk's orders: verified, obeyed once, in the right order, and by the mode of the day."""

from __future__ import annotations

import json
import threading
import time

import pytest

from tests.kladka.helpers import SECRET, Desk, Site, signed, start

BEGIN = 1_700_000_000.0


def test_withhold_remove_and_restore_are_seen_at_both_addresses(site: Site) -> None:
    post = site.made()
    for measure, status in (("withhold", 451), ("remove", 410), ("restore", 200), ("remove", 410), ("restore", 200)):
        answer = site.order(measure, post)
        assert (answer.status, answer.json) == (200, {"status": "accepted"})
        assert site.statuses(post) == (status, status)
        assert site.ask("HEAD", post["url"]).status == status
        assert site.ask("HEAD", post["media_url"]).body == b""
    assert 'rel="blocked-by"' not in site.get(post["url"]).headers.get("link", "")


def test_scope_media_hides_the_picture_and_leaves_the_words(site: Site) -> None:
    post = site.made(text="Te słowa zostają")
    site.order("withhold", post, scope="media")
    assert site.statuses(post) == (451, 451)
    page = site.get(post["url"])
    assert "Te słowa zostają" in page.text
    assert 'rel="blocked-by"' in page.headers["link"]
    assert "Picture unavailable" in site.get("/").text
    site.order("withhold", post, scope="item")
    assert "Te słowa zostają" not in site.get(post["url"]).text + site.get("/").text + site.get(f"/posts/{post['id']}.json").text


def test_accounts_are_suspended_and_come_back(site: Site) -> None:
    site.made(account="halina")
    data = {"measure_id": "m-1", "measure": "suspend_account", "account": {"id": "halina"}}
    site.webhook("measure.ordered", data)
    assert site.get("/accounts/halina").status == 403
    assert site.get("/accounts/halina/inbox").status == 200
    assert site.post(account="halina").status == 403
    site.webhook("measure.ordered", {**data, "measure_id": "m-2", "measure": "restore_account"})
    assert site.get("/accounts/halina").status == 200
    assert site.post(account="halina").status == 201


def test_a_wrong_signature_changes_nothing(site: Site) -> None:
    post = site.made()
    other = "whsec_" + "QUJD" * 8
    assert site.order("withhold", post, secret=other).status == 401
    body, good = signed(kind="measure.ordered", data={"measure_id": "m", "measure": "withhold", "item": {"id": post["id"]}})
    changes: list[tuple[bytes, dict[str, str]]] = [
        (body + b" ", good),
        (body, {**good, "webhook-id": "another"}),
        (body, {**good, "webhook-timestamp": str(int(time.time()) - 5)}),
        (body, {**good, "webhook-timestamp": "soon"}),
        (body, {**good, "webhook-signature": "v1,%%%"}),
        (body, {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")}),
        (body, {**good, "webhook-signature": "żółw".encode().decode("latin-1")}),
        (body, {name: value for name, value in good.items() if name != "webhook-signature"}),
        (body, {name: value for name, value in good.items() if name != "webhook-id"}),
    ]
    for content, headers in changes:
        assert site.ask("POST", "/webhooks", body=content, headers=headers).status == 401
    assert site.statuses(post) == (200, 200)
    second = {**good, "webhook-signature": "v1,AAAA " + good["webhook-signature"]}
    assert site.ask("POST", "/webhooks", body=body, headers=second).status == 200


@pytest.mark.parametrize("off", [-310, 310])
def test_an_old_or_future_webhook_is_refused(site: Site, off: int) -> None:
    post = site.made()
    assert site.order("withhold", post, at=time.time() + off).status == 401
    assert site.order("withhold", post, at=time.time() + off * 0.9).status == 200


def test_a_duplicate_acts_once(site: Site) -> None:
    post = site.made()
    assert site.order("withhold", post, measure_id="m-1", webhook_id="w-1").json == {"status": "accepted"}
    assert site.order("restore", post, measure_id="m-2").json == {"status": "accepted"}
    assert site.order("withhold", post, measure_id="m-1", webhook_id="w-2").json == {"status": "duplicate"}
    assert site.order("withhold", post, measure_id="m-3", webhook_id="w-1").json == {"status": "duplicate"}
    assert site.statuses(post) == (200, 200)
    assert [entry["acted"] for entry in site.get("/control/log").json] == [True, True, False, False]


def test_many_copies_at_the_same_time_act_once(site: Site) -> None:
    post = site.made()
    threads = [threading.Thread(target=site.order, args=("withhold", post), kwargs={"measure_id": "m-1"}) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(entry["acted"] for entry in site.get("/control/log").json) == 1
    assert site.statuses(post) == (451, 451)


def test_an_older_order_never_undoes_a_newer_one(site: Site) -> None:
    post = site.made()
    site.order("remove", post, ordered_at="2026-03-01T12:00:00Z")
    late = site.order("restore", post, ordered_at="2026-03-01T11:59:59.999+00:00")
    assert (late.status, late.json) == (200, {"status": "superseded"})
    assert site.statuses(post) == (410, 410)
    assert site.order("restore", post, ordered_at="2026-03-01T13:00:01+01:00").json == {"status": "accepted"}
    assert site.statuses(post) == (200, 200)


def test_the_order_is_by_the_event_then_by_the_attempt(site: Site) -> None:
    now = time.time()
    post = site.made()
    site.order("withhold", post, at=now, event_at=now - 100)
    assert site.order("restore", post, at=now + 60, event_at=now - 200).json == {"status": "superseded"}
    other = site.made()
    site.order("withhold", other, at=now, event_at=None)
    assert site.order("restore", other, at=now - 60, event_at=None).json == {"status": "superseded"}
    assert site.statuses(post) == site.statuses(other) == (451, 451)


def test_an_older_suspension_does_not_come_back(site: Site) -> None:
    site.made(account="halina")
    data = {"measure": "restore_account", "account": {"id": "halina"}}
    site.webhook("measure.ordered", {**data, "measure_id": "m-2", "ordered_at": "2026-03-02T00:00:00Z"})
    late = {**data, "measure": "suspend_account", "measure_id": "m-1", "ordered_at": "2026-03-01T00:00:00Z"}
    assert site.webhook("measure.ordered", late).json == {"status": "superseded"}
    assert site.get("/accounts/halina").status == 200


@pytest.mark.parametrize(
    ("kind", "data", "status"),
    [
        ("measure.ordered", {"measure_id": "m", "measure": "withhold", "item": {"id": "nobody"}}, 404),
        ("measure.ordered", {"measure_id": "m", "measure": "withhold"}, 404),
        ("measure.ordered", {"measure_id": "m", "measure": "withhold", "item": [1]}, 404),
        ("measure.ordered", {"measure_id": "m", "measure": "suspend_account", "account": {"id": "nobody"}}, 404),
        ("measure.ordered", {"measure_id": "m", "measure": "explode"}, 422),
        ("measure.ordered", {"measure_id": "m", "measure": ["withhold"]}, 422),
        ("measure.ordered", {"measure_id": ["m"], "measure": "withhold"}, 422),
        ("measure.ordered", {"measure": "withhold"}, 422),
        ("measure.ordered", [], 400),
        ("answer.ready", {"account": "nobody", "text": "x"}, 404),
        ("statement.ready", {"account": {}, "text": "x"}, 404),
        ("something.else", {}, 200),
    ],
)
def test_orders_that_cannot_be_obeyed_say_so(site: Site, kind: str, data: object, status: int) -> None:
    assert site.webhook(kind, data).status == status
    assert site.get("/control/log").json[-1]["acted"] is False


def test_a_wrong_scope_is_refused_and_may_be_sent_right(site: Site) -> None:
    post = site.made()
    assert site.order("withhold", post, measure_id="m-1", scope="words").status == 422
    assert site.order("withhold", post, measure_id="m-1").json == {"status": "accepted"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"type":1,"data":{}}', b"\xff", b"[" * 100_000])
def test_a_signed_body_that_is_no_event_is_refused(site: Site, body: bytes) -> None:
    import base64
    import hashlib
    import hmac

    now = str(int(time.time()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, f"w.{now}.".encode() + body, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "w", "webhook-timestamp": now, "webhook-signature": f"v1,{right}"}
    assert site.ask("POST", "/webhooks", body=body, headers=headers).status == 400


def test_lying_says_yes_and_does_nothing_until_it_is_honest_again(site: Site) -> None:
    post = site.made()
    site.mode("lying")
    assert site.order("withhold", post, measure_id="m-1").json == {"status": "accepted"}
    assert site.statuses(post) == (200, 200)
    assert site.get("/control/log").json[-1]["acted"] is False
    site.mode("honest")
    assert site.order("withhold", post, measure_id="m-1").json == {"status": "accepted"}
    assert site.statuses(post) == (451, 451)


def test_down_answers_503_to_webhooks_and_if_told_to_everything(site: Site) -> None:
    post = site.made()
    site.mode("down")
    assert site.order("withhold", post, measure_id="m-1").status == 503
    assert site.statuses(post) == (200, 200)
    site.mode("down", everything=True)
    assert site.statuses(post) == (503, 503)
    assert site.post().status == 503
    assert site.get("/", accept="text/html").status == 503
    assert site.get("/control").json == {"mode": "down", "delay": 8.0, "everything": True}
    site.mode("honest")
    assert site.order("withhold", post, measure_id="m-1").json == {"status": "accepted"}


def test_slow_is_late_but_does_it(site: Site) -> None:
    post = site.made()
    site.mode("slow", delay=0.4)
    begin = time.monotonic()
    assert site.order("withhold", post).status == 200
    assert time.monotonic() - begin >= 0.4
    assert site.statuses(post) == (451, 451)


def test_a_slow_platform_still_stops_at_once(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> None:
    site = start(desk_url=desk.url, folder=tmp_path_factory.mktemp("slow"))
    post = site.made()
    site.mode("slow", delay=60)
    answered = threading.Thread(target=site.order, args=("withhold", post))
    answered.start()
    time.sleep(0.2)
    begin = time.monotonic()
    site.stop()
    answered.join(timeout=10)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"mode": "angry"},
        {"mode": ["slow"]},
        {"mode": "slow", "delay": -1},
        {"mode": "slow", "delay": "x"},
        {"mode": "down", "everything": 1},
        [],
    ],
)
def test_control_refuses_nonsense(site: Site, wish: object) -> None:
    headers = {"Content-Type": "application/json"}
    assert site.ask("POST", "/control", body=json.dumps(wish).encode(), headers=headers).status in {400, 422}
    assert site.ask("POST", "/control", body=b"{", headers=headers).status == 400
    assert site.ask("POST", "/control", body=b"{}").status == 415
    assert site.get("/control").json["mode"] == "honest"


def test_control_has_buttons_for_a_person(site: Site) -> None:
    assert 'value="honest" checked' in site.get("/control", accept="text/html").text
    answer = site.form("/control", mode="lying")
    assert (answer.status, answer.headers["location"]) == (303, "/control")
    assert site.get("/control").json["mode"] == "lying"


def test_the_log_tells_what_came(site: Site) -> None:
    post = site.made()
    site.order("withhold", post, measure_id="m-1")
    site.order("withhold", post, measure_id="m-2", secret="whsec_" + "QUJD" * 8)
    good, bad = site.get("/control/log").json
    assert (good["type"], good["measure_id"], good["acted"], good["status"]) == ("measure.ordered", "m-1", True, 200)
    assert good["at"].endswith("Z")
    assert (bad["type"], bad["measure_id"], bad["acted"], bad["status"]) == (None, None, False, 401)
