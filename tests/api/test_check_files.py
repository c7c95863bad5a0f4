"""Asking with the file itself: the same picture is known in whatever form it comes back."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageOps

from tests.api.wire import ITEM, Answer, Wire


def picture(seed: int = 1, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Return a pattern of soft waves, the same for the same seed."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    plane = sum(
        rng.uniform(20, 60) * np.sin(x * rng.uniform(0.005, 0.06) + y * rng.uniform(0.005, 0.06) + rng.uniform(0, 6))
        for _ in range(9)
    )
    rgb = np.stack([np.clip(128 + plane * rng.uniform(0.4, 1), 0, 255) for _ in range(3)], axis=-1)
    return Image.fromarray(rgb.astype(np.uint8))


def file(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return a picture as a file."""
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def send(wire: Wire, key: str, data: bytes, **fields: str) -> Answer:
    """Ask with a file."""
    form = {"file": SimpleUploadedFile("x", data), **fields}
    return Answer(wire.client.post("/api/v1/check", form, headers={"Authorization": f"Bearer {key}"}))


def upload(wire: Wire, name: str, data: bytes) -> Any:
    """Ask with a file and the item that it will be."""
    item = {**ITEM, "id": name, "url": f"https://kladka.example/posts/{name}", "account": {"id": f"by {name}"}, "media": []}
    answer = send(wire, wire.keys.setdefault("uploads", wire.program("check", "items")), data, item=json.dumps(item))
    assert answer.status == 200, answer.body
    return answer.json


@pytest.fixture
def removed(wire: Wire) -> Wire:
    """A desk where one picture was removed."""
    assert upload(wire, "first", file(picture(), "JPEG", quality=90))["verdict"] == "allow"
    case = wire.notice(where=[{"item_id": "first"}]).json["case"]
    assert wire.decide("reviewer", case, "remove").status == 201
    return wire


FORMS = {
    "the same bytes": lambda p: file(p, "JPEG", quality=90),
    "compressed again": lambda p: file(p, "JPEG", quality=40),
    "smaller": lambda p: file(p.resize((320, 240)), "JPEG", quality=80),
    "PNG": lambda p: file(p, "PNG"),
    "palette": lambda p: file(p.quantize(64), "PNG"),
    "GIF": lambda p: file(p.quantize(128), "GIF"),
    "WebP": lambda p: file(p, "WEBP", quality=70),
    "CMYK": lambda p: file(p.convert("CMYK"), "JPEG", quality=85),
    "grey": lambda p: file(p.convert("L"), "PNG"),
    "mirrored": lambda p: file(ImageOps.mirror(p), "JPEG", quality=85),
    "turned": lambda p: file(p.rotate(90, expand=True), "JPEG", quality=85),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_was_removed_does_not_come_back(removed: Wire, form: str) -> None:
    assert upload(removed, "again", FORMS[form](picture()))["verdict"] == "block"


def test_another_picture_is_allowed(removed: Wire) -> None:
    assert upload(removed, "other", file(picture(seed=2), "JPEG"))["verdict"] == "allow"


def test_a_look_up_key_reads_why(removed: Wire) -> None:
    said = send(removed, removed.keys["lookup"], file(ImageOps.mirror(picture()), "PNG")).json
    assert said["verdict"] == "block" and said["matches"][0]["type"] == "pdq" and said["matches"][0]["distance"] <= 10


@pytest.mark.parametrize("data", [b"just words", file(picture(), "PNG")[:200], b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_picture_is_known_by_its_bytes_alone(wire: Wire, data: bytes) -> None:
    said = send(wire, wire.keys["lookup"], data).json
    assert said["verdict"] == "allow" and said["note"]


def test_a_bomb_is_held(wire: Wire) -> None:
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) + chunk(b"IEND", b"")
    said = send(wire, wire.keys["lookup"], bomb).json
    assert said["verdict"] == "hold" and said["note"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 422),
        ({"item": "{"}, 400),
        ({"item": "{}"}, 422),
        ({"nothing": "x"}, 422),
    ],
)
def test_a_bad_form_gets_a_sentence(wire: Wire, fields: dict[str, str], status: int) -> None:
    data = b"" if not fields else file(picture(), "PNG")
    answer = send(wire, wire.program("check"), data, **fields)
    assert (answer.status, answer.type) == (status, "application/problem+json")
