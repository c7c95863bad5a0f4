"""Small files that would grow are refused before they do, and what is decoded stays within its memory and time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from odzew.matching.decoder.data import FROM_A_CHILD, Decoded, Limits
from odzew.matching.decoder.pool import Decoder
from tests.decoder.bombs import png, scans, swollen, too_wide, twelve_gibibytes
from tests.decoder.corpus import film
from tests.decoder.pictures import FORMATS, encoded, waves

MEBI = 1 << 20


@pytest.fixture(scope="module")
def one() -> Iterator[Decoder]:
    """A decoder with one child, so that a test knows whom to look at."""
    with Decoder(children=1) as found:
        found.hashes(data=b"x")
        yield found


def _cost(decoder: Decoder, data: bytes) -> tuple[Decoded, float, int]:
    """Return the answer, the child's processor seconds, and by how much its memory grew at most."""
    decoder.hashes(data=b"x")
    _server, child = decoder.processes()
    seconds, peak = _used(child)
    found = decoder.hashes(data=data)
    assert decoder.processes()[1:] == (child,), f"the child did not survive: {found}"
    after, higher = _used(child)
    return found, after - seconds, higher - peak


def _used(pid: int) -> tuple[float, int]:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"), int(status["VmHWM"].split()[0]) * 1024


def test_half_a_megabyte_of_twelve_gibibytes_is_refused_unopened(one: Decoder) -> None:
    data = twelve_gibibytes()
    assert 500_000 < len(data) < 560_000
    found, seconds, grown = _cost(one, data)
    assert found.verdict == "too_many_pixels" and "65,536" in found.note
    assert seconds < 0.5 and grown < 8 * MEBI


@pytest.mark.parametrize(("name", "data"), [pytest.param(name, data, id=name) for name, data in too_wide()])
def test_headers_that_promise_too_much_are_refused_unopened(one: Decoder, name: str, data: bytes) -> None:
    found, seconds, grown = _cost(one, data)
    assert found.verdict in ("too_many_pixels", "unreadable"), name
    assert seconds < 0.5 and grown < 8 * MEBI, name


@pytest.mark.parametrize(("name", "data"), [pytest.param(name, data, id=name) for name, data in swollen()])
def test_what_is_swollen_beside_the_picture_does_not_swell_the_child(one: Decoder, name: str, data: bytes) -> None:
    found, _seconds, grown = _cost(one, data)
    assert found.verdict in ("ok", "unreadable"), found
    assert grown < 192 * MEBI, f"{grown / MEBI:.0f} MiB"


def test_the_largest_picture_that_is_taken_fits_or_says_so() -> None:
    with Decoder(limits=Limits(seconds=60), children=1) as decoder:
        for colour in (0, 2, 6):
            found = decoder.hashes(data=png(width=10_000, height=10_000, colour=colour))
            assert found.verdict in ("ok", "out_of_memory"), found
        assert decoder.hashes(data=encoded(picture=waves(), form="PNG")).verdict == "ok"


def test_little_memory_is_a_verdict_too() -> None:
    with Decoder(limits=Limits(memory_bytes=64 * MEBI), children=1) as decoder:
        assert decoder.hashes(data=png(width=6000, height=6000)).verdict == "out_of_memory"
        assert decoder.hashes(data=encoded(picture=waves(), form="PNG")).verdict == "ok"


def test_scans_without_end_run_out_of_time() -> None:
    with Decoder(limits=Limits(seconds=1), children=1) as decoder:
        assert decoder.hashes(data=scans(count=30_000)).verdict == "timed_out"
        assert decoder.hashes(data=encoded(picture=waves(), form="PNG")).verdict == "ok"


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_cut_at_any_byte_is_a_verdict(decoder: Decoder, form: str) -> None:
    whole = encoded(picture=waves(width=16, height=12), form=form)
    found = [decoder.hashes(data=whole[:length]).verdict for length in range(len(whole) + 1)]
    assert set(found) <= {"ok", "unreadable"} < FROM_A_CHILD and found[0] == "unreadable" and found[-1] == "ok"


def test_a_film_cut_anywhere_is_a_verdict(decoder: Decoder) -> None:
    whole = film(codec="libx264", container="mp4", count=6, side=(64, 64))
    found = [decoder.hashes(data=whole[:length]).verdict for length in range(0, len(whole), 37)]
    assert set(found) <= {"ok", "unreadable"}
    assert decoder.hashes(data=whole).verdict == "ok"


@pytest.mark.parametrize(
    ("width", "height", "form", "words"),
    [
        (1, 1, "PNG", "5 pixels"),
        (65_535, 1, "PNG", "5 pixels"),
        (1, 65_535, "PNG", "5 pixels"),
        (65_535, 5, "PNG", ""),
        (65_536, 8, "PNG", "65,536"),
    ],
)
def test_odd_sizes_have_clear_verdicts(decoder: Decoder, width: int, height: int, form: str, words: str) -> None:
    found = decoder.hashes(data=encoded(picture=waves(width=width, height=height), form=form))
    assert (found.verdict == "ok") == (words == "") and words in found.note
