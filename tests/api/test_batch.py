"""Thousands of items in one call, line by line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from odzew.entrypoints.api.bodies import ITEM as LONGEST
from odzew.entrypoints.api.bodies import lines
from odzew.entrypoints.api.problems import TooLarge, Unreadable
from odzew.foundation.errors import Invalid
from tests.api.wire import ITEM, Answer, Wire, rows


def _line(n: int, **changes: Any) -> bytes:
    item = {"id": f"b-{n}", **ITEM, "url": f"https://kladka.example/posts/b-{n}", "media": [], **changes}
    return json.dumps(item).encode() + b"\n"


def _send(wire: Wire, body: bytes, who: str = "platform") -> Answer:
    return wire.call(who, "POST", "/items:batch", body, type="application/x-ndjson")


def test_thousands_at_once_and_once_more(wire: Wire) -> None:
    body = b"".join(_line(n) for n in range(3000))
    assert _send(wire, body).json == {"stored": 3000, "new": 3000}
    assert _send(wire, body + b"\n\n" + _line(3000)).json == {"stored": 3001, "new": 1}


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (b"{\n", 400), (b"[]\n", 422), (b'{"id": "x"}\n', 422), (b'{"id": "\\ud800"}\n', 422), (b"\xff\n", 400),
        (_line(7, colour="red"), 422), (_line(7, kind="\x00"), 422), (b'{"id": "' + b"a" * LONGEST + b'"}\n', 413),
    ],
)  # fmt: skip
def test_one_bad_line_refuses_the_call_and_is_named(wire: Wire, bad: bytes, status: int) -> None:
    before = rows()
    got = _send(wire, _line(1) + b"\n" + _line(2) + bad + _line(3))
    assert (got.status, got.json["line"]) == (status, 4) and "Line 4" in got.json["reason"]
    assert rows() == before


def test_too_many_lines_and_no_lines(wire: Wire) -> None:
    assert _send(wire, b"").json == {"stored": 0, "new": 0}
    with pytest.raises(Invalid, match="at most 3 lines"):
        list(lines(source=io.BytesIO(b"{}\n" * 4), longest=100, most=3))


def test_lines_are_read_as_they_come_and_never_more_than_allowed() -> None:
    asked: list[int] = []

    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            asked.append(size)
            return b"{}\n{" if len(asked) == 1 else b"}\n" + b"a" * 600

    got = lines(source=Endless(), longest=1000, most=10)
    assert [next(got), next(got)] == [(1, {}), (2, {})] and len(asked) == 2
    with pytest.raises((TooLarge, Unreadable)):
        list(got)
    assert len(asked) <= 4 and max(asked) <= 2**17


def test_the_type_must_be_ndjson(wire: Wire) -> None:
    assert wire.call("platform", "POST", "/items:batch", _line(1)).status == 415
    assert (
        wire.call("platform", "POST", "/items:batch", b"", type="application/x-ndjson", Content_Length=str(64 * 2**20)).status
        == 413
    )
    assert wire.call("platform", "POST", "/items:batch", b"", type="application/x-ndjson", Content_Length="").status == 411


def test_a_key_without_platform_registers_nothing(wire: Wire) -> None:
    assert _send(wire, _line(1), who="other").status == 403
