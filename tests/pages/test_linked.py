"""The form opened from a post that its platform signed: the post known, in no address that stays, and a forgery opens the plain form."""

from __future__ import annotations

import gzip
import json
import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

from odzew.cases.items import items_of
from odzew.entrypoints.reporter import form, linked, pages, tally, views
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.entrypoints.reporter.tally import SENDS, Tally
from odzew.foundation.moments import utc_now
from odzew.foundation.secrets import Keys
from odzew.ledger.links import button_html, link_signature, signed_by
from odzew.ledger.people import FORM, add_platform, platforms
from tests.cast import KEYS, Story
from tests.pages.site import LINK, Site
from tests.pages.typist import Typist, code_on, fields, press_send


@pytest.fixture(autouse=True)
def site(story: Story, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The pages have a desk with one post and a second platform."""
    monkeypatch.setattr(pages, "desk", lambda: story.desk)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(tally, "sends", Tally(SENDS))
    story.post()
    return Site(served=None, story=story)  # type: ignore[arg-type]


def _sig(site: Site, item: str = "post-1") -> str:
    return link_signature(secret=platforms(keys=KEYS)[site.story.platform].secret, item_id=item)


def _file(first: Any, client: Typist, **second: str) -> Any:
    two = client.post("/", {**fields(first), "who": "me", "age": "under_18"})
    three = client.post("/", {**fields(two), "where": "", "more": "", **second})
    return two, three, press_send(client, three)


def test_a_button_opens_the_form_with_the_post_known_and_three_more_posts_file_it(site: Site) -> None:
    client = Typist(headers={"Sec-Fetch-Site": "cross-site", "Accept-Language": "en"})
    first = client.post("/r", {"item": "post-1", "sig": _sig(site)})
    assert first.status_code == 200 and not first.cookies and "post-1" not in first.content.decode()
    same = Typist(headers={"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"})
    two, three, receipt = _file(first, same)
    assert "The post you came from is in your report." in two.content.decode()
    assert "<dd>The post you came from</dd>" in three.content.decode() and "can not change" not in three.content.decode()
    for page in (two, three, receipt):
        assert "post-1" not in page.content.decode() and len(gzip.compress(page.content)) <= 5 * 1024
    (notice,) = site.notices()
    assert (notice.program, notice.places, notice.text_id) == (FORM, [{"item_id": "post-1", "url": ""}], None)
    (item,) = items_of(case=site.cases()[0])
    assert (item.external_id, item.platform_id, item.registered) == ("post-1", site.story.platform, True)
    assert len(code_on(receipt)) == 20 and press_send(same, three).content == receipt.content


def test_a_link_leads_on_and_leaves_the_post_in_no_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Typist(headers={"Accept-Language": "pl"})
    answer = client.get("/r", {"item": "post-1", "sig": _sig(site).upper()})
    to = answer.headers["Location"]
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (303, b"", "no-store")
    assert to.startswith("/?d=") and "post" not in to and _sig(site) not in to and "Referrer-Policy" in answer.headers
    first = client.get(to)
    assert first.status_code == 200 and not first.cookies and "item" in fields(first)
    assert "Wpis, z którego przychodzisz" in client.post("/", fields(first)).content.decode()
    later = utc_now() + linked.FRESH + timedelta(seconds=1)
    monkeypatch.setattr(linked, "utc_now", lambda: later)
    assert "item" not in fields(client.get(to))  # what is kept in a list of pages opens the plain form
    _file(first, client)  # what is in an open page is not lost
    assert site.notices()[0].places[0]["item_id"] == "post-1"


@pytest.mark.parametrize(
    "change",
    [
        {"sig": ""}, {"sig": "0" * 64}, {"sig": "ż" * 64}, {"sig": "x" * 100_000}, {"item": "post-2"}, {"item": "post-1 "},
        {"item": ""}, {"item": "\x00"}, {"item": "ą" * 201}, {"item": "\ud800"},
    ],
)  # fmt: skip
def test_what_is_not_signed_opens_the_plain_form_quietly(site: Site, change: dict[str, str]) -> None:
    sent = {"item": "post-1", "sig": _sig(site), **change}
    query = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in sent.items())
    answer = Typist().get(f"/r?{query}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = Typist().post("/r", query.encode())
    assert page.status_code == 200 and "item" not in fields(page) and "alert" not in page.content.decode()
    assert Typist().get("/r").headers["Location"] == "/" and Typist().get("/", {"d": sent["sig"]}).status_code == 200


def test_another_platform_and_another_desk_sign_nothing_of_this_one(site: Site) -> None:
    now = site.story.now
    other, secret = add_platform(
        name="Other", hosts=["other.example"], private_hosts=[], webhook="https://other.example/w", keys=KEYS, now=now
    )
    theirs = link_signature(secret=secret, item_id="post-1")
    assert signed_by(item_id="post-1", signature=theirs, keys=KEYS) == other.id  # of an item of its own, not of ours
    assert signed_by(item_id="post-1", signature=_sig(site), keys=KEYS) == site.story.platform
    assert signed_by(item_id="post-1", signature=_sig(site), keys=Keys(master=b"another desk's key of 32 bytes..")) is None
    first = Typist().post("/r", {"item": "post-1", "sig": theirs})
    _file(first, Typist())
    (item,) = items_of(case=site.cases()[0])
    assert (item.platform_id, item.registered) == (other.id, False)


def test_a_sealed_thing_of_another_kind_is_no_post(site: Site) -> None:
    for clear in (b'["other"]', b'{"code": "1"}', b"", b"\xff"):
        sealed = KEYS.seal(clear=clear).decode()
        assert linked.item_in(given=sealed) is None and linked.in_address(given=sealed) == ""
    assert linked.item_in(given="ż" * 9) is None and linked.item_in(given="a" * 10_000) is None


def test_what_is_added_later_means_the_same_post(site: Site) -> None:
    add_platform(
        name="Other", hosts=["other.example"], private_hosts=[], webhook="https://o.example/w", keys=KEYS, now=site.story.now
    )
    client = Typist()
    _, _, receipt = _file(client.post("/r", {"item": "post-1", "sig": _sig(site), "lang": "en"}), client, more="Me.")
    page = client.post("/status/add", {"code": code_on(receipt), "lang": "en", "back": "1", "where": ""})
    assert page.status_code == 200 and len(site.notices()) == 2
    assert site.notices()[1].places == [{"item_id": "post-1", "url": ""}]


def test_links_may_be_added_and_the_language_can_be_changed_on_the_way(site: Site) -> None:
    client = Typist()
    first = client.post("/r", {"item": "post-1", "sig": _sig(site), "lang": "en"})
    second = client.post("/", {**fields(first), "switch": "pl"})
    _file(second, client, where=f"{LINK} https://kladka.example/posts/post-3")
    places = site.notices()[0].places
    assert [p["item_id"] or p["url"] for p in places] == ["post-1", LINK, "https://kladka.example/posts/post-3"]


def test_without_the_form_it_is_the_door(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Off:
        report_form = False

    monkeypatch.setattr(form, "settings", Off)
    for page in (Typist().get("/r", {"item": "post-1", "sig": _sig(site), "lang": "en"}), Typist().post("/r", {"lang": "en"})):
        assert "You are in the right place" in page.content.decode()
    assert Typist().put("/r").status_code == 405


def test_the_button_is_plain_html_in_which_an_id_cannot_break_out() -> None:
    html = button_html(desk_url="https://desk.example", item_id='"><script>', signature="ab")
    assert "<script>" not in html and re.fullmatch(
        r'<form method="post" action="https://desk.example/r" rel="noreferrer">.*</form>', html
    )


def test_the_command_prints_a_link_and_a_button_that_verify(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from odzew.entrypoints.cli import enrol
    from odzew.entrypoints.cli.main import app

    class Opened:
        desk = site.story.desk

        def __init__(self, **_: object) -> None: ...
        def __enter__(self) -> Opened:
            return self

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(enrol, "opened", Opened)
    name = platforms(keys=KEYS)[site.story.platform].name
    got = CliRunner().invoke(app, ["platform", "link", name, "post-1", "--json"])
    said = json.loads(got.stdout)
    assert said["signature"] == _sig(site) and f"/r?item=post-1&sig={_sig(site)}" in said["link"] and _sig(site) in said["button"]
    assert CliRunner().invoke(app, ["platform", "link", str(uuid.uuid4()), "post-1"]).exit_code != 0
