"""A desk that everybody has filled with the corpus, by the roads that they really have."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from odzew.foundation.moments import utc_now
from odzew.ledger.people import Caller, add_platform, add_program
from odzew.notices.api import by_receipt
from tests.api.wire import ITEM, Wire
from tests.cast import KEYS
from tests.pages.corpus import CORPUS, LONG, NUL, WHOLE, flat, judged, packed
from tests.pages.test_console import _signed_in as signed_in
from tests.pages.test_console import _token as token_of
from tests.pages.typist import Typist, code_on, fields, press_send, walk

LINK = "https://kladka.example/posts/post-1"
ROLES = ("lead", "safety_officer", "specialist", "auditor", "operator", "outside")
TABLES = ("", "cases/{case}", "cases/{case}/hold", "cases/{case}/duplicates", "cases/{case}/messages/{notice}", "cases/{case}/live",
          "figures", "operation", "alarms", "wave", "opinions", "me", "key", "you", "step-up", "live", "sign-in")  # fmt: skip


@dataclass
class World:
    """A desk that everybody has filled with the corpus: `kept` says which text went in where, with a mark of its own."""

    wire: Wire
    people: dict[str, Caller]
    platform_key: str = ""
    case: str = ""
    code: str = ""
    notice: str = ""
    kept: dict[str, str] = field(default_factory=dict)

    def text(self, where: str, text: str = WHOLE) -> str:
        """Return the text for a place, and remember it."""
        self.kept[where] = f"{text} ~{where}~"
        return self.kept[where]

    def work(self) -> None:
        """The worker does what is due."""
        self.wire.story.now = utc_now()
        self.wire.story.work()

    def at(self, role: str) -> Client:
        """Somebody at the console."""
        self.wire.story.now = utc_now()
        return signed_in(self.wire.story, self.people[role])

    def paths(self) -> list[str]:
        """Every page of the console that this story has."""
        return [f"/console/{path}".format(case=self.case, notice=self.notice) for path in TABLES]


def filled(wire: Wire) -> World:
    """Everybody types the corpus wherever they may."""
    world = World(wire=wire, people={})
    _names(world)
    _items_and_notices(world)
    _reporter(world)
    _desk(world)
    return world


def _names(world: World) -> None:
    story, names = world.wire.story, packed(most=70, printable=True)
    for n, role in enumerate(("reviewer", "reviewer2", *ROLES)):
        name = world.text(f"person {role}", names[n % len(names)])
        world.people[role] = story.hire(name, role.rstrip("2"))
    platform, _ = add_platform(
        name=world.text("platform", names[0]),
        hosts=["kladka.example"],
        private_hosts=[],
        webhook="https://kladka.example/webhooks",
        keys=KEYS,
        now=story.now,
    )
    world.wire.keys["evil"] = add_program(
        name=world.text("program", names[1]),
        scopes=frozenset({"notices", "items", "read", "appeals"}),
        sources=frozenset({"user"}),
        platform=platform.id,
        now=story.now,
    )


def _items_and_notices(world: World) -> None:
    ids = packed(most=170)
    sha = [{"type": "sha256", "value": "cd" * 32}]
    lines: list[dict[str, Any]] = [{"id": "post-1", **ITEM, "media": [{"id": "m", "hashes": sha}]}]
    for n, text in enumerate(ids):
        account = {
            "id": world.text(f"account {n}", text),
            "handle": world.text(f"handle {n}", text),
            "url": f"https://kladka.example/{text}",
        }
        media = [{"id": f"{text}{n}", "url": f"https://kladka.example/m/{n}/{text}", "hashes": sha}]
        url = world.text(f"url {n}", f"https://kladka.example/{text}")
        lines.append({**ITEM, "id": world.text(f"item {n}", text), "url": url, "account": account, "media": media})
    body = "\n".join(json.dumps(line) for line in lines).encode()
    got = world.wire.call("evil", "POST", "/items:batch", body, type="application/x-ndjson")
    assert got.status == 200, got.body
    where = [{"item_id": "post-1"}, *({"item_id": world.kept[f"item {n}"]} for n in range(len(ids)))]
    where += [
        {"url": world.text(f"place {n}", f"javascript:korpus(9) https://kladka.example/{text}")} for n, text in enumerate(ids)
    ]
    for n, text in enumerate(ids):
        got = world.wire.notice(
            "evil", external_id=text, where=where if n == 0 else where[:1], text=world.text(f"notice {n}", LONG), language="pl",
            reporter={"account_id": text},
        )  # fmt: skip
        assert got.status == 201, got.body
        world.case = world.case or got.json["case"]
    world.work()


def _reporter(world: World) -> None:
    typist = Typist()
    third = walk(typist, where=f"{LINK}\n{WHOLE}", more=world.text("form", LONG) + NUL, who="me", age="under_18")
    judged(third, where="form 3")
    sent = press_send(typist, third)
    judged(sent, where="receipt")
    world.code = code_on(sent)
    world.notice = str(by_receipt(lookup=KEYS.receipt_lookup(code=world.code)))
    opened = typist.post("/status", {"code": world.code, "lang": "en"})
    judged(opened, where="status")
    message_of = {"code": world.code, "lang": "en", "once": fields(opened)["once"][0], "text": world.text("message") + NUL}
    judged(typist.post("/status/message", message_of), where="message")
    for path, more in (
        ("add", {"where": f"{LINK} {WHOLE}"}),
        ("formal", {"law": WHOLE, "signature": WHOLE}),
        ("again", {"text": WHOLE, "case": WHOLE}),
    ):
        judged(typist.post(f"/status/{path}", {"code": world.code, "lang": "en", **more}), where=path)


def _desk(world: World) -> None:
    lead = world.at("lead")
    form = {"token": token_of(lead)}
    thread = f"/console/cases/{world.case}/messages/{world.notice}"
    for text in (*CORPUS, WHOLE, NUL):
        seen = re.findall(r'name="seen" value="([^"]*)"', lead.get(thread).content.decode())[0]
        judged(lead.post(thread, {**form, "seen": seen, "template": "send_link", "line": text}), where="reply looked at")
        judged(lead.post(thread, {**form, "seen": seen, "template": "send_link", "line": text, "send": "1"}), where="reply")
        judged(lead.post("/console/search", {**form, "what": text}), where="search")
        judged(lead.post("/console/step-up", {**form, "back": text, "code": text}), where="step-up")
    hold = {**form, "days": "9", "reason": world.text("hold") + NUL}
    assert lead.post(f"/console/cases/{world.case}/hold", hold).status_code == 303
    for n, name in enumerate(packed(most=24)):
        made = lead.post(
            "/console/views", {**form, "name": world.text(f"view {n}", name), "query": "kind=child&hidden=yes", "shared": "1"}
        )
        judged(made, where="view")
        world.kept[f"view {n}"] = "".join(c if c.isprintable() else " " for c in world.kept[f"view {n}"])  # as it is kept
    path = f"/console/cases/{world.case}"
    body = {**form, "outcome": "remove", "ground": "child_safety"}
    preview = judged(lead.post(f"{path}/preview", {**body, "reason": world.text("preview", LONG)}), where="preview")
    assert flat(world.kept.pop("preview")) in preview
    for role, outcome in (("reviewer", "no_violation"), ("reviewer2", "remove"), ("lead", "remove")):
        judged(lead.post(f"{path}/decide", {**form, "reason": WHOLE, "outcome": WHOLE, "ground": WHOLE}), where="no decision")
        client = world.at(role)
        sent = {**body, "token": token_of(client), "outcome": outcome, "reason": world.text(f"reason of {role}", LONG) + NUL}
        answer = client.post(f"{path}/decide", sent)
        assert answer.status_code == 303, flat(re.sub(r"<[^>]*>", " ", answer.content.decode()))[-900:]
    world.work()
    for by, more in (("uploader", {"account_id": world.kept["account 0"]}), ("reporter", {"receipt_code": world.code})):
        got = world.wire.call(
            "evil", "POST", f"/cases/{world.case}/appeals", {"by": by, "text": world.text(f"appeal of {by}", LONG), **more}
        )
        assert got.status == 201, (by, got.body)
    world.work()
