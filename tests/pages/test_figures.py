"""The desk as a whole: every figure is one that a person could count, too few are said to be too few, and nothing in a file runs."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from odzew.alarms.api import ring
from odzew.entrypoints.console import figures_data
from odzew.entrypoints.console.figures_page import NAMES
from odzew.entrypoints.console.tables import Table, as_file, safe
from odzew.entrypoints.drawing import element, steps, text
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.factors import WRONG_MOST, try_code
from odzew.ledger.people import Caller
from odzew.notices.figures import Accuracy
from odzew.policy.vocabulary import ROLES
from odzew.usecases.appeal import appeal
from odzew.usecases.file_report import form_caller
from tests.cast import KEYS, Story
from tests.pages.test_console import EVIL, desk_story
from tests.pages.test_console import _signed_in as signed_in

__all__ = ["desk_story"]


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    figures_data.forget()


def _reader(story: Story, role: str = "lead") -> Client:
    return signed_in(story, story.hire(f"{role} {uuid.uuid4()}", role))


def _rows(client: Client, name: str, days: int = 30) -> list[dict[str, str]]:
    figures_data.forget()
    answer = client.get(f"/console/figures/{name}.csv?days={days}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


def _row(client: Client, name: str, days: int = 30, **where: str) -> dict[str, str]:
    (found,) = [row for row in _rows(client, name, days) if where.items() <= row.items()]
    return found


def _reported(story: Story, item: str, by: Caller | None = None, source: str = "user") -> None:
    story.post(item, account=f"account {item}")
    case = story.report(item, by=by, source=source, external_id=f"of {item}", kind="csam").case
    story.work()
    story.now += timedelta(minutes=10)
    story.decide(case, 0, "remove")
    story.work()


def test_the_record_of_a_source_is_what_became_of_its_reports(desk_story: Story) -> None:
    lead = _reader(desk_story)
    for n, outcome in enumerate(("remove", "remove", "keep_withheld", "no_violation", "", "")):
        desk_story.post(f"p{n}", account=f"account {n}")
        case = desk_story.report(
            f"p{n}", by=desk_story.hotline, source="hotline", kind="ncii", minor=False, external_id=f"of {n}"
        ).case
        desk_story.work()
        if outcome:
            desk_story.decide(case, 0, outcome, ground="not_in_scope" if outcome == "no_violation" else "intimate_images")
    desk_story.report("p0", text="A user says so too.")
    row = _row(lead, "sources", source="hotline")
    assert (row["notices"], row["waiting"], row["confirmed"], row["cleared"], row["not_found"]) == ("6", "2", "3", "1", "0")
    assert (
        row["name"] == "Dyżurnet" and row["share_confirmed"] == "" and {r["source"] for r in _rows(lead, "sources")} == {"hotline"}
    )
    page = lead.get("/console/figures").content.decode()
    assert "Dyżurnet (hotline)" in page or "Dyżurnet" in page
    desk_story.now += timedelta(days=31)
    assert _rows(_reader(desk_story), "sources") == []


@given(confirmed=st.integers(0, 60), cleared=st.integers(0, 60), waiting=st.integers(0, 9))
def test_a_share_is_told_only_of_enough(confirmed: int, cleared: int, waiting: int) -> None:
    record = Accuracy(
        program="A", source="hotline", notices=confirmed + cleared + waiting, waiting=waiting, confirmed=confirmed, cleared=cleared,
        not_found=0,
    )  # fmt: skip
    assert (record.share is None) == (confirmed + cleared < 20)
    assert record.share is None or record.share == confirmed / (confirmed + cleared)


def test_each_road_has_the_times_that_were_lived_through(desk_story: Story) -> None:
    """Five cases of a hotline, hidden at once and decided ten minutes later; four of a platform, of which too little can be said."""
    for n in range(5):
        _reported(desk_story, f"hotline-{n}", desk_story.hotline, "hotline")
    for n in range(4):
        _reported(desk_story, f"user-{n}")
    desk_story.post("waits")
    desk_story.report("waits", by=form_caller(now=desk_story.now))
    desk_story.now += timedelta(minutes=30)
    lead = _reader(desk_story)
    decided = _row(lead, "times", road="hotline", step="decided")
    assert (decided["cases"], decided["reached"], decided["median_seconds"], decided["p90_seconds"], decided["worst_seconds"]) == (
        "5", "5", "600", "600", "600",
    )  # fmt: skip
    assert _row(lead, "times", road="hotline", step="withheld")["median_seconds"] == "0"
    assert _row(lead, "times", road="hotline", step="gone")["reached"] == "5"
    few = _row(lead, "times", road="platform", step="decided")
    assert (few["reached"], few["median_seconds"], few["p90_seconds"], few["worst_seconds"]) == ("4", "", "", "600")
    form = _row(lead, "times", road="form", step="decided")
    assert (form["cases"], form["reached"], form["still_open"], form["longest_open_seconds"]) == ("1", "0", "1", "1800")
    every = _row(lead, "times", road="every_road", step="decided")
    assert (every["cases"], every["reached"], every["still_open"]) == ("10", "9", "1")
    page = lead.get("/console/figures").content.decode()
    assert "too few to say" in page and "9 of 10" in page
    assert _row(lead, "open", kind="every_case")["cases"] == "1"
    desk_story.now += timedelta(days=8)
    lead = _reader(desk_story)  # a visit has ended by then
    assert [r["cases"] for r in _rows(lead, "times", days=7)] == ["0"] * 4
    assert _row(lead, "times", road="every_road", step="decided")["cases"] == "10"


def test_what_waits_stands_under_the_time_it_has_left(desk_story: Story) -> None:
    lead = _reader(desk_story)
    desk_story.post("one")
    desk_story.report("one", kind="csam")
    first = _row(lead, "open", kind="csam")
    assert (first["left_h1"], first["cases"]) == ("1", "1")
    desk_story.now += timedelta(days=3)  # nobody works: the clock is late, and says so
    lead = _reader(desk_story)
    assert _row(lead, "open", kind="csam")["left_late"] == "1"
    desk_story.report("one", kind="ncii", external_id="again")
    assert {r["kind"]: r["cases"] for r in _rows(lead, "open")} == {"every_case": "1", "csam": "1", "ncii": "1"}


def test_views_copies_holds_appeals_and_alarms(desk_story: Story) -> None:
    lead = _reader(desk_story)
    desk_story.post("bridge", views=40, sha=b"1" * 32)
    desk_story.post("copy", account="other", sha=b"1" * 32)
    desk_story.post("again", account="third", repost_of="bridge", sha=b"2" * 32)
    case = desk_story.report("bridge", claimant="depicted").case
    desk_story.work()
    desk_story.now += timedelta(minutes=5)
    desk_story.post("bridge", views=100, sha=b"1" * 32)
    views = _row(lead, "views")
    assert (views["cases"], views["counted"], views["worst_views"], views["all_views"], views["median_views"]) == (
        "1", "1", "60", "60", "",
    )  # fmt: skip
    assert {r["how"]: r["items"] for r in _rows(lead, "copies")} == {"named": "1", "bytes": "1", "repost": "1", "looks": "0"}
    assert _row(lead, "holds", what="hidden")["items"] == "3"
    appeal(case=case, by="uploader", text="It is a bridge.", desk=desk_story.desk, now=desk_story.now, caller=desk_story.program,
           account_id="uploader")  # fmt: skip
    assert _row(lead, "appeals", by="uploader")["open"] == "1"
    for who in (0, 1):
        desk_story.decide(case, who, "no_violation", ground="not_in_scope")
    desk_story.work()
    assert {r["what"]: r["items"] for r in _rows(lead, "holds")} == {
        "hidden": "3", "removed": "0", "reversed": "3", "wave": "0", "unverified": "3",
    }  # fmt: skip
    assert (_row(lead, "appeals", by="uploader")["open"], _row(lead, "appeals", by="uploader")["upheld"]) == ("0", "1")
    assert {r["how"]: r["items"] for r in _rows(lead, "avoided")} == {
        "known": "0", "copy": "2", "again": "0", "words": "1", "seen": "0",
    }  # fmt: skip
    writes = Writes()
    ring(writes, code="not_gone", now=desk_story.now)
    ring(writes, code="not_gone", now=desk_story.now)
    atomically(writes.send)
    assert _row(lead, "alarms", code="not_gone") == {"code": "not_gone", "times": "2", "unconfirmed": "2"}


def test_nobody_typed_and_nobody_is_named_on_these_pages(desk_story: Story) -> None:
    lead, operator = _reader(desk_story), _reader(desk_story, "operator")
    for n, words in enumerate((EVIL, "=cmd|' /C calc'!A0", "łódź")):
        desk_story.post(f"post-{n}", account=words)
        case = desk_story.report(f"post-{n}", text=words, external_id=str(n)).case
        desk_story.decide(case, 0, "remove", reason=words)
    desk_story.platform_side.mode = "down"
    desk_story.work()
    asked = [
        lead.get("/console/figures"),
        operator.get("/console/operation"),
        *(lead.get(f"/console/figures/{n}.csv") for n in NAMES),
    ]
    for answer in asked:
        content = answer.content.decode()
        assert answer.status_code == 200 and "<script" not in content
        for private in (
            EVIL,
            "calc",
            "łódź",
            "kladka.example",
            desk_story.reviewer(0).actor,
            desk_story.reviewer(0).name,
            str(case),
        ):
            assert private not in content, private


def test_every_table_is_for_whoever_reads_the_page_and_no_other(desk_story: Story) -> None:
    for role in ROLES:
        client = _reader(desk_story, role)
        for name in NAMES:
            expected = 200 if role in ("lead", "safety_officer", "auditor") else 403
            assert client.get(f"/console/figures/{name}.csv").status_code == expected, role
            assert Client().get(f"/console/figures/{name}.csv").status_code == 401
    lead = _reader(desk_story)
    assert lead.get("/console/figures/passwords.csv").status_code == 404
    for days in ("0", "31", "-7", "x", "7\r\nX-Evil: 1", "\x00"):
        answer = lead.get("/console/figures/open.csv", {"days": days})
        assert answer.headers["Content-Disposition"] == 'attachment; filename="odzew-open-30-days.csv"'
        assert "X-Evil" not in answer.headers
    answer = lead.get("/console/figures/open.csv?days=7")
    assert answer.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Content-Type-Options"] == "nosniff"


@given(st.text(max_size=30))
def test_no_cell_of_a_file_runs(words: str) -> None:
    table = Table(name="x", columns=("a",), rows=[(words,)], heads=(), lines=[])
    (head, cell) = list(csv.reader(io.StringIO(as_file(table=table, days=7).content.decode(), newline="")))
    assert head == ["a"]
    got = cell[0] if cell else ""
    assert got.removeprefix("'") == words.replace("\x00", "").removeprefix("'")
    assert not got.lstrip().startswith(("=", "+", "-", "@"))
    assert safe(-5) == "-5" and safe(None) == "" and safe(2.0) == "2" and safe(2.5) == "2.5"


@given(st.floats(min_value=0.001, max_value=1e9))
def test_every_axis_begins_at_zero_and_reaches_the_longest_bar(most: float) -> None:
    marks = steps(most=most)
    assert marks[0] == 0 and marks[-1] >= most * 0.999999 and len(marks) <= 9
    assert marks == sorted(set(marks)) and all(abs((b - a) - marks[1]) < 1e-6 * marks[-1] for a, b in pairwise(marks))


def test_a_drawing_escapes_its_words() -> None:
    assert "<script" not in text(0, 0, EVIL) + element("svg", aria_label=EVIL + '"')


def test_it_asks_as_much_of_many_cases_as_of_one(desk_story: Story) -> None:
    lead = _reader(desk_story)
    asked = []
    for n in (1, 12):
        for k in range(n):
            desk_story.post(f"{n} {k}", account=f"{n} {k}")
            desk_story.report(f"{n} {k}", external_id=f"{n} {k}")
        figures_data.forget()
        with CaptureQueriesContext(connection) as seen:
            assert lead.get("/console/figures").status_code == 200
        asked.append(len(seen))
        with CaptureQueriesContext(connection) as kept:
            lead.get("/console/figures")
        assert len(kept) < len(seen) - 5
    assert asked[0] == asked[1] <= 25


def test_the_operators_page_says_what_the_checks_say(desk_story: Story) -> None:
    operator = _reader(desk_story, "operator")
    desk_story.post()
    desk_story.report(claimant="depicted")
    desk_story.platform_side.mode = "down"
    for _ in range(3):
        desk_story.work()
        desk_story.now += timedelta(minutes=2)
    page = operator.get("/console/operation").content.decode()
    metrics = Client().get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    assert re.search(r"Cases that nobody has decided</dt><dd>(\d+)", page)[1] == re.search(r"odzew_cases_waiting (\d+)", metrics)[1]  # type: ignore[index]
    assert "orders to platforms" in page and "Failed so far" in page
    assert "<code>alarm_test</code>" in page and "<code>witness</code>" in page and "unwitnessed" in page
    assert "not read yet" in page or "whole" in page


def test_who_waits_after_wrong_codes_is_counted_not_named(desk_story: Story) -> None:
    operator, who = _reader(desk_story, "operator"), desk_story.reviewer(0)
    said = r"People who wait after wrong codes</dt><dd[^>]*>(\d)"
    assert re.findall(said, operator.get("/console/operation").content.decode()) == ["0"]
    for _ in range(WRONG_MOST):
        atomically(lambda: try_code(person=who.id, code="000000", keys=KEYS, now=desk_story.now))
    page = operator.get("/console/operation").content.decode()
    assert re.findall(said, page) == ["1"] and who.actor not in page
