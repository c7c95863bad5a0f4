"""The demo, end to end, as a stranger with its one JSON line would use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.demos import CLOCK, Demo, ask, megabytes, until

pytestmark = pytest.mark.xdist_group("demo")
SECRET_WORDS = "Nobody but a reviewer may read that the heron sat on the third pillar."


def test_the_line_is_the_agreed_one(demo: Demo) -> None:
    assert set(demo.said) == {"desk", "platform", "api_key", "people"}
    assert [(p["role"], p["name"]) for p in demo.said["people"]] == [
        ("reviewer", "Ada"),
        ("reviewer", "Bartek"),
        ("reviewer", "Iga"),
        ("lead", "Celina"),
        ("safety_officer", "Dorota"),
        ("auditor", "Edek"),
        ("operator", "Filip"),
    ]
    assert all(set(p) == {"role", "name", "key", "sign_in"} for p in demo.said["people"])
    assert all(p["sign_in"].startswith(f"{demo.desk}/console/sign-in/") for p in demo.said["people"])
    assert ask("GET", f"{demo.desk}/readyz")[0] == 200


def test_with_nobody_there_the_clock_hides_the_unwatched_post(demo: Demo) -> None:
    place = f"{demo.platform}/posts/morning-walk"
    assert until(lambda: ask("GET", place)[0] == 451, within=CLOCK + 20)


def test_the_person_in_the_picture_reports_and_two_people_decide(demo: Demo) -> None:
    post = demo.post()
    assert ask("GET", post["url"])[0] == 200
    receipt = demo.report(post["id"])
    assert until(lambda: ask("GET", post["media_url"])[0] == 451)
    case = f"/cases/{receipt['case']}"
    first = {"outcome": "no_violation", "ground": "not_in_scope", "reason": "A drawing."}
    status, said = demo.api("POST", f"{case}/decisions", key=demo.person("Ada"), body=first)
    assert (status, said["state"]) == (201, "awaiting_second")
    assert ask("GET", post["media_url"])[0] == 451
    second = {"outcome": "remove", "ground": "child_safety", "reason": "It shows the person who reports it."}
    status, said = demo.api("POST", f"{case}/decisions", key=demo.person("Bartek"), body=second)
    assert (status, said["state"]) == (201, "disputed")
    status, said = demo.api("POST", f"{case}/decisions", key=demo.person("Iga"), body=second)
    assert (status, said["state"]) == (201, "final")
    assert until(lambda: ask("GET", post["url"])[0] == 410)

    def told() -> bool:
        answers = demo.api("GET", f"/notices/{receipt['notice']}")[1]["answers"]
        return "removed" in [a["kind"] for a in answers if a["delivered_at"]]

    assert until(told)


def test_a_lying_platform_is_not_believed(demo: Demo) -> None:
    post = demo.post()
    demo.control("lying")
    try:
        receipt = demo.report(post["id"])

        def measures() -> Any:
            return demo.api("GET", f"/cases/{receipt['case']}")[1]["measures"]

        def looked() -> Any:
            found = measures()
            return found and found[0]["state"] == "accepted" and len(found[0]["proofs"]) >= 2

        assert until(looked)
        assert {p["status"] for p in measures()[0]["proofs"]} == {200}
        assert ask("GET", post["media_url"])[0] == 200
    finally:
        demo.control("honest")


def test_the_log_holds_nothing_personal(demo: Demo) -> None:
    post = demo.post(text=SECRET_WORDS)
    receipt = demo.report(post["id"], text=SECRET_WORDS)
    demo.api("GET", "/cases/nothing-of-the-kind")
    ask("POST", f"{demo.desk}/api/v1/notices", key=demo.key, body={"text": SECRET_WORDS})
    assert until(lambda: ask("GET", post["media_url"])[0] == 451)
    kept = [p for p in demo.folder.glob("*.log*") if p.is_file()]
    assert kept
    told = "".join(p.read_text(errors="replace") for p in kept)
    keys = [demo.key, *(p["key"] for p in demo.said["people"]), *(p["sign_in"].rpartition("/")[2] for p in demo.said["people"])]
    for word in (SECRET_WORDS, "heron", receipt["receipt_code"], post["id"], "Bartek", *keys):
        assert word not in told
    assert all(json.loads(line) for line in (demo.folder / "demo.log").read_text().splitlines() if line.startswith("{"))


def test_it_fits_a_small_machine_and_is_one_family(demo: Demo) -> None:
    family = demo.descendants()
    names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in family}
    assert "postgres" in names
    used = megabytes(family)
    print(f"the demo was ready after {demo.seconds:.1f} s and uses {used:.0f} MB")
    assert used <= 700


def test_a_second_demo_on_the_same_folder_says_so(demo: Demo) -> None:
    from tests.cli.demos import odzew

    second = odzew("demo", "--json", "--port", "0", "--data", str(demo.folder))
    assert second.returncode == 1 and second.stdout == ""
    assert second.stderr.startswith("odzew: A demo runs on ") and second.stderr.count("\n") == 1


def test_a_port_that_is_taken_is_one_sentence(demo: Demo, tmp_path: Path) -> None:
    from tests.cli.demos import odzew

    port = demo.desk.rpartition(":")[2]
    other = odzew("demo", "--json", "--port", port, "--data", str(tmp_path / "other"))
    assert other.returncode == 1
    assert other.stderr == f"odzew: Port {port} is taken: stop what uses it, or choose another with --port.\n"


def test_commands_act_on_a_running_demo(demo: Demo) -> None:
    from tests.cli.demos import odzew

    listed = odzew("user", "list", "--json", "--data", str(demo.folder))
    assert listed.returncode == 0 and len(json.loads(listed.stdout)) == 7
    rung = odzew("alarm", "test", "--json", "--data", str(demo.folder))
    number = json.loads(rung.stdout)["alarm"]
    assert json.loads(rung.stdout)["channels"] == {"page": True}
    assert odzew("alarm", "confirm", number, "--data", str(demo.folder)).returncode == 0
    assert odzew("alarm", "confirm", number, "--data", str(demo.folder)).returncode == 1
    away = odzew("away", "--until", "3d", "--json", "--data", str(demo.folder))
    assert {"child_decide"} <= {d["clock"] for d in json.loads(away.stdout)["deeds"]}
    assert ask("GET", f"{demo.desk}/readyz")[0] == 200
