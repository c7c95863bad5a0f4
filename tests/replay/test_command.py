"""`odzew replay` as it is run: its own database, JSON alone on stdout, the same figures each time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from odzew.entrypoints.replay.case_file import find_case
from odzew.entrypoints.replay.figures import figures_then

FORUM = Path(__file__).with_name("forum.toml")


def _run(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("ODZEW_DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    environment |= {"ODZEW_DATA": str(data), "ODZEW_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    code = "from odzew.entrypoints.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "replay", *words], check=False, capture_output=True, text=True, env=environment, timeout=280
    )


def test_the_default_replay_is_the_same_each_time_and_never_touches_the_desk(tmp_path: Path) -> None:
    data, plot = tmp_path / "data", tmp_path / "plot.svg"
    first = _run("doe-v-twitter", "--json", "--plot", str(plot), data=data)
    assert first.returncode == 0, first.stderr
    value = json.loads(first.stdout)
    case = find_case(name="doe-v-twitter")
    assert value["case"] == "doe-v-twitter" and value["policy"] == "Odzew default, version 1"
    assert value["staffing"] == case.staffing[0].name
    assert [c["name"] for c in value["curves"]] == ["steady", "early burst", "late burst"]
    for curve, said in zip(case.curves, value["curves"], strict=True):
        assert said["then"]["views_after_first_notice"] == figures_then(case=case, curve=curve).views_after_first_notice
        assert said["now"] == {
            "views_after_first_notice": 0,
            "hours_to_withhold": 0.0,
            "hours_to_decision": 12.17,
            "hours_to_answer": 0.0,
            "silent_hours": 0.0,
        }
    assert len(ElementTree.parse(plot).getroot().findall("{http://www.w3.org/2000/svg}polyline")) == 6  # noqa: S314
    assert not data.exists(), "the desk's folder was not even made"
    assert _run("doe-v-twitter", "--json", data=data).stdout == first.stdout


def test_a_table_for_people_and_a_warning_about_a_policy_that_no_desk_may_run(tmp_path: Path) -> None:
    from odzew.policy.shipped import shipped_policy_text

    policy = tmp_path / "policy.toml"
    policy.write_text(shipped_policy_text().replace("people = 2\nrounds = 1", "people = 1\nrounds = 1"), encoding="utf-8")
    done = _run(str(FORUM), "--policy", str(policy), data=tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "no desk may run this policy" in done.stderr
    for word in (
        "A picture on a forum, made up",
        "Made up for a test.",
        "Assumed",
        "one person, after five hours",
        "then",
        "never",
    ):
        assert word in done.stdout
    assert "hidden at 2.00 h; removed by people at 5.50 h" in done.stdout
