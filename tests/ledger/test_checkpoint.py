"""Checkpoints are C2SP signed notes, and events have exactly one row of bytes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, StrEnum
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.ledger.canonical import NotCanonical, canonical, salted
from odzew.ledger.checkpoint import (
    BadCheckpoint,
    BadKey,
    VerifierKey,
    parse_checkpoint,
    parse_verifier_key,
    sign_checkpoint,
    verifier_key,
    verify_checkpoint,
)

ORIGIN = "desk.example/record"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key()
AT = datetime(2026, 1, 31, 8, 5, tzinfo=UTC)
NOTE = sign_checkpoint(origin=ORIGIN, size=1234, root=bytes(range(32)), key=KEY, at=AT)


def test_the_published_note_of_go_opens() -> None:
    # golang.org/x/mod/sumdb/note, package documentation
    key = parse_verifier_key(text="PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert key.name == "PeterNeumann"
    assert key.key_id.hex() == "c74f20a3"
    assert str(key) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_checkpoint_reads_as_the_standard_says() -> None:
    lines = NOTE.split("\n")
    assert lines[:5] == [ORIGIN, "1234", base64.b64encode(bytes(range(32))).decode(), "time: 2026-01-31T08:05:00.000000Z", ""]
    assert lines[5].startswith(f"— {ORIGIN} ")
    assert lines[6:] == [""]
    signature = base64.b64decode(lines[5].rsplit(" ", 1)[1])
    assert signature[:4] == verifier_key(origin=ORIGIN, key=KEY).key_id
    PUBLIC.verify(signature[4:], "\n".join(lines[:4]).encode() + b"\n")


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.none() | st.datetimes(timezones=st.just(UTC)))
def test_what_is_signed_is_what_is_read(size: int, root: bytes, at: datetime | None) -> None:
    found = verify_checkpoint(
        text=sign_checkpoint(origin=ORIGIN, size=size, root=root, key=KEY, at=at),
        origin=ORIGIN,
        public_key=PUBLIC.public_bytes_raw(),
    )
    assert (found.origin, found.size, found.root, found.at) == (ORIGIN, size, root, at)


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
@settings(max_examples=400)
def test_no_changed_byte_is_accepted(at: int, flip: int) -> None:
    raw = bytearray(NOTE.encode())
    raw[at] ^= flip
    with pytest.raises(BadCheckpoint):
        verify_checkpoint(text=raw.decode("utf-8", "replace"), origin=ORIGIN, public_key=PUBLIC)


@given(st.text(alphabet="a0/+=\n— \ttime:Z", max_size=60))
def test_any_text_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadCheckpoint) as caught:
        parse_checkpoint(text=text)
    assert caught.value.sentence.endswith(".")


def test_another_origin_or_key_is_refused() -> None:
    with pytest.raises(BadCheckpoint, match="another record"):
        verify_checkpoint(text=NOTE, origin="other.example/record", public_key=PUBLIC)
    with pytest.raises(BadCheckpoint, match="not signed by the key"):
        verify_checkpoint(text=NOTE, origin=ORIGIN, public_key=OTHER.public_key())


def test_a_witness_may_add_its_signature_but_not_stand_in_for_ours() -> None:
    witness = f"— witness.example {base64.b64encode(b'wxyz' + bytes(72)).decode()}\n"
    assert verify_checkpoint(text=NOTE + witness, origin=ORIGIN, public_key=PUBLIC).size == 1234
    with pytest.raises(BadCheckpoint, match="not signed by the key"):
        verify_checkpoint(text=NOTE.rpartition("\n\n")[0] + "\n\n" + witness, origin=ORIGIN, public_key=PUBLIC)
    forged = f"— {ORIGIN} {base64.b64encode(verifier_key(origin=ORIGIN, key=KEY).key_id + bytes(64)).decode()}\n"
    with pytest.raises(BadCheckpoint, match="does not hold"):
        verify_checkpoint(text=NOTE + forged, origin=ORIGIN, public_key=PUBLIC)


def test_foreign_extension_lines_are_allowed_and_a_broken_time_is_not() -> None:
    body = NOTE.rpartition("\n\n")[0]
    tail = NOTE.rpartition("\n\n")[2]
    found = parse_checkpoint(text=f"{body}\nanything else\n\n{tail}")
    assert found.at == AT
    for extra in ("time: 2026-01-31T08:05:00.000000Z", "time: 2026-13-31T08:05:00.000000Z"):
        with pytest.raises(BadCheckpoint, match="time line"):
            parse_checkpoint(text=f"{body}\n{extra}\n\n{tail}")


@pytest.mark.parametrize("size", ["01", "-1", "+1", "1 ", "", "1e3", "٣", str(2**63)])
def test_a_size_that_is_no_plain_number_is_refused(size: str) -> None:
    with pytest.raises(BadCheckpoint):
        parse_checkpoint(text=NOTE.replace("\n1234\n", f"\n{size}\n", 1))


def test_verifier_keys_round_trip_and_bad_ones_are_refused() -> None:
    key = verifier_key(origin=ORIGIN, key=PUBLIC)
    assert parse_verifier_key(text=f"{key}\n") == key
    name, key_id, encoded = str(key).split("+", 2)
    for text in (
        "",
        name,
        f"{name}+{key_id}",
        f"{name}+00000000+{encoded}",
        f"x{name}+{key_id}+{encoded}",
        f"{name}+{key_id}+AAAA",
    ):
        with pytest.raises(BadKey):
            parse_verifier_key(text=text)
    for origin in ("", "with space", "with+plus", "zażalenie", "line\nbreak", "a" * 201):
        with pytest.raises(BadKey):
            sign_checkpoint(origin=origin, size=0, root=bytes(32), key=KEY)
    with pytest.raises(BadKey):
        VerifierKey(name=ORIGIN, public_key=b"short")
    with pytest.raises(BadCheckpoint):
        sign_checkpoint(origin=ORIGIN, size=0, root=b"short", key=KEY)


class Colour(StrEnum):
    RED = "red"


class Level(Enum):
    LOW = 1


def test_an_event_has_one_row_of_bytes() -> None:
    value = {
        "who": "Żosia",
        "at": datetime(2026, 1, 31, 9, 5, tzinfo=timezone(timedelta(hours=1))),
        "a": [True, None, 3, Colour.RED, Level.LOW, (date(2026, 1, 31),)],
        "id": UUID(int=7),
    }
    assert (
        canonical(value=value)
        == (
            '{"a":[true,null,3,"red",1,["2026-01-31"]],"at":"2026-01-31T08:05:00.000000Z",'
            '"id":"00000000-0000-0000-0000-000000000007","who":"Żosia"}'
        ).encode()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5))
def test_order_of_keys_does_not_matter_and_nothing_is_lost(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical(value=value) == canonical(value=turned)
    assert json.loads(canonical(value=value)) == value


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        Decimal("1"),
        b"x",
        {1},
        {1: 2},
        {Colour.RED: 1},
        2**53,
        -(2**53),
        datetime(2026, 1, 1),  # noqa: DTZ001
        "\ud800",
        object(),
    ],
)
def test_what_has_no_one_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value={"value": [value]})


def test_deep_and_circular_values_are_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(NotCanonical, match="nested"):
        canonical(value=circle)


def test_a_salted_hash_needs_its_salt() -> None:
    salt = bytes(range(16))
    assert salted(text="Zosia", salt=salt) == salted(text="Zosia", salt=salt)
    assert len({salted(text="Zosia", salt=salt), salted(text="Zosia", salt=bytes(16)), salted(text="Zosi", salt=salt + b"a")}) == 3
    assert salted(text="a", salt=salt + b"b") != salted(text="ba", salt=salt)
    with pytest.raises(NotCanonical):
        salted(text="Zosia", salt=b"short")
    with pytest.raises(NotCanonical):
        salted(text="\ud800", salt=salt)
