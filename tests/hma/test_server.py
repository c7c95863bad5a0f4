"""The same over a real server and real sockets, as a client sends it."""

from __future__ import annotations

import base64
import http.client
import json
from contextlib import closing

import pytest

from tests.api.test_check_files import file, picture
from tests.api.test_server import port
from tests.api.wire import Wire
from tests.banks.build import pdq
from tests.cli.demos import until
from tests.hma.client import Client

__all__ = ["port"]


@pytest.fixture
def wire(hma: Client) -> Wire:
    """The desk that the server is started for."""
    return hma.wire


def test_a_client_that_knows_nothing_of_us(wire: Wire, port: int) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        _walk(wire, line)


def _walk(wire: Wire, line: http.client.HTTPConnection) -> None:
    keys = base64.b64encode(f"hma:{wire.program('lookup', 'bank')}".encode()).decode()

    def call(method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> tuple[int, object]:
        line.request(method, path, body, {"Authorization": f"Basic {keys}", "Content-Type": kind})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())

    assert call("POST", "/c/banks", b'{"name": "BRIDGES"}') == (201, {"matching_enabled_ratio": 1.0, "name": "BRIDGES"})
    form = (
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\n' + file(picture(), "PNG") + b"\r\n--x--\r\n"
    )
    status, banked = call("POST", "/c/bank/BRIDGES/content", form, "multipart/form-data; boundary=x")
    assert status == 200 and isinstance(banked, dict)
    asked = f"/m/lookup?signal_type=pdq&signal={banked['signals']['pdq']}"
    wanted = (200, {"BRIDGES": [{"bank_content_id": banked["id"], "distance": "0"}]})
    assert until(lambda: call("GET", asked) == wanted), call("GET", asked)  # every process knows it within a second
    for _again in range(3):
        assert call("GET", f"/m/lookup?signal_type=pdq&signal={pdq(5).hex()}") == (200, {})
        assert call("GET", f"/m/raw_lookup?signal_type=pdq&signal={pdq(5).hex()}") == (200, {"matches": []})
    status, found = call("POST", "/m/lookup", form, "multipart/form-data; boundary=x")
    assert status == 200 and isinstance(found, dict) and found["pdq"]["BRIDGES"] and found["sha256"]["BRIDGES"]
