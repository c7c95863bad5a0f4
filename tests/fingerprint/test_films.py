"""A browser makes of a film's pictures what the desk makes of them."""

from __future__ import annotations

import pytest

from odzew.entrypoints.reporter.fingerprint.given import MOST_HASHES
from tests.fingerprint.conftest import Open
from tests.fingerprint.device import Device
from tests.fingerprint.films import KINDS, SECONDS, on_screen, small_film
from tests.hashing.near import between

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
NEAR, SHARE = 4, 0.95
LAGGING = """
const real = self.createImageBitmap, seen = new Set()
let shown
self.createImageBitmap = async film => {
  const first = !seen.has(film.currentTime), now = await real.call(self, film), was = first && shown || now
  seen.add(film.currentTime)
  shown = await real.call(self, now)
  return was
}
"""
"""A busy device: at each new place the picture of the place before is there, once."""


def test_one_picture_a_second_is_near_the_desks(device: Device) -> None:
    apart: list[int] = []
    for seed, kind in enumerate(KINDS):
        data = small_film(kind=kind, seed=seed)
        found = [row for row in device.choose((kind, data)) if row["type"] == "pdq"]
        there = on_screen(data=data, times=[second + 0.005 for second in range(SECONDS)])
        assert len(found) == SECONDS, kind
        apart += [between(bytes.fromhex(row["value"]), pdq.bits) for row, pdq in zip(found, there, strict=True)]
    assert sum(bits <= NEAR for bits in apart) >= SHARE * len(apart), apart
    assert device.said == []


def test_a_busy_device_that_still_shows_the_picture_before_loses_none(opened: Open) -> None:
    data = small_film(kind="tiny", seed=4)
    there = on_screen(data=data, times=[second + 0.005 for second in range(SECONDS)])
    with opened(rigged=LAGGING) as device:
        found = [row["value"] for row in device.choose(("film", data)) if row["type"] == "pdq"]
    assert len(found) == SECONDS
    assert all(between(bytes.fromhex(value), pdq.bits) <= NEAR for value, pdq in zip(found, there, strict=True))


def test_a_film_that_stands_still_gives_one_hash_and_one_with_nothing_in_it_none(device: Device) -> None:
    still = [row["type"] for row in device.choose(("still", small_film(kind="webm", seed=9, still=True)))]
    assert still == ["pdq", "sha256", "md5"]
    flat = [row["type"] for row in device.choose(("flat", small_film(kind="webm", seed=9, flat=True)))]
    assert flat == ["sha256", "md5"]
    assert device.status.startswith("There is too little to see in this film.")


def test_many_long_films_stay_within_what_one_report_takes(device: Device) -> None:
    data = small_film(kind="tiny", seed=5, seconds=14)
    found = device.choose(*((f"{n}", data) for n in range(10)))
    assert len(found) <= MOST_HASHES
    assert sum(row["type"] == "sha256" for row in found) == 10
    assert sum(row["type"] == "pdq" for row in found) >= 60
