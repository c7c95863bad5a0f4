"""Looking, as a person meets it: no address of a picture anywhere, a mark on it, one page about it, and nothing when it is off."""

from __future__ import annotations

import base64
import io
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, Page

from odzew.entrypoints.api import case_views
from odzew.entrypoints.console import figures_data, look_views, views
from odzew.entrypoints.console.kept_files import kept
from odzew.entrypoints.console.picture import render
from odzew.entrypoints.console.visit import COOKIE, PATH
from odzew.entrypoints.reporter.guesses import Guesses
from odzew.exposures.api import exposures_of
from odzew.foundation.moments import utc_now
from odzew.ledger.people import new_sign_in
from odzew.matching.decoder.pool import Decoder
from odzew.matching.decoder.preview import Small
from odzew.usecases.allow_looking import end_looking
from odzew.usecases.give_back import give_back
from tests.cast import START, Story
from tests.pages.conftest import Served
from tests.pages.looks import faults, reader
from tests.pages.test_console import _code, _page, _signed_in, _token
from tests.usecases.looking import Looking, drawn


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    """One decoder for all of these."""
    with Decoder(children=1) as found:
        yield found


@pytest.fixture
def looking(transactional_db: None, decoder: Decoder, monkeypatch: pytest.MonkeyPatch) -> Looking:
    """A desk that the console acts for, now, and that may look."""
    story = Story(start=utc_now())
    found = Looking(story, decoder)
    found.on()
    monkeypatch.setattr(views, "desk", lambda: story.desk)
    monkeypatch.setattr(case_views, "the_desk", lambda: story.desk)
    monkeypatch.setattr(views, "utc_now", lambda: story.now)
    monkeypatch.setattr(views, "_guesses", Guesses())
    monkeypatch.setattr(look_views, "_http", found.files)
    monkeypatch.setattr(look_views, "the_decoder", lambda: decoder)
    return found


def _ask(client: Client, case: uuid.UUID, **more: str) -> tuple[int, str]:
    media = re.findall(r'name="media" value="([\w-]+)"', _page(client, case))
    words = {"media": media[0] if media else "", "clear": "veiled", "token": _token(client), **more}
    answer = client.post(f"/console/cases/{case}/look", words)
    return answer.status_code, answer.content.decode()


def _token_of(client: Client, case: uuid.UUID) -> str:
    return str(re.findall(r'name="token" value="(\w+)"', _page(client, case))[0])


def _picture(page: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(re.findall(r"base64,([^\"]+)", page)[0])))


def test_with_looking_off_the_page_says_so_and_nothing_shows_anything(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case, client = looking.reported("bridge"), _signed_in(looking.story, looking.story.reviewer(0))
    looking.take(who)
    end_looking(country="PL", actor="operator", now=story.now)
    assert "Looking is off." in _page(client, case) and 'name="media"' not in _page(client, case)
    status, page = _ask(client, case)
    assert status == 403 and "Looking is off on this desk" in page and "base64" not in page and looking.files.asked == []
    assert client.get("/console/me").status_code == client.get("/console/me/letter").status_code == 200


def test_a_picture_is_shown_marked_and_has_no_address(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case, client = looking.reported("bridge"), _signed_in(looking.story, who)
    assert "Take this case to look." in _page(client, case)
    looking.take(who)
    before = _page(client, case)
    assert "media/bridge" not in before and "<img" not in before and "0 of 10 views" in before
    media = re.findall(r'name="media" value="([\w-]+)"', before)[0]
    answer = client.post(f"/console/cases/{case}/look", {"media": media, "clear": "veiled", "token": _token(client)})
    page = answer.content.decode()
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    assert "img-src data:;" in answer.headers["Content-Security-Policy"] and answer.headers["Refresh"].startswith("30;")
    sources = re.findall(r'src="([^"]{,16})', page)
    assert sources == [
        "data:image/jpeg;",
        f"/console/look-{kept('look.js')[1][:2]}",
    ]
    assert "kladka.example" not in page
    veiled = _picture(page)
    assert veiled.mode == "L" and max(veiled.size) <= 320
    seen = exposures_of(person=who.id)[0]
    assert client.get(f"/console/looks/{seen.id}/hide").status_code == 405, "the only address that names it shows nothing"
    clearer = client.post(
        f"/console/cases/{case}/look",
        {"media": media, "clear": "clearer", "before": str(seen.id), "token": _token(client)},
    ).content.decode()
    assert _picture(clearer).tobytes() != veiled.tobytes() and "Show it clearer" not in clearer
    other = _signed_in(story, story.reviewer(1))
    assert other.post(f"/console/looks/{seen.id}/hide", {"token": _token(other)}).status_code == 404
    assert client.post(f"/console/looks/{seen.id}/hide", {"token": _token(client), "ms": "٣"}).status_code == 303
    assert client.post(f"/console/looks/{seen.id}/hide", {"token": "x"}).status_code == 403
    assert [e.clear for e in exposures_of(person=who.id)] == ["clearer", "veiled"]
    letter = client.get("/console/me/letter", headers={"Accept-Language": "pl"}).content.decode()
    assert "Spojrzenia: 2" in letter and str(case)[-12:] in letter


def test_who_looked_is_not_told_to_the_second_who_must_not_know(looking: Looking) -> None:
    story, one = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge", kind="csam", minor=True)
    second, auditor = _signed_in(story, story.reviewer(1)), _signed_in(story, story.hire("Edek", "auditor"))
    before = _page(second, case)
    looking.take(one)
    assert looking.look(one, case).pictures
    give_back(case=case, caller=one, now=story.now)
    assert _page(second, case) == before
    assert "A file was shown" in _page(auditor, case) and 'name="media"' not in _page(auditor, case)


def test_a_severe_kind_asks_for_a_fresh_factor(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case, client = looking.reported("bridge", kind="csam", minor=True), _signed_in(looking.story, who)
    looking.take(who)
    story.now += timedelta(minutes=6)
    media = re.findall(r'name="media" value="([\w-]+)"', _page(client, case))[0]
    words = {"media": media, "clear": "veiled", "token": _token_of(client, case)}
    asked = client.post(f"/console/cases/{case}/look", words)
    assert (asked.status_code, asked.headers["Location"]) == (303, f"/console/step-up?back=/console/cases/{case}")
    assert looking.files.asked == []
    step = {"token": words["token"], "code": _code(who.id, story), "back": f"/console/cases/{case}"}
    assert client.post("/console/step-up", step).headers["Location"] == f"/console/cases/{case}"
    assert client.post(f"/console/cases/{case}/look", words).status_code == 200


def test_one_cluster_one_form_and_the_copies_are_decided_unseen(looking: Looking) -> None:
    who = looking.story.reviewer(0)
    case, client = looking.reported("bridge"), _signed_in(looking.story, who)
    for n in range(3):
        looking.post(f"repost-{n}", repost_of="bridge", data=drawn(0))
    looking.take(who)
    page = _page(client, case)
    assert "Decided unseen" in page and "nobody needs to look at: 3" in page
    assert page.partition("Look at a copy all the same")[0].count('name="media"') == 1
    looking.files.status = 451
    status, page = _ask(client, case)
    assert status == 409 and "hidden from everybody" in page


def test_the_page_of_figures_counts_what_was_decided_unseen_and_tells_nobody_apart(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    case = looking.reported("bridge")
    for n in range(4):
        looking.post(f"copy {n}", repost_of="bridge", data=drawn(n))
    looking.take(who)
    looking.look(who, case)
    story.decide(case, who, "remove", ground="intimate_images")
    figures_data.forget()
    lead = _signed_in(story, story.hire(f"lead {uuid.uuid4()}", "lead"))
    files = {name: lead.get(f"/console/figures/{name}.csv").content.decode().split() for name in ("avoided", "looked", "clusters")}
    assert files["avoided"] == ["how,items", "known,0", "copy,4", "again,0", "words,0", "seen,1"]
    assert files["looked"] == ["day,veiled,clearer", f"{story.now:%Y-%m-%d},1,0"]
    assert files["clusters"] == ["clusters,median_views,worst_views", "1,,1"], "of one cluster no median is told"
    page = lead.get("/console/figures").content.decode()
    assert page.index("Decided without a look") < page.index("Looked at") < page.index("Views of one cluster")
    assert who.name not in page and str(case)[-12:] not in page
    figures_data.forget()


def test_ones_own_page_keeps_lower_limits_and_refuses_nonsense(looking: Looking) -> None:
    story, who = looking.story, looking.story.reviewer(0)
    client = _signed_in(story, who)
    token = _token(client)
    words = {"token": token, "views": "3", "minutes": "", "not_today": ["csam", "ncii"]}
    page = client.post("/console/me", words).content.decode()
    assert "Kept." in page and "0 of 3 views" in page and page.count(" checked") == 2 and "800 000 000" in page
    for bad in ({"views": "61"}, {"views": "-1"}, {"views": "x"}, {"views": "٣"}, {"not_today": "bridges"}):
        assert client.post("/console/me", {"token": token, **bad}).status_code == 422
    assert "It is noted." in client.post("/console/me/accident", {"token": token}).content.decode()
    auditor = _signed_in(story, story.hire("Edek", "auditor"))
    assert "Your own limits" not in auditor.get("/console/me").content.decode()


@pytest.mark.parametrize("count", [1, 6])
def test_the_mark_is_on_every_part_and_survives_jpeg_60_and_a_cut(count: int) -> None:
    grey = [Small(width=160, height=120, at=0.0, pixels=bytes([n * 30 + 60]) * (160 * 120)) for n in range(count)]

    def made(name: str) -> Image.Image:
        data, wide, high = render(pictures=grey, clear="clearer", name=name, at=START)
        out = io.BytesIO()
        Image.open(io.BytesIO(data)).save(out, "JPEG", quality=60)
        again = Image.open(out)
        assert again.size == (wide, high)
        return again

    mine, same, other = (np.asarray(made(n), float) for n in ("reviewer-a1b2c3", "reviewer-a1b2c3", "reviewer-9f8e7d"))
    high, wide = mine.shape
    for y, x in ((0, 0), (0, wide // 2), (high // 2, 0), (high // 2, wide // 2)):
        cut = (slice(y, y + high // 2), slice(x, x + wide // 2))
        assert mine[cut].std() > 3, "no quarter is without"
        assert np.abs(mine[cut] - same[cut]).mean() < np.abs(mine[cut] - other[cut]).mean()


def test_a_veiled_picture_has_lost_what_is_fine() -> None:
    checks = (np.indices((160, 160)).sum(axis=0) // 2 % 2 * 255).astype(np.uint8)
    small = Small(width=160, height=160, at=0.0, pixels=checks.tobytes())

    def fine(clear: str) -> float:
        data, _, _ = render(pictures=[small], clear=clear, name="", at=START)
        return float(np.asarray(Image.open(io.BytesIO(data)), float).std())

    assert fine("veiled") < 25 < 80 < fine("clearer") and fine("nonsense") == fine("veiled")


def _cookie(page: Page, served: Served, client: Client) -> None:
    value = client.cookies[COOKIE].value
    page.context.add_cookies([{"name": COOKIE, "value": value, "url": served.url + PATH}])


@pytest.mark.browser
def test_hold_to_see_and_release_to_hide(
    looking: Looking, served: Served, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = looking.story.reviewer(0)
    case, client = looking.reported("bridge"), Client(headers={"user-agent": "a browser"})
    secret, code = new_sign_in(person=who.id, now=looking.story.now, lives=timedelta(days=1)), _code(who.id, looking.story)
    assert client.post("/console/sign-in", {"secret": secret, "code": code}).status_code == 303
    looking.take(who)
    monkeypatch.setattr(views, "utc_now", utc_now)
    asked: list[str] = []
    for script in (True, False):
        with reader(browser, language="en", script=script, looked_at=script, user_agent="a browser") as page:
            _cookie(page, served, client)
            page.on("request", lambda r: asked.append(r.url))
            page.goto(f"{served.url}/console/cases/{case}")
            if not script:
                page.fill("input[name=reason]", "Once more, without a script.")
            with page.expect_navigation():
                page.click("text=Show it small, grey and blurred")
            picture = page.locator("#picture")
            if script:
                assert picture.is_hidden()
                page.keyboard.down(" ")
                assert picture.is_visible()
                page.wait_for_timeout(120)
                page.keyboard.up(" ")
                assert picture.is_hidden()
                assert faults(page, least=24, name="look") == []
            else:
                assert picture.is_visible()
            with page.expect_navigation():
                page.click("#hide button")
            assert page.url.endswith(str(case))
            if script:
                assert faults(page, least=24, name="look-case") == []
                for name in ("me", "me/letter"):
                    page.goto(f"{served.url}/console/{name}")
                    assert faults(page, least=24, name=name.replace("/", "-")) == []
    assert not [url for url in asked if not url.startswith((served.url, "data:"))]
    held = [e.held_ms for e in exposures_of(person=who.id)]
    assert held[0] is None and held[1] is not None and 100 <= held[1] < 5000
