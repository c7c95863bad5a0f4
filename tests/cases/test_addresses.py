"""Every spelling of an address is one name, and two addresses are never one."""

from __future__ import annotations

import pytest

from odzew.cases.addresses import address_key, normal

SPELLINGS = [
    ("https://kladka.example/posts/1", "http://KLADKA.example:443/posts/1/#top"),
    ("https://kladka.example/posts/1", "kladka.example/posts/1?utm_source=x&fbclid=y&si=z"),
    ("https://żółw.example/zdjęcie", "https://xn--w-uga1v8h.example/zdj%C4%99cie"),
    ("https://kladka.example/p?a=1&b=2", "https://kladka.example/p?b=2&a=1"),
]
DIFFERENT = [
    ("https://kladka.example/view?sid=1", "https://kladka.example/view?sid=2"),
    ("https://kladka.example/view?site=a", "https://kladka.example/view?site=b"),
    ("https://kladka.example/view?size=1", "https://kladka.example/view"),
    ("https://kladka.example/p?gclidx=1", "https://kladka.example/p?gclidx=2"),
    ("https://kladka.example/P", "https://kladka.example/p"),
    ("https://kladka.example:8443/p", "https://kladka.example/p"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_spellings_of_one_address_are_one_name(one: str, other: str) -> None:
    assert address_key(url=one) == address_key(url=other), (normal(url=one), normal(url=other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_addresses_are_two_names(one: str, other: str) -> None:
    """Else a report about one post would hide another, and leave the right one up."""
    assert address_key(url=one) != address_key(url=other), (normal(url=one), normal(url=other))


@pytest.mark.parametrize(
    "words", ["", "   ", "the account ada at the bridge", "http://[", "https://a.example:port/", "konto: żółw"]
)
def test_what_is_no_address_still_has_a_name(words: str) -> None:
    assert address_key(url=words) == address_key(url=f" {words} ")
