"""The script as it is served: small, plain, kept for good, and from nobody else."""

from __future__ import annotations

import gzip
import re

import minify
from django.test import Client

from odzew.entrypoints.reporter import pages
from odzew.entrypoints.reporter.fingerprint.served import PARTS, policy, script, source, squeezed

KB = 1000


def _minified(text: str) -> bytes:
    return str(minify.string("application/javascript", text)).encode()


def test_it_is_small() -> None:
    found = script()
    assert len(_minified("{" + source(name="pdq.js") + "}")) <= 3 * KB
    assert len(_minified(found.content.decode())) <= 10 * KB
    assert len(found.packed) <= 7 * KB
    assert gzip.decompress(found.packed) == found.content


def test_it_is_plain_script_that_asks_for_nothing() -> None:
    text = script().content.decode()
    for word in (
        "eval",
        "Function(",
        "WebAssembly",
        "import",
        "fetch",
        "XMLHttpRequest",
        "sendBeacon",
        "WebSocket",
        "http",
        "Storage",
    ):
        assert word not in text, word
    assert len(re.findall(r"new Worker\(document\.currentScript\.src\)", text)) == text.count("Worker(") == 1


def test_what_is_left_out_are_comments_and_indentation_alone() -> None:
    assert squeezed(text="// one\n  a = 1 // two\n\n    b = '// three'\n") == "a = 1 // two\nb = '// three'"
    for name in PARTS:
        assert "`" not in squeezed(text=source(name=name)), "a text over several lines would lose its indentation"


def test_it_is_kept_for_good_and_an_old_address_leads_to_the_new_one() -> None:
    found, client = script(), Client()
    plain = client.get(found.address)
    packed = client.get(found.address, headers={"Accept-Encoding": "gzip, br"})
    assert plain.content == found.content
    assert packed.content == found.packed and packed["Content-Encoding"] == "gzip"
    for answer in (plain, packed):
        assert answer["Content-Type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer["Cache-Control"]
        assert answer["Content-Security-Policy"] == "default-src 'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Vary"] == "Accept-Encoding"
    old = client.get("/fingerprint-000000000000.js")
    assert (old.status_code, old["Location"]) == (301, found.address)
    assert client.post(found.address).status_code == 405


def test_a_page_with_it_may_do_little_more_and_others_nothing_more() -> None:
    before = {part.partition(" ")[0]: part for part in pages.policy().split("; ")}
    after = {part.partition(" ")[0]: part for part in policy(of=pages.policy()).split("; ")}
    assert {name for name in after if after[name] != before.get(name)} == {"worker-src", "img-src", "media-src"}
    assert set(before) <= set(after)
    assert "unsafe" not in policy(of=pages.policy())
    assert policy(of=policy(of=pages.policy())) == policy(of=pages.policy())
