"""Every word with every kind of key: what the table does not name is refused."""

from __future__ import annotations

import base64
import re
import uuid

from odzew.entrypoints.hma.urls import WORDS
from tests.docs.tables import DOCS
from tests.hma.client import Client

PROGRAMS = ("notices", "items", "read", "appeals", "check", "lookup", "bank", "metrics")
PEOPLE = ("reviewer", "lead", "safety_officer", "specialist", "auditor", "operator", "outside")
MAY = {"h": {"check", "lookup"}, "m": {"lookup"}, "c": {"bank"}}
NAMES = [(w.method, "/" + w.path.replace("<str:name>", "BRIDGES").replace("<int:number>", "7")) for w in WORDS]


def test_who_may_use_a_word(hma: Client) -> None:
    for method, path in NAMES:
        may = MAY[path.split("/")[1]]
        body = b"{}" if method in ("POST", "PUT") else None
        for who in (*PROGRAMS, *PEOPLE):
            got = hma.wire.call(who, method, path, body)
            if who in may:
                assert got.status not in (401, 403, 405, 500), (who, method, path, got.body)
            else:
                assert got.status == 403 and got.type == "application/problem+json" and got.json["message"], (who, method, path)
        for stranger in ("", "odz_prg_x_y", f"odz_prg_{uuid.uuid4().hex}_{'a' * 43}", "\x00"):
            got = hma.wire.call(stranger, method, path, body)
            assert (got.status, got.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_other_methods_are_refused(hma: Client) -> None:
    for path in {path for _method, path in NAMES}:
        got = hma.wire.call("bank", "PATCH", path)
        assert got.status == 405 and got.headers["Allow"] == ", ".join(sorted(m for m, p in NAMES if p == path))
    for path in ("/m/", "/c/exchanges", "/c/signal_type/pdq", "/dev/factory_reset", "/m/lookup/"):
        assert hma.wire.call("bank", "POST", path if path[1] != "d" else "/c/../dev/factory_reset").status == 404


def _basic(hma: Client, words: str) -> int:
    header = f"Basic {base64.b64encode(words.encode()).decode()}"
    return int(hma.wire.client.get("/c/banks", headers={"Authorization": header}).status_code)


def test_a_client_without_a_field_for_a_key_sends_it_as_the_password(hma: Client) -> None:
    key = hma.wire.keys["bank"]
    assert _basic(hma, f"hma:{key}") == 200
    assert _basic(hma, f"{key}:") == 200
    assert _basic(hma, f"hma:{key[:-1]}") == _basic(hma, "hma:") == _basic(hma, ":") == _basic(hma, "ż:ó") == 401
    assert _basic(hma, f"hma:{hma.wire.keys['read']}") == 403
    for broken in ("Basic", "Basic ", "Basic %%%", "Basic " + "A" * 5000, "Digest x", f"Basic {key}"):
        assert hma.wire.client.get("/c/banks", headers={"Authorization": broken}).status_code == 401


def test_a_key_in_the_address_is_no_key(hma: Client) -> None:
    for name in ("key", "token", "api_key", "authorization"):
        assert hma.wire.call("", "GET", f"/c/banks?{name}={hma.wire.keys['bank']}").status == 401


def test_the_page_of_routes_says_the_same() -> None:
    rows = re.findall(r"^\| `([A-Z]+) /([hmc]/[^`]*)` \| ([^|]*) \| ([^|]*) \|", (DOCS / "api.md").read_text("utf-8"), re.MULTILINE)
    said = {(m, p): (set(re.findall(r"`(\w+)`", programs)), people.strip()) for m, p, programs, people in rows}
    assert said == {(w.method, re.sub(r"<\w+:(\w+)>", r"{\1}", w.path)): (set(w.rights.scopes), "-") for w in WORDS}
    page = (DOCS / "hma.md").read_text("utf-8")
    for word in WORDS:
        assert f"`{word.method} /{word.path.split('<')[0]}" in page


def test_the_edge_counts_them_with_the_programs(hma: Client) -> None:
    hma.get("/c/banks")
    figures = hma.wire.call("metrics", "GET", "/metrics").body.decode()
    found = re.search(r'odzew_answers_total\{what="api",status="200"\} (\d+)', figures)
    assert found and int(found[1]) >= 1
