"""What goes wrong in the program whose words these are does not go wrong here. Each was seen there, in version 1.1.7."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageOps

from odzew.entrypoints.hashes import quick
from odzew.foundation.settings import settings
from odzew.foundation.writes import fetch_all
from odzew.usecases.tend_index import tend_index
from tests.api.test_check_files import FORMS, file, picture
from tests.banks.build import pdq
from tests.hma.client import Client

A = pdq(1)


def test_a_bank_of_one_entry_matches_also_when_it_was_read_anew(hma: Client) -> None:
    """There an index of one hash finds nothing after it was stored and loaded."""
    for n in range(3):
        assert [bool(hma.known(pdq(k).hex())) for k in range(3)] == [k < n for k in range(3)]
        hma.bank(f"BANK_{n}")
        hma.signal(f"BANK_{n}", pdq=pdq(n).hex())
        quick.cache_clear()
    now = hma.wire.story.now
    while tend_index(folder=settings().index_folder, now=now).total:
        pass
    assert hma.known(pdq(0).hex())


def test_the_same_picture_is_found_in_every_colour_mode_form_and_orientation(hma: Client) -> None:
    """There a GIF, a palette or CMYK misses by 200 bits, and a mirrored or turned copy is another picture."""
    hma.bank()
    number = hma.file("/c/bank/BRIDGES/content", file(picture(), "JPEG", quality=90)).json["id"]
    forms: dict[str, Callable[[Image.Image], bytes]] = {
        **FORMS,
        "upside down": lambda p: file(ImageOps.flip(p), "PNG"),
        "by EXIF": lambda p: file(p.rotate(90, expand=True), "JPEG", exif=_turned(6)),
    }
    for name, make in forms.items():
        said = hma.file("/m/lookup", make(picture())).json
        assert [m["bank_content_id"] for m in said["pdq"].get("BRIDGES", [])] == [number], name
    assert hma.file("/m/lookup", file(picture(seed=2), "PNG")).json == {"pdq": {}, "md5": {}, "sha256": {}}


def _turned(way: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = way
    return exif.tobytes()


def test_a_flat_picture_is_hashed_banked_and_found_by_its_bytes(hma: Client) -> None:
    """There it has an empty hash, and banking it or looking it up is an error."""
    hma.bank()
    flat = file(Image.new("RGB", (300, 200), (90, 120, 150)), "PNG")
    hashed = hma.file("/h/hash", flat)
    assert hashed.status == 200 and hashed.json["pdq"] == "" and "too little structure" in hashed.headers["Odzew-Note"]
    assert hma.get("/m/lookup", signal=hashed.json["pdq"], signal_type="pdq").json == {}
    banked = hma.file("/c/bank/BRIDGES/content", flat)
    assert (
        banked.status == 200
        and set(banked.json["signals"]) == {"md5", "sha256"}
        and "too little structure" in banked.headers["Odzew-Note"]
    )
    found = hma.file("/m/lookup", flat)
    match = {"BRIDGES": [{"bank_content_id": banked.json["id"], "distance": "0"}]}
    assert found.json == {"pdq": {}, "md5": match, "sha256": match} and "too little structure" in found.headers["Odzew-Note"]
    assert hma.file("/m/lookup", file(Image.new("RGB", (300, 200), (91, 120, 150)), "PNG")).json["sha256"] == {}


def test_what_cannot_be_decoded_is_never_our_fault(hma: Client) -> None:
    """There an upload that is no picture is a 500."""
    hma.bank()
    for data in (b"just words", b"\x89PNG\r\n\x1a\n" + bytes(50)):
        assert hma.file("/h/hash", data).status == 400
        assert hma.file("/h/hash", data, types="md5").status == 200
        assert hma.file("/c/bank/BRIDGES/content", data).status == 400
        found = hma.file("/m/lookup", data)
        assert found.status == 200 and found.json == {"pdq": {}, "md5": {}, "sha256": {}} and found.headers["Odzew-Note"]
        assert hma.file("/m/lookup", data, types="pdq").json == {"pdq": {}}
    cut = file(picture(), "PNG")[:200]
    assert hma.file("/h/hash", cut).status == 200 and hma.file("/m/lookup", cut).headers["Odzew-Note"]
    assert hma.file("/m/lookup", b"").status == 400
    for broken in (b"", b"--x", b"\xff" * 50):
        got = hma.wire.call("lookup", "POST", "/m/lookup", broken, type="multipart/form-data; boundary=x")
        assert got.status == 400, got.body
    assert fetch_all("SELECT count(*) FROM banks_entry", [])[0][0] == 0


def test_what_the_decoder_gave_up_on_is_not_said_to_be_unknown(hma: Client) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1 << 20), 9)) + chunk(b"IEND", b"")
    hma.bank()
    for word in ("/m/lookup", "/h/hash", "/c/bank/BRIDGES/content"):
        got = hma.file(word, bomb)
        assert got.status == 400 and "could not be decoded" in got.json["message"], word
    sha256 = hma.file("/h/hash", bomb, types="sha256")
    assert sha256.status == 400
    import hashlib

    number = hma.signal("BRIDGES", sha256=hashlib.sha256(bomb).hexdigest())
    assert hma.file("/m/lookup", bomb).json["sha256"]["BRIDGES"][0]["bank_content_id"] == number


def test_capital_digits_are_digits(hma: Client) -> None:
    """There they are a 400."""
    hma.bank()
    hma.signal("BRIDGES", pdq=A.hex().upper())
    assert hma.known(A.hex().upper()) == hma.known(A.hex()) != {}


def test_no_word_works_without_a_key_and_none_empties_a_bank(hma: Client) -> None:
    """There `POST /dev/factory_reset` emptied all banks with no credential, and addresses were fetched for anybody."""
    hma.bank()
    hma.signal("BRIDGES", pdq=A.hex())
    for word in ("/dev/factory_reset", "/dev/setup_sample_example", "/ui/", "/status/live", "/site-map"):
        assert hma.wire.client.post(word).status_code == 404, word
    assert hma.wire.call("", "GET", "/h/hash?url=http://127.0.0.1:1/").status == 401
    assert hma.known(A.hex())


def test_a_content_is_reached_through_its_own_bank_alone(hma: Client) -> None:
    """There content 1 of one bank was read and deleted through another."""
    hma.bank("ONE")
    hma.bank("OTHER")
    number = hma.signal("ONE", pdq=A.hex())
    assert hma.get(f"/c/bank/OTHER/content/{number}").status == 404
    assert hma.json("PUT", f"/c/bank/OTHER/content/{number}", {"disable_until_ts": 0}).status == 404
    assert hma.json("DELETE", f"/c/bank/OTHER/content/{number}").json == {"deleted": 0}
    assert hma.json("DELETE", f"/c/bank/NOWHERE/content/{number}").status == 404
    assert hma.known(A.hex())["ONE"]
    for number_of_none in (0, 10**17, 2**63 - 1, 2**63, 10**30):
        assert hma.get(f"/c/bank/ONE/content/{number_of_none}").status == 404


def test_every_answer_is_json(hma: Client) -> None:
    """There two words of `/c/` crash or answer joined keys."""
    hma.bank()
    for method, word in (
        ("PUT", "/c/bank/BRIDGES"),
        ("GET", "/c/bank/BRIDGES"),
        ("GET", "/c/banks"),
        ("DELETE", "/c/bank/BRIDGES"),
    ):
        got = hma.json(method, word, {} if method == "PUT" else None)
        assert got.status == 200 and got.type == "application/json" and got.json
    for method in ("PUT", "GET"):
        assert hma.wire.call("bank", method, "/c/signal_type/pdq").status == 404


def test_nothing_that_is_read_is_a_pickle() -> None:
    """There an index is unpickled from the database, so that whoever writes it runs code."""
    import odzew

    for path in Path(odzew.__file__).parent.rglob("*.py"):
        assert "import pickle" not in path.read_text(encoding="utf-8"), path
