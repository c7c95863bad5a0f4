"""A demo's end, gentle or not, and its next beginning."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cli.demos import Demo, ask, odzew, until

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.crash]


def _living(pids: set[int]) -> set[int]:
    found = set()
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.add(pid)
        except OSError:
            continue
    return found


def test_killed_nothing_stays_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = Demo(folder)
    post = first.post()
    receipt = first.report(post["id"], external_id="before-the-kill")
    assert until(lambda: ask("GET", post["media_url"])[0] == 451)
    family = first.descendants()
    assert len(family) > 8
    first.stop(how=signal.SIGKILL)
    assert until(lambda: not _living(family), within=5)
    second = Demo(folder)
    try:
        assert second.platform == first.platform and second.desk == first.desk and second.key == first.key
        assert second.person("Ada") != first.person("Ada")
        assert ask("GET", post["media_url"])[0] == 451
        assert second.api("GET", f"/notices/{receipt['notice']}")[1]["case"] == receipt["case"]
        again = {
            "external_id": "before-the-kill",
            "source": "user",
            "concern": {"kind": "csam", "minor": True, "claimant": "depicted", "flags": []},
            "where": [{"item_id": post["id"]}],
        }
        assert second.api("POST", "/notices", body=again) == (200, receipt)
        killed = sorted(second.descendants() - {second.process.pid})
        for pid in killed[:2]:
            os.kill(pid, signal.SIGKILL)
        assert until(lambda: ask("POST", f"{second.desk}/api/v1/notices", key=second.key, body=again)[0] == 200, within=30)
        # What was killed may take others with it a moment later: then a report is refused in words, and sent again.
        assert until(lambda: ask("GET", f"{second.desk}/readyz")[0] == 200, within=30)
        other = second.post()
        more = again | {"external_id": "after-the-kill", "where": [{"item_id": other["id"]}]}
        assert until(lambda: ask("POST", f"{second.desk}/api/v1/notices", key=second.key, body=more)[0] in (200, 201), within=30)
        assert until(lambda: ask("GET", other["media_url"])[0] == 451, within=30)
        family = second.descendants()
    finally:
        assert second.stop() == 0
    assert not _living(family)
    third = Demo(folder, "--fresh")
    try:
        assert third.key != first.key
        assert third.api("GET", f"/notices/{receipt['notice']}")[0] == 404
    finally:
        assert third.stop(how=signal.SIGTERM) == 0


def test_fresh_wipes_nothing_but_a_demo(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("not a demo")
    for words in ((), ("--fresh",)):
        refused = odzew("demo", "--json", "--port", "0", "--data", str(tmp_path), *words)
        assert refused.returncode == 1 and "give the demo a folder of its own" in refused.stderr
    assert (tmp_path / "letters.txt").read_text() == "not a demo"
