"""`odzew bench desk`: the pages of the desk with 100,000 open cases, from the web server as it ships, to one person at a time.

Each page: how long its answer takes, how many questions it asks the database, how many bytes it is.
"""

from __future__ import annotations

import gzip
import os
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from odzew.entrypoints.bench.data import Figure, lower_is_better, percentile
from odzew.entrypoints.bench.ground import Ground, acting, ground, process
from odzew.entrypoints.bench.load import Line, connect, free_port, wait_for
from odzew.foundation.moments import utc_now

if TYPE_CHECKING:
    from odzew.ledger.people import Caller
    from odzew.usecases.desk import Desk

CASES: Final = 100_000
COPIES: Final = 200
TIMES: Final = 200
MOST_MS: Final = 100.0
MOST_QUESTIONS: Final = 25
MOST_BYTES: Final = 50_000
_WARM: Final = 5
_SIGNED: Final = 500
_TEXT: Final = "Żółta łódź."
_TOKEN: Final = re.compile(rb'name="token" value="(\w+)"')
_TO: Final = re.compile(rb"\r\nlocation: *(\S+)", re.IGNORECASE)


def run(*, full: bool = False) -> list[Figure]:
    """Measure each page; `full`: ten times as many cases. Raises RuntimeError when a page is refused, or a search finds nothing."""
    with ground() as desk:
        secret, plain, wide = _prepare(desk, 10 * CASES if full else CASES)
        port = free_port()
        os.environ["ODZEW_PORT"] = str(port)
        with process("serve"):
            wait_for(port=port)
            visitor = _Visitor(connect(host="127.0.0.1", port=port), secret)
            figures = [figure for page in _pages(visitor, plain, wide) for figure in _of(page, visitor)]
            return [*figures, *_next(visitor)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A page under its name: where it is, what is sent to it, and what must be on it."""

    name: str
    path: str
    form: dict[str, str] | None = None
    holds: str = ""


def _pages(visitor: _Visitor, plain: uuid.UUID, wide: uuid.UUID) -> list[_Page]:
    found = '<li class="row found">'
    return [
        _Page(name="queue", path="/console/", holds='<ol class="rows'),
        _Page(name="filtered", path="/console/?kind=child&hidden=no&due=24", holds='<ol class="rows'),
        _Page(name="search", path="/console/search", form={"what": "zolta lodz", "token": visitor.token}, holds=found),
        _Page(name="search_many", path="/console/search", form={"what": "lantern", "token": visitor.token}, holds=found),
        _Page(name="case", path=f"/console/cases/{plain}", holds=str(plain)[-12:]),
        _Page(name="case_of_copies", path=f"/console/cases/{wide}", holds=str(wide)[-12:]),
    ]


def _prepare(ground: Ground, cases: int) -> tuple[str, uuid.UUID, uuid.UUID]:
    """Fill the desk; return a secret to come in with, a case of one item, and one of many copies."""
    from odzew.entrypoints.bench.many import fill
    from odzew.ledger.people import add_person, caller_of_person, enrol_second_factor, new_sign_in
    from odzew.usecases.decide import decide
    from odzew.usecases.take_next import take_next

    desk, platform = acting(desk=ground)
    now = utc_now()

    def hire(name: str, role: str) -> Caller:
        person = add_person(name=name, role=role, now=now)
        enrol_second_factor(person=person.id, keys=desk.keys, now=now)
        return caller_of_person(row_person=person)

    one, two, three = (hire(f"reviewer {n}", "reviewer") for n in range(3))
    first = _report(desk, platform, "a", 1, now)
    decide(
        case=first, caller=one, outcome="no_violation", ground="not_in_scope", reason="A boat.", referral=None, desk=desk, now=now
    )
    take_next(caller=two, desk=desk, now=now)
    fill(cases=cases, signed=_SIGNED, before=three.id)
    wide = _report(desk, platform, "b", COPIES, now)
    secret = new_sign_in(person=hire("lead", "lead").id, now=now, lives=timedelta(hours=1))
    return secret, uuid.UUID(int=cases // 8), wide


def _report(desk: Desk, platform: Caller, name: str, posts: int, now: datetime) -> uuid.UUID:
    """Let the platform host the same picture so many times, and somebody report the first; return the case."""
    from odzew.cases.data import Place
    from odzew.cases.register import ItemIn, MediaIn
    from odzew.notices.data import Concern, NewNotice
    from odzew.usecases.receive_notice import receive_notice
    from odzew.usecases.register_items import register_items

    sha256 = name.encode() * 32
    items = [
        ItemIn(
            id=f"{name}{n}",
            kind="post",
            url=f"http://127.0.0.1:9/{name}/{n}",
            account_id=f"{name}-{n}",
            media=(MediaIn(id=f"{name}{n}", url=f"http://127.0.0.1:9/{name}/{n}.jpg", sha256=sha256),),
            spread=(n, 0, now),
        )
        for n in range(posts)
    ]
    register_items(items=items, caller=platform, desk=desk, now=now)
    notice = NewNotice(
        external_id=None,
        source="user",
        concern=Concern(kind="csam", minor=True, claimant="other"),
        places=(Place(item_id=f"{name}0"),),
        text=_TEXT,
    )
    return receive_notice(notice=notice, caller=platform, desk=desk, now=now).case


@dataclass(slots=True)
class _Visitor:
    """A lead who came in by the link of the demo, over one kept connection."""

    line: Line
    secret: str
    cookie: str = field(init=False, default="")
    token: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.send(f"/console/sign-in/{self.secret}", {})
        kept = re.search(rb"set-cookie: *desk=([^;\r]+)", self.line.got, re.IGNORECASE)
        if kept is None:
            raise RuntimeError("the sign-in of the benchmark was refused")
        self.cookie = kept[1].decode()
        found = _TOKEN.search(self.send("/console/key")[1])
        if found is None:
            raise RuntimeError("the desk gave no form")
        self.token = found[1].decode()

    def send(self, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes, float]:
        """Ask for a page or send a form; return status, body and the seconds it took."""
        body = b"" if form is None else urlencode(form).encode()
        head = f"{'GET' if form is None else 'POST'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: pl\r\n"
        if self.cookie:
            head += f"Cookie: desk={self.cookie}\r\n"
        if form is not None:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        begin = time.perf_counter()
        self.line.ask(f"{head}\r\n".encode() + body)
        status, page = self.line.answer()
        return status, page, time.perf_counter() - begin


def _of(page: _Page, visitor: _Visitor) -> Iterator[Figure]:
    """Ask for a page many times, and once more here, where the questions can be counted."""
    took = []
    for _ in range(_WARM + TIMES):
        status, body, seconds = visitor.send(page.path, page.form)
        if status != 200 or page.holds.encode() not in body:
            raise RuntimeError(f"the page {page.name} was answered with {status}, or without what belongs on it")
        took.append(seconds)
    yield from _times(page.name, took[_WARM:])
    asked = _questions(page, visitor)
    yield _limited(f"{page.name}_questions", asked, MOST_QUESTIONS, "", 1)
    yield _limited(f"{page.name}_gzip", len(gzip.compress(body)), MOST_BYTES, "B", 1)


def _times(name: str, took: list[float]) -> Iterator[Figure]:
    yield _limited(f"{name}_p50", 1000 * percentile(values=took, share=50), MOST_MS, "ms", len(took))
    p99 = 1000 * percentile(values=took, share=99)
    yield Figure(figure=f"{name}_p99", ours=p99, peer=None, ratio=None, unit="ms", peer_name="", n=len(took))


def _limited(figure: str, ours: float, limit: float, unit: str, n: int) -> Figure:
    return lower_is_better(figure=figure, ours=ours, peer=limit, unit=unit, peer_name="the limit", n=n)


def _questions(page: _Page, visitor: _Visitor) -> int:
    """How many questions the same page asks the database, for the same visit."""
    from django.db import connection
    from django.test import Client

    asked = 0

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(sql, params, many, context)

    here = Client(SERVER_NAME="127.0.0.1", HTTP_ACCEPT_LANGUAGE="pl")
    here.cookies["desk"] = visitor.cookie
    for _ in range(2):  # the first time, what a process remembers for some seconds is read as well
        asked = 0
        with connection.execute_wrapper(count):
            answer = here.get(page.path) if page.form is None else here.post(page.path, page.form)
    if answer.status_code != 200:
        raise RuntimeError(f"the page {page.name} was answered with {answer.status_code}")
    return asked


def _next(visitor: _Visitor) -> Iterator[Figure]:
    """Take the next case and give it back, many times: each time it is another."""
    took = []
    for _ in range(_WARM + TIMES):
        status, _, seconds = visitor.send("/console/next", {"token": visitor.token})
        to = _TO.search(visitor.line.got)
        if status != 303 or to is None:
            raise RuntimeError(f"the next case was answered with {status}")
        took.append(seconds)
        visitor.send(f"{to[1].decode()}/lease/back", {"token": visitor.token})
    yield from _times("next", took[_WARM:])
