"""What the part of the form does in a person's hands, and what it never does."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Final
from urllib.parse import parse_qs

import pytest
from PIL import Image

from odzew.answers.wordbook import say
from odzew.entrypoints.reporter.fingerprint.given import read_hashes
from tests.fingerprint.conftest import Open
from tests.fingerprint.device import OVER, Device
from tests.fingerprint.films import small_film
from tests.fingerprint.pictures import desks
from tests.hashing.corpus import picture
from tests.hashing.encode import save
from tests.pages.looks import faults

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
EXACT: Final = say(key="page.fingerprint_exact", language="en")
READY: Final = say(key="page.fingerprint_ready", language="en")
NOISY: Final = """
if (!self.document) {
  const pen = OffscreenCanvasRenderingContext2D.prototype, read = pen.getImageData
  pen.getImageData = function (...where) { const got = read.apply(this, where); got.data[5] ^= 1; return got }
}"""
SLOW: Final = "if (!self.document) { const read = Blob.prototype.arrayBuffer; let going; self.go = () => going(); \
const gate = new Promise(done => { going = done }); Blob.prototype.arrayBuffer = async function () { await gate; return read.call(this) } }"


def _photo(number: int = 3) -> bytes:
    return save(picture(number, (320, 240)), "JPEG", quality=85)


def _claims(*, width: int, height: int) -> bytes:
    """Return a small PNG of black and white pixels, all of them white: as many as it says."""
    rows = zlib.compress((b"\0" + b"\xff" * (-(-width // 8))) * height, 9)
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    chunks = (struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_nothing_leaves_the_phone(opened: Open) -> None:
    with opened() as device:
        beyond: list[str] = []
        device.page.context.on("request", lambda request: beyond.append(request.url))
        for name, data in (("photo", _photo()), ("film", small_film(kind="webm", seed=1, seconds=2)), ("broken", b"\xff\xd8\xff")):
            assert device.choose((name, data))
        assert device.asked == []
        assert [url for url in beyond if not url.startswith("blob:")] == []
        assert device.page.context.cookies() == []
        assert device.page.evaluate("() => localStorage.length + sessionStorage.length") == 0


def test_neither_the_page_nor_the_worker_could_send_it(opened: Open) -> None:
    ask = "() => fetch('/form', {method: 'POST', body: 'x'}).then(() => 'sent', () => 'refused')"
    with opened() as device:
        assert device.page.evaluate(ask) == "refused"
        assert device.page.workers[0].evaluate(ask) == "refused"
        assert device.asked == []
        assert device.page.get_attribute("#fingerprint", "name") is None


def test_the_form_sends_the_fingerprint_and_no_file(opened: Open) -> None:
    with opened() as device:
        found = device.choose(("Jaś i żółw.jpg", _photo()))
        with device.page.expect_navigation():
            device.page.click("#on")
        (body,) = device.sent
        assert list(parse_qs(body.decode())) == ["hashes"]
        assert list(read_hashes(text=parse_qs(body.decode())["hashes"][0])) == found
        assert [row["type"] for row in found] == ["pdq", "sha256", "md5"]
        assert found[0]["value"] == desks(_photo())[0]


def test_the_page_stays_live_and_shows_how_far_it_is(device: Device) -> None:
    device.page.evaluate(
        """() => {
          const bar = document.querySelector('progress'), form = document.querySelector('#fingerprint')
          window.seen = new Set(), window.ticks = 0
          setInterval(() => { if (!bar.hidden && form.value) { ticks++; seen.add(bar.value) } }, 5)
        }"""
    )
    large = save(picture(0, (800, 600)).resize((4000, 3000)), "JPEG", quality=85)
    assert device.choose(("large", large))[0]["value"] == desks(large)[0]
    assert device.page.evaluate("() => ticks") >= 10
    assert device.page.evaluate("() => seen.size") >= 3
    assert device.page.evaluate("() => [...seen].every(v => v >= 0 && v <= 1)")


UNSEEN: Final = (
    ("empty.jpg", b"", "empty", False),
    ("text.png", b"This is no picture.\n", "broken", True),
    ("cut.png", save(Image.new("RGB", (50, 50), "red"), "PNG")[:40], "broken", True),
    ("photo.heic", struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"heic", 0, b"mif1", b"heic") + bytes(500), "heic", True),
    ("dot.png", save(Image.new("RGB", (4, 300), "red"), "PNG"), "small", True),
    ("huge.png", _claims(width=12_000, height=9_000), "large", True),
    (
        "drawing.svg",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/form"/></svg>',
        "broken",
        True,
    ),
)
"""Files that cannot be looked at: name, content, what is said, and whether they have sums."""


def test_what_cannot_be_looked_at_gets_a_kind_sentence(opened: Open) -> None:
    with opened() as device:
        for name, data, key, sums in UNSEEN:
            assert [row["type"] for row in device.choose((name, data))] == (["sha256", "md5"] if sums else []), name
            said = say(key=f"page.fingerprint_{key}", language="en")
            assert device.status == (f"{said} {EXACT}" if sums else said)
        assert device.asked == []


def test_a_browser_that_changes_what_pages_read_gives_no_wrong_hash(opened: Open) -> None:
    with opened(rigged=NOISY) as device:
        assert [row["type"] for row in device.choose(("photo", _photo()))] == ["sha256", "md5"]
        assert device.status == f"{say(key='page.fingerprint_guarded', language='en')} {EXACT}"


def test_more_files_than_ten_and_files_of_all_kinds_at_once(device: Device) -> None:
    found = device.choose(*((f"{n}", _photo(n)) for n in range(11)))
    assert [row["type"] for row in found] == ["pdq", "sha256", "md5"] * 10
    assert device.status == f"{say(key='page.fingerprint_many', language='en')} {READY}"
    mixed = device.choose(("empty", b""), ("text", b"x"), ("photo", _photo()))
    assert [row["type"] for row in mixed] == ["sha256", "md5", "pdq", "sha256", "md5"]
    assert device.status.endswith(READY)
    assert device.status.startswith(say(key="page.fingerprint_empty", language="en"))


def test_it_can_be_left_out_again_and_a_new_choice_takes_the_place_of_the_last(device: Device) -> None:
    device.choose(("one", _photo(1)))
    assert device.choose(("two", _photo(2)))[0]["value"] == desks(_photo(2))[0]
    device.page.click("[data-fingerprint] button")
    assert device.found() == []
    assert device.status == ""
    assert device.page.locator("[data-fingerprint] button").is_hidden()


def test_what_was_chosen_before_never_comes_back(opened: Open) -> None:
    with opened(rigged=SLOW) as device:
        device.put(("one", _photo(1)))
        device.page.wait_for_selector("progress:visible")
        device.put(("two", _photo(2)))
        device.page.workers[0].evaluate("() => go()")
        assert device.found()[0]["value"] == desks(_photo(2))[0]
        device.put(("three", _photo(3)))
        device.page.click("[data-fingerprint] button")
        assert device.found() == []


def test_who_goes_on_too_early_waits_and_who_insists_goes(opened: Open) -> None:
    with opened(rigged=SLOW) as device:
        device.put(("one", _photo(1)))
        device.page.wait_for_selector("progress:visible")
        device.page.click("#on")
        assert device.status == say(key="page.fingerprint_wait", language="en")
        assert device.sent == []
        with device.page.expect_navigation():
            device.page.workers[0].evaluate("() => go()")
        assert len(json.loads(parse_qs(device.sent[0].decode())["hashes"][0])) == 3
    with opened(rigged=SLOW) as device:
        device.put(("one", _photo(1)))
        device.page.wait_for_selector("progress:visible")
        device.page.click("#on")
        with device.page.expect_navigation():
            device.page.click("#on")
        assert "hashes" not in parse_qs(device.sent[0].decode())


def test_without_scripts_or_a_worker_it_is_not_offered_and_says_so(opened: Open) -> None:
    for how in ({"java_script_enabled": False}, {"rigged": "delete self.OffscreenCanvas", "worker": False}):
        with opened(**how) as device:
            assert device.page.locator("#fingerprint").is_hidden()
            assert device.page.inner_text("[data-none]") == say(key="page.fingerprint_no_script", language="en")


def test_a_worker_that_does_not_start_is_no_dead_end(opened: Open) -> None:
    with opened(rigged="if (!self.document) throw 1") as device:
        device.page.wait_for_selector("[data-none]:visible")
        assert device.page.locator("#fingerprint").is_hidden()


def test_what_was_made_before_is_still_there_on_the_way_back(opened: Open) -> None:
    with opened(query="?had=1") as device:
        assert device.status == READY
        device.page.click("[data-fingerprint] button")
        assert device.page.input_value("[name=hashes]") == ""


def test_anybody_can_see_and_touch_it(opened: Open) -> None:
    """In Polish, whose words are longer; the form's own test looks at the part at rest in both languages."""
    with opened(query="?lang=pl", bypass_csp=True, rigged=SLOW) as device:
        device.put(("photo", _photo()))
        device.page.wait_for_selector("progress:visible")
        found = faults(device.page)
        device.page.workers[0].evaluate("() => go()")
        device.page.wait_for_function(OVER)
        assert device.status == say(key="page.fingerprint_ready", language="pl")
        found += faults(device.page)
    assert found == []


def test_it_can_be_worked_by_keyboard(device: Device) -> None:
    device.page.keyboard.press("Tab")
    assert device.page.evaluate("() => document.activeElement.id") == "fingerprint"
    device.choose(("photo", _photo()))
    device.page.focus("#fingerprint")
    device.page.keyboard.press("Tab")
    device.page.keyboard.press("Enter")
    assert device.found() == []
    assert device.page.evaluate("() => document.activeElement.id") == "fingerprint"
