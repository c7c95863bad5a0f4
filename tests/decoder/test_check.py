"""`odzew check` names what is missing around the children."""

from __future__ import annotations

from pathlib import Path

import pytest

from odzew.entrypoints.checks import check_decoder
from odzew.foundation.settings import Settings
from odzew.matching.decoder import handles
from odzew.matching.decoder.data import Limits
from odzew.matching.decoder.pool import Decoder, decoder_as_set
from tests.decoder.conftest import ROOT


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def _rigged(monkeypatch: pytest.MonkeyPatch, *faults: str) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(handles, "MODULE", ("tests.decoder.rigged", ",".join(faults)))


def test_a_good_machine_has_nothing_to_say(chosen: Settings) -> None:
    assert check_decoder(chosen=chosen) == []


def test_a_missing_wall_is_a_warning_and_what_gets_through_an_error(monkeypatch: pytest.MonkeyPatch, chosen: Settings) -> None:
    _rigged(monkeypatch, "no_filter")
    found = check_decoder(chosen=chosen)
    assert [(f.code, f.level) for f in found] == [("decoder", "warning"), ("decoder", "error")]
    assert "system_call_filter" in found[0].sentence and "taken away by a test" in found[0].sentence
    assert "map code" in found[1].sentence and not any(f.refuses for f in found)


@pytest.mark.parametrize("faults", [("no_filter", "no_namespaces"), ("no_start",)])
def test_a_decoder_that_does_not_work_is_an_error(
    monkeypatch: pytest.MonkeyPatch, chosen: Settings, faults: tuple[str, ...]
) -> None:
    _rigged(monkeypatch, *faults)
    (found,) = check_decoder(chosen=chosen)
    assert (found.code, found.level, found.refuses) == ("decoder", "error", False)


def test_settings_reach_the_limits() -> None:
    chosen = Settings(decoder_children=3, decoder_memory=300, decoder_megapixels=7, decoder_seconds=4, decoder_film_seconds=50)
    decoder = decoder_as_set(chosen=chosen)
    assert decoder._limits == Limits(pixels=7_000_000, memory_bytes=300 << 20, seconds=4, film_seconds=50) and decoder._most == 3
    assert Decoder()._limits == decoder_as_set(chosen=Settings())._limits == Limits(), "the settings' defaults are the room's"
