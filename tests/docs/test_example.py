"""The thirty-line platform of the integrator's guide, as it stands, against a desk over HTTP."""

from __future__ import annotations

import os
import re
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.db import connections
from django.test import Client

from odzew.enforcement.api import measures_of
from odzew.entrypoints.api import door
from odzew.entrypoints.api.context import the_desk
from odzew.foundation.moments import utc_now
from odzew.foundation.outgoing import Http
from odzew.ledger.people import add_person, add_platform, add_program, caller_of_person, enrol_second_factor
from odzew.usecases.decide import decide
from odzew.usecases.enforce import enforce
from tests.docs.tables import DOCS


def _blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", (DOCS / "integrator.md").read_text(encoding="utf-8"), re.DOTALL)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def desk_url(transactional_db: None) -> Iterator[str]:
    """The desk's own web application, listening on loopback."""
    from odzew.entrypoints.site.wsgi import application

    door.forget()
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)

    def serve() -> None:
        server.serve_forever()
        connections.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def example(desk_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The example platform, enrolled at a desk that listens on loopback."""
    holder: dict[str, Any] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    here = f"127.0.0.1:{server.server_address[1]}"
    keys, now = the_desk().keys, utc_now()
    platform, secret = add_platform(
        name=f"Thirty lines {uuid.uuid4()}", hosts=[here], private_hosts=[here], webhook=f"http://{here}/desk", keys=keys, now=now
    )
    key = add_program(
        name="thirty lines", scopes=frozenset({"notices", "items"}), sources=frozenset({"user"}), platform=platform.id, now=now
    )
    for name, value in {"DESK": desk_url, "KEY": key, "SECRET": secret, "HERE": f"http://{here}"}.items():
        monkeypatch.setenv(name, value)
    exec(compile("\n".join(_blocks()), "integrator.md", "exec"), holder)  # noqa: S102
    monkeypatch.setattr(holder["Platform"], "log_message", lambda *_: None)
    server.RequestHandlerClass = holder["Platform"]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield holder
    server.shutdown()
    server.server_close()
    thread.join()


def _work() -> None:
    for _ in range(4):
        enforce(desk=the_desk(), out=Http(), alarm=lambda _payload, _at: True, clock=utc_now)


def test_it_obeys_and_is_seen_to_obey(example: dict[str, Any]) -> None:
    assert example["register"]()["new"] is True
    receipt = example["report"]()
    assert re.fullmatch(r"\d{20}", receipt["receipt_code"])
    assert example["report"]() == receipt
    case = uuid.UUID(receipt["case"])
    _work()
    assert [(m.measure, m.state) for m in measures_of(case=case)] == [("withhold", "done")]
    assert example["status"] == {"/posts/1": 451, "/media/1": 451}
    desk, now = the_desk(), utc_now()
    person = add_person(name=f"Ada {uuid.uuid4()}", role="reviewer", now=now)
    enrol_second_factor(person=person.id, keys=desk.keys, now=now)
    ada = caller_of_person(row_person=person)
    decide(case=case, caller=ada, outcome="remove", ground="child_safety", reason="Seen.", referral=None, desk=desk, now=utc_now())
    _work()
    assert [(m.measure, m.state) for m in measures_of(case=case) if m.in_force] == [("remove", "done")]
    assert example["status"] == {"/posts/1": 410, "/media/1": 410}


def test_its_button_opens_the_form_with_the_post_known(example: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    example["register"]()
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', example["button"]("1")))
    action = re.search(r'action="([^"]+)"', example["button"]("1"))
    assert action and action[1] == f"{os.environ['DESK']}/r"
    page = Client().post("/r", urlencode(fields), content_type="application/x-www-form-urlencoded")
    assert 'name="item"' in page.content.decode()
    monkeypatch.setenv("SECRET", "whsec_b2R6ZXcgZXhhbXBsZSBzZWNyZXQsIDMyIGJ5dGVzISE=")
    assert f"`{example['signature']('post-1214')}`" in (DOCS / "integrator.md").read_text(encoding="utf-8")


def test_it_believes_nothing_unsigned(example: dict[str, Any]) -> None:
    reply = Http().post(
        url=f"{example['HERE']}/desk",
        body=b'{"type": "measure.ordered", "data": {}}',
        headers={"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"},
        hosts=[example["HERE"].removeprefix("http://")],
        private=[example["HERE"].removeprefix("http://")],
    )
    assert reply.status == 400
    assert example["status"] == {"/posts/1": 200, "/media/1": 200}


def test_it_is_short() -> None:
    assert len([line for line in _blocks()[0].splitlines() if line.strip()]) <= 30
