"""Saved views: each person's own, a lead's for the desk; a link says nothing to whom it is not for."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from odzew.foundation.errors import Conflict, Forbidden, Invalid, NotFound, OdzewError
from odzew.ledger.api import event_count
from odzew.ledger.people import Caller, leave_desk
from odzew.ledger.saved_views import LONGEST, MOST, MOST_SHARED, views_for
from odzew.usecases.change_views import forget_view, rename_view, save_view
from tests.cast import Story
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story
from tests.pages.test_queue import _shown, _three

__all__ = ["desk_story"]


def _save(story: Story, who: Caller, name: str = "Dzieci", query: str = "kind=child", *, shared: bool = False) -> uuid.UUID:
    return save_view(name=name, query=query, shared=shared, caller=who, now=story.now)


def _lead(story: Story) -> Caller:
    return story.hire(f"lead {uuid.uuid4()}", "lead")


def _refused(what: Callable[[], object], kind: type[OdzewError], why: str) -> None:
    with pytest.raises(kind) as found:
        what()
    assert found.value.detail["why"] == why


def test_what_is_chosen_is_saved_and_opened_by_its_link(desk_story: Story) -> None:
    child, _, _ = _three(desk_story)
    client = signed_in(desk_story, desk_story.reviewer(0))
    before = event_count()
    form = {
        "token": token_of(client),
        "name": "Pilne: żółte łodzie",
        "query": "kind=child&hidden=yes&what=secret&view=x",
        "shared": "",
    }
    link = client.post("/console/views", form).headers["Location"]
    assert re.fullmatch(r"/console/\?view=[0-9a-f-]{36}", link)
    assert _shown(client, link.removeprefix("/console/")) == [str(child)]
    (kept,) = views_for(person=desk_story.reviewer(0).id)
    assert (kept.query, kept.shared, kept.mine) == ("kind=child&hidden=yes", False, True), "nothing but the words of the desk"
    page = client.get("/console/?kind=child&hidden=yes").content.decode()
    assert f'<a href="{link}" aria-current="page">Pilne: żółte łodzie</a>' in page and "Change this view" in page
    assert "Pilne" in client.get("/console/").content.decode() and "Save this view" not in client.get("/console/").content.decode()
    assert client.post(f"/console/views/{kept.id}", {**form, "name": "Łodzie"}).headers["Location"] == link
    assert [v.name for v in views_for(person=desk_story.reviewer(0).id)] == ["Łodzie"]
    assert client.post(f"/console/views/{kept.id}/drop", form).headers["Location"] == "/console/"
    assert views_for(person=desk_story.reviewer(0).id) == []
    assert event_count() == before, "a preference is no act of the record"


def test_a_view_of_another_is_as_one_that_is_not_there(desk_story: Story) -> None:
    _three(desk_story)
    mine = _save(desk_story, desk_story.reviewer(0), "Sekret")
    others = [desk_story.reviewer(1), _lead(desk_story), desk_story.hire(f"a {uuid.uuid4()}", "auditor")]
    for other in [signed_in(desk_story, who) for who in others]:
        token = token_of(other)
        there, nowhere = (other.get(f"/console/?view={view}") for view in (mine, uuid.uuid4()))
        assert there.status_code == nowhere.status_code == 404 and there.content == nowhere.content
        assert b"Sekret" not in other.get("/console/").content
        for what in ("", "/drop"):
            form = {"token": token, "name": "x"}
            answers = [other.post(f"/console/views/{view}{what}", form) for view in (mine, uuid.uuid4())]
            assert [a.status_code for a in answers] == [404, 404]
    assert [v.name for v in views_for(person=desk_story.reviewer(0).id)] == ["Sekret"]
    for nonsense in ("", "x", "\x00", "1" * 500):
        assert other.get("/console/", {"view": nonsense}).status_code == 404
    assert signed_in(desk_story, desk_story.hire(f"o {uuid.uuid4()}", "outside")).get(f"/console/?view={mine}").status_code == 303
    assert Client().get(f"/console/?view={mine}").status_code == 401


def test_a_lead_shares_with_the_desk_and_keeps_order_there(desk_story: Story) -> None:
    one, two = _lead(desk_story), _lead(desk_story)
    _refused(lambda: _save(desk_story, desk_story.reviewer(0), shared=True), Forbidden, "view_share")
    shared = _save(desk_story, one, "Wspólny", "hidden=no", shared=True)
    reader = signed_in(desk_story, desk_story.reviewer(0))
    page = reader.get(f"/console/?view={shared}").content.decode()
    assert "Wspólny" in page and "Change this view" not in page
    _refused(lambda: rename_view(view=shared, name="x", shared=False, caller=desk_story.reviewer(0)), NotFound, "view_none")
    rename_view(view=shared, name="Nasz", shared=True, caller=two)
    leave_desk(person=one.id, now=desk_story.now)
    assert [v.name for v in views_for(person=desk_story.reviewer(0).id)] == ["Nasz"], "the desk keeps what was shared with it"
    forget_view(view=shared, caller=two)
    assert views_for(person=desk_story.reviewer(0).id) == []


def test_who_leaves_takes_their_own_views_along(desk_story: Story) -> None:
    _save(desk_story, desk_story.reviewer(0))
    leave_desk(person=desk_story.reviewer(0).id, now=desk_story.now)
    assert views_for(person=desk_story.reviewer(0).id) == []


def test_names_and_numbers_have_limits(desk_story: Story) -> None:
    who = desk_story.reviewer(0)
    for name in ("", "   ", "\u202e\u200b", "x" * (LONGEST + 1), "\n"):
        _refused(lambda name=name: _save(desk_story, who, name), Invalid, "view_name")  # type: ignore[misc]
    _refused(lambda: _save(desk_story, who, query=""), Invalid, "view_empty")
    _save(desk_story, who, " Z\u0307o\u0301łte\u202e\tłodzie ")
    assert [v.name for v in views_for(person=who.id)] == ["Żółte łodzie"]
    _refused(lambda: _save(desk_story, who, "Żółte łodzie"), Conflict, "view_twice")
    for n in range(MOST - 1):
        _save(desk_story, who, f"{n}")
    _refused(lambda: _save(desk_story, who, "more"), Conflict, "view_many")
    first, second = _lead(desk_story), _lead(desk_story)
    for n in range(MOST_SHARED):
        _save(desk_story, first, f"s {n}", shared=True)
    _refused(lambda: _save(desk_story, second, shared=True), Conflict, "view_many_shared")
    own = _save(desk_story, second)
    _refused(lambda: rename_view(view=own, name="x", shared=True, caller=second), Conflict, "view_many_shared")


def test_a_refusal_is_said_on_the_page_in_the_readers_language(desk_story: Story) -> None:
    client = signed_in(desk_story, desk_story.reviewer(0))
    form = {"token": token_of(client), "name": '<b>"', "query": "kind=child", "shared": "yes"}
    answer = client.post("/console/views", form, headers={"Accept-Language": "pl"})
    assert answer.status_code == 403 and "Widok udostępnia zespołowi" in answer.content.decode() and b"<b>" not in answer.content
    assert b'value="&lt;b&gt;&quot;"' in answer.content, "what was typed is kept"
    assert client.post("/console/views", {**form, "shared": "", "query": "what=secret"}).status_code == 422


def test_two_at_once_do_not_pass_the_limit(desk_story: Story) -> None:
    who, start = desk_story.reviewer(0), threading.Barrier(4)
    for n in range(MOST - 1):
        _save(desk_story, who, f"{n}")
    came: list[str] = []

    def save(name: str) -> None:
        try:
            start.wait(timeout=30)
            _save(desk_story, who, name)
            came.append("saved")
        except Conflict as error:
            came.append(str(error.detail["why"]))
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(f"at once {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(came) == ["saved", "view_many", "view_many", "view_many"]
