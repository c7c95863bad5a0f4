"""The walls around a child, each tried by a child that throws itself against it."""

from __future__ import annotations

import pytest

from odzew.matching.decoder.data import ATTEMPTS, PROTECTIONS
from odzew.matching.decoder.pool import Decoder
from tests.decoder.conftest import Rig
from tests.decoder.pictures import encoded, waves


def _missing(decoder: Decoder) -> dict[str, str]:
    return {wall.name: wall.why for wall in decoder.protections() if not wall.active}


def test_every_wall_stands_and_every_attempt_fails(decoder: Decoder) -> None:
    assert _missing(decoder) == {}
    assert {wall.name for wall in decoder.protections()} >= set(PROTECTIONS) - {"other_user"}
    assert decoder.probe() == (), f"of {ATTEMPTS}"


def test_a_desk_without_special_rights_has_the_same_walls(rig: Rig) -> None:
    decoder = rig("no_capabilities")
    assert _missing(decoder).keys() <= {"other_user"}
    assert decoder.probe() == ()


def test_without_namespaces_the_filter_alone_holds_everything(rig: Rig) -> None:
    decoder = rig("no_capabilities", "no_namespaces")
    assert {"no_network", "no_files"} <= _missing(decoder).keys()
    assert "taken away by a test" in _missing(decoder)["no_network"]
    assert decoder.probe() == ()


def test_without_the_filter_the_other_walls_keep_network_files_and_processes(rig: Rig) -> None:
    decoder = rig("no_filter")
    assert _missing(decoder).keys() == {"system_call_filter"}
    open_now = set(decoder.probe())
    assert open_now.isdisjoint({"read_a_file", "write_a_file", "connect", "fork", "execute", "raise_a_limit", "become_root"})
    assert "map_code" in open_now, "the self-check sees what is open"
    assert decoder.hashes(data=encoded(picture=waves(), form="PNG")).verdict == "ok"


def test_with_neither_filter_nor_namespaces_no_file_is_decoded(rig: Rig) -> None:
    decoder = rig("no_filter", "no_namespaces")
    found = decoder.hashes(data=encoded(picture=waves(), form="PNG"))
    assert found.verdict == "refused" and "docs/decoding.md" in found.note
    assert found.hashes is not None and found.hashes.picture is None


@pytest.mark.parametrize("count", [1, 3])
def test_a_child_that_was_probed_never_sees_a_file(decoder: Decoder, count: int) -> None:
    for _ in range(count):
        decoder.hashes(data=b"x")
        before = set(decoder.processes()[1:])
        decoder.probe()
        assert set(decoder.processes()[1:]) < before
