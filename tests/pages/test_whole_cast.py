"""One case with everybody in it, through the pages: two who disagree, who settles it, who appeals, who hears that, who may only read, who may not."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern

from odzew.answers.api import answers_to
from odzew.cases.rows import CaseRow, read_cases
from odzew.decisions.api import decisions_of
from odzew.entrypoints.console import views as console
from odzew.entrypoints.site.urls import urlpatterns
from odzew.foundation.moments import utc_now
from odzew.ledger.api import event_count
from odzew.ledger.people import Caller, new_person_key
from odzew.notices.api import by_receipt
from tests.api.wire import Wire, rows
from tests.cast import KEYS
from tests.pages.one_desk import one_desk
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.typist import Typist, code_on, press_send, walk

FIRST, SECOND, SETTLED, HEARD = "Most, nic więcej.", "Ten sam most z bliska.", "Most, widziany dwa razy.", "Most, jak przedtem."
TOLD, ASKED = "Na zdjęciu jest mój most.", "To był tylko rysunek mostu."
POST = "https://kladka.example/posts/post-1"
# What of a case a stranger must not read anywhere.
WORDS = (FIRST, SECOND, SETTLED, HEARD, TOLD, ASKED, "post-1", "kladka.example", "uploader")


@pytest.fixture
def wire(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A desk of three reviewers and one of each other role, whose pages and calls are one."""
    made = Wire()
    monkeypatch.setattr(console, "utc_now", lambda: made.story.now)  # two pages are the same only at the same moment
    yield from one_desk(made, monkeypatch)


def _work(wire: Wire) -> None:
    wire.story.now = utc_now()
    wire.story.work()


def _row(case: uuid.UUID) -> CaseRow:
    return read_cases(ids=[case])[0]


def _read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return unescape(answer.content.decode())


def _decide(client: Client, case: uuid.UUID, outcome: str, reason: str, ground: str = "child_safety") -> int:
    body = {"outcome": outcome, "ground": ground, "reason": reason, "token": token_of(client)}
    return client.post(f"/console/cases/{case}/decide", body).status_code


def _status(code: str) -> str:
    page = Typist().post("/status", {"code": code, "lang": "en"})
    assert page.status_code == 200
    return unescape(page.content.decode())


def _told(notice: uuid.UUID) -> list[str]:
    return [a.kind for a in answers_to(notice=notice)]


def test_a_case_with_everybody_in_it(wire: Wire) -> None:
    wire.item()
    code = code_on(press_send(typist := Typist(), walk(typist, where=POST, more=TOLD, who="me", age="under_18")))
    notice = by_receipt(lookup=KEYS.receipt_lookup(code=code))
    assert notice is not None
    _work(wire)
    story = wire.story
    people: dict[str, Caller] = {
        role: story.reviewer(n) for n, role in enumerate(("one", "two", "third", "lead", "safety", "special"))
    }
    desk = {who: signed_in(story, caller) for who, caller in people.items()}
    case = uuid.UUID(re.findall(r"/console/cases/([0-9a-f-]{36})", _read(desk["one"], "/console/"))[0])
    path = f"/console/cases/{case}"

    # 1. Two disagree, neither knowing of the other; nothing comes to be seen meanwhile.
    before = _read(desk["two"], path), _read(desk["two"], "/console/")
    assert _decide(desk["one"], case, "no_violation", FIRST, "not_in_scope") == 303
    assert (_read(desk["two"], path), _read(desk["two"], "/console/")) == before
    assert _row(case).withheld and _row(case).undecided
    assert _decide(desk["two"], case, "remove", SECOND) == 303
    _work(wire)
    assert (_row(case).state, _row(case).withheld) == ("disputed", True)
    assert set(story.platform_side.status.values()) == {451} and "removed" not in _told(notice)

    # 2. The lead settles it; neither of the two can alone.
    assert _decide(desk["one"], case, "no_violation", FIRST, "not_in_scope") == 403
    assert {FIRST, SECOND}.isdisjoint(w for w in WORDS if w in _read(desk["third"], path)), "blind until it is final"
    assert _decide(desk["lead"], case, "remove", SETTLED) == 303
    assert "removed" not in _told(notice), "it is not told before it is proven"
    _work(wire)
    assert _row(case).state == "removed" and set(story.platform_side.status.values()) == {410}
    assert {d.outcome: d.state for d in decisions_of(case=case)} == {"no_violation": "overruled", "remove": "final"}

    # 3. The uploader appeals by their platform; nobody else by it, and no other platform.
    asked = {"by": "uploader", "account_id": "uploader", "text": ASKED}
    assert wire.call("platform", "POST", f"/cases/{case}/appeals", {**asked, "account_id": "somebody"}).status == 404
    assert wire.call("other", "POST", f"/cases/{case}/appeals", asked).status in (403, 404)
    assert wire.call("platform", "POST", f"/cases/{case}/appeals", asked).status == 201
    _work(wire)
    told = _told(notice)
    assert _row(case).undecided and _row(case).withheld and set(story.platform_side.status.values()) == {410}

    # 4. Somebody who had no part in it hears the appeal.
    for who in ("one", "two", "lead"):
        assert _decide(desk[who], case, "remove", "Again.") == 403, who
    assert ASKED in _read(desk["third"], path)
    assert _decide(desk["third"], case, "remove", HEARD) == 303
    _work(wire)
    assert _row(case).state == "removed" and "Again." not in _read(desk["lead"], path)

    _only_reads(wire, signed_in(story, story.reviewer(6)), case, notice)
    _gets_nothing(wire, case, notice, code)
    _is_told(_status(code), notice, wire)
    assert _told(notice) == told, "an appeal of another is not told to the reporter"


def _only_reads(wire: Wire, auditor: Client, case: uuid.UUID, notice: uuid.UUID) -> None:
    """The auditor reads it all, and changes nothing."""
    path, token = f"/console/cases/{case}", token_of(auditor)
    wire.keys["auditor"] = new_person_key(person=wire.story.reviewer(6).id, now=wire.story.now)
    page = _read(auditor, path)
    assert [w for w in WORDS if w not in page] == []
    assert {wire.story.reviewer(n).actor.split(":")[-1] for n in range(4)} <= set(re.findall(r"[\w-]+", page))
    for more in ("", "/hold", "/duplicates", f"/messages/{notice}", "/live"):
        assert auditor.get(path + more).status_code == 200, more
    for read in ("", "alarms", "figures", "figures/appeals.csv"):
        assert auditor.get(f"/console/{read}").status_code == 200, read
    some, before = uuid.uuid4(), (rows(), event_count())
    form = {"token": token, "outcome": "no_violation", "ground": "not_in_scope", "reason": "x", "days": "9", "case": str(some)}
    refused = [
        f"{path}/{more}"
        for more in ("decide", "preview", "hold", f"hold/{some}/end", "duplicates", "lease", "lease/back", "look",
                     f"messages/{notice}", f"messages/{notice}/read", f"statements/{some}/release")
    ]  # fmt: skip
    refused += ["/console/next", "/console/wave", "/console/me", f"/console/alarms/{some}/confirm", f"/console/opinions/{case}"]
    for address in refused:
        assert auditor.post(address, form).status_code == 403, address
    decision = {"outcome": "no_violation", "ground": "not_in_scope", "reason": "x"}
    for address, body in ((f"/cases/{case}/decisions", decision), (f"/cases/{case}/appeals", {"by": "uploader", "text": "x"})):
        assert wire.call("auditor", "POST", address, body).status == 403
    assert (rows(), event_count()) == before


def _console(case: uuid.UUID, notice: uuid.UUID) -> Iterator[str]:
    """Every address of the console, filled in; styles, scripts and the door itself are for everybody."""
    for one in urlpatterns:
        route = str(one.pattern) if isinstance(one, URLPattern) else ""
        if route.startswith("console/") and "digest" not in route and not route.startswith("console/sign-in"):
            filled = route.replace("<uuid:case>", str(case)).replace("<uuid:notice>", str(notice)).replace("<str:name>", "open")
            yield "/" + re.sub(r"<uuid:\w+>", str(uuid.uuid4()), filled)


def _gets_nothing(wire: Wire, case: uuid.UUID, notice: uuid.UUID, code: str) -> None:
    """Whoever has no part in the desk reads no word of it, and the same of a case that is there as of one that is not."""
    none = uuid.uuid4()
    outsider = signed_in(wire.story, wire.story.reviewer(8))
    paths = list(_console(case, notice))
    assert len(paths) > 35
    before = rows()
    for path in paths:
        for ask in ("get", "post"):
            answer = getattr(Client(), ask)(path)
            assert answer.status_code in (401, 404, 405), (path, ask, answer.status_code)
            _silent(answer, path)
            assert _same(answer, case) == _same(getattr(Client(), ask)(path.replace(str(case), str(none))), none), path
        if str(case) in path:
            answer = outsider.get(path)
            assert answer.status_code in (403, 404, 405), (path, answer.status_code)
            _silent(answer, path)
    for who in ("", "other", "metrics"):
        for path in ("/cases", f"/cases/{case}", f"/notices/{notice}"):
            got = wire.call(who, "GET", path)
            assert got.status in (401, 403, 404) or got.json == {"cases": [], "next": None}, (who, path)
            assert not [w for w in WORDS if w in got.body.decode()]
    wrong = Typist().post("/status", {"code": code[:-2] + code[-1] + code[-2] if code[-1] != code[-2] else "0" * 20})
    assert wrong.status_code == 404
    _silent(wrong, "/status")
    assert rows() == before


def _same(answer: Any, case: uuid.UUID) -> str:
    """An answer without what was asked for and without the question to a passkey, which is another each time."""
    return re.sub(r'(data-options|value)="[^"]*"', "", answer.content.decode().replace(str(case), ""))


def _silent(answer: Any, path: str) -> None:
    said = unescape(answer.content.decode())
    assert [w for w in WORDS if w in said] == [], path


def _is_told(page: str, notice: uuid.UUID, wire: Wire) -> None:
    """The status page says the answers on the record, all of them, and nothing that people of the desk or the uploader wrote."""
    said = " ".join(re.sub(r"<[^>]*>", "", page).split())
    answers = answers_to(notice=notice)
    assert len(re.findall(r'<time datetime="[^"]*"', page[page.index('class="line"') :].split("</ol>")[0])) == len(answers)
    for answer in answers:
        for clause in answer.clauses:
            assert " ".join(clause["text"].split()) in said, clause["key"]
    never = (
        FIRST,
        SECOND,
        SETTLED,
        HEARD,
        ASKED,
        "uploader",
        *(p.pseudonym for p in wire.story.people),
        *(p.name for p in wire.story.people),
    )
    assert [w for w in never if w in page] == []
