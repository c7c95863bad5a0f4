"""The queue with 100,000 open cases: few queries, and no table read from end to end, by the database's own plans."""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client

from odzew.decisions.leases import leases_on
from odzew.entrypoints.bench.many import fill
from odzew.foundation.writes import fetch_all
from odzew.usecases.take_next import take_next
from tests.cast import Story
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.test_console import desk_story

__all__ = ["desk_story"]

MANY: Final = 100_000
SIGNED: Final = 500
SHORT: Final = "0000000000b1"
BIG: Final = (
    "ledger_personal_text",
    "notices_notice",
    "notices_handling",
    "cases_case",
    "cases_clock",
    "cases_reporter",
    "cases_copyset",
    "cases_item",
    "cases_spread",
    "decisions_decision",
    "decisions_lease",
)
PAGES: Final = (
    "",
    "?kind=child",
    "?kind=other",
    "?hidden=no",
    "?danger=yes",
    "?due=1",
    "?due=24",
    "?stage=appeal",
    "?stage=passed_on",
    "?stage=mine",
    "?kind=child&hidden=yes&due=24&danger=yes",
)


def _fill(story: Story) -> None:
    """One true case, many times over; the first 500 have been signed by the first reviewer."""
    story.post(views=3)
    case = story.report(text="Żółta łódź.").case
    story.decide(case, 0, "no_violation", ground="not_in_scope")
    take_next(caller=story.reviewer(1), desk=story.desk, now=story.now)
    fill(cases=MANY, signed=SIGNED, before=story.reviewer(2).id)


@contextmanager
def _asked() -> Iterator[list[tuple[str, Any]]]:
    """What the database is asked meanwhile."""
    found: list[tuple[str, Any]] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def _whole_reads(asked: list[tuple[str, Any]]) -> list[str]:
    """The big tables that would be read from end to end, with the question that does it."""
    found = []
    for sql, params in asked:
        if sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE")):
            plan = "\n".join(row[0] for row in fetch_all(f"EXPLAIN {sql}", list(params or [])))
            found += [f"{table}: {sql}" for table in BIG if re.search(rf"Seq Scan on {table}\b", plan)]
    return found


@pytest.mark.timeout(300)
def test_the_queue_stays_quick_when_it_is_very_long(desk_story: Story) -> None:
    _fill(desk_story)
    client: Client = signed_in(desk_story, desk_story.reviewer(0))
    for query in PAGES:
        with _asked() as asked:
            page = client.get(f"/console/{query}")
        assert page.status_code == 200 and len(gzip.compress(page.content)) <= 50_000
        assert len(asked) <= 25, (query, len(asked))
        assert _whole_reads(asked) == [], query
    lead = signed_in(desk_story, desk_story.hire(f"lead {uuid.uuid4()}", "lead"))
    for what in ("zolta lodz", "lantern177", "item-177", SHORT, "https://kladka.example/posts/post-1", "uploader"):
        token = token_of(lead)
        with _asked() as asked:
            assert lead.post("/console/search", {"what": what, "token": token}).content.count(b'<li class="row found">') >= 1, what
        assert len(asked) <= 25, (what, len(asked))
        # The short form of a number has no index, so that no notice pays for it: the ids are read through, once, by that question alone.
        through = ["right(c.id::text, 12)"] if what == SHORT else []
        reads = _whole_reads(asked)
        assert len(reads) == len(through) and all(part in read for part, read in zip(through, reads, strict=True)), what
    with _asked() as asked:
        lease = take_next(caller=desk_story.reviewer(0), desk=desk_story.desk, now=desk_story.now)
    assert lease is not None and lease.case.int == SIGNED + 1, "past what they have signed"
    assert leases_on(cases=[lease.case], now=desk_story.now)
    assert _whole_reads(asked) == []
    assert len(asked) <= 40
