"""SHA-256 and MD5 made piece by piece are those of hashlib."""

from __future__ import annotations

import hashlib
import random
from typing import Final

import pytest

from odzew.answers.wordbook import say
from tests.fingerprint.conftest import Open
from tests.fingerprint.device import Device

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PIECE: Final = 1 << 20
SIZES: Final = (
    1,
    3,
    54,
    55,
    56,
    57,
    63,
    64,
    65,
    118,
    119,
    120,
    127,
    128,
    129,
    PIECE - 9,
    PIECE - 1,
    PIECE,
    PIECE + 1,
    2 * PIECE + 63,
)


def _sums(data: bytes) -> list[str]:
    return [hashlib.sha256(data).hexdigest(), hashlib.md5(data, usedforsecurity=False).hexdigest()]


def test_sums_of_sizes_around_the_ends_of_blocks_and_pieces(device: Device) -> None:
    chance = random.Random(5)
    files = [(f"{size}", chance.randbytes(size)) for size in SIZES]
    found = device.choose_each(files)
    assert [[row["sha256"], row["md5"]] for row in found] == [_sums(data) for _, data in files]


def test_a_file_too_large_to_look_at_still_has_its_sums(opened: Open) -> None:
    data = b"\xff\xd8\xff" + random.Random(6).randbytes(3 * PIECE)
    with opened(changed=("MOST = 1e8", "MOST = 3e6")) as device:
        assert [row["value"] for row in device.choose(("large", data))] == _sums(data)
        assert (
            device.status
            == f"{say(key='page.fingerprint_large', language='en')} {say(key='page.fingerprint_exact', language='en')}"
        )
