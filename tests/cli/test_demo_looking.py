"""Looking in the demo: off, switched on by the command, one drawn bridge shown by the real web and worker, and off again."""

from __future__ import annotations

import json
import re
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tests.cli.demos import Demo, odzew

pytestmark = pytest.mark.xdist_group("demo")
WORDS = ("--responsible", "Zespół", "--basis", "an act", "--confirmed-by", "a lawyer", "--care", "800 000 000", "--country", "PL")


def test_it_is_off_then_on_then_off(demo: Demo) -> None:
    from odzew.entrypoints.kladka.pictures import bridge

    data = ("--data", str(demo.folder))
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def ask(path: str, **form: str) -> str:
        body = urlencode(form).encode() if form else None
        try:
            answer = opener.open(path if path.startswith("http") else demo.desk + path, data=body, timeout=60)
        except HTTPError as error:
            answer = error
        return str(answer.read().decode())

    assert json.loads(odzew("reveal", "status", "--json", *data).stdout)["on"] is False
    assert "within a year" in odzew("reveal", "on", *WORDS, "--until", "2099-01-01", "--agree", *data).stderr
    assert "--until is a day" in odzew("reveal", "on", *WORDS, "--until", "soon", "--agree", *data).stderr
    soon = ("--until", _soon())
    printed = odzew("reveal", "on", *WORDS, *soon, *data)
    assert printed.returncode == 1 and "Statement on looking" in printed.stdout and "--agree" in printed.stderr
    on = odzew("reveal", "on", *WORDS, *soon, "--agree", *data)
    assert on.returncode == 0 and "Looking is on" in on.stdout, on.stderr
    try:
        demo.control("honest")
        item = demo.post(picture=bridge(seed=123))["id"]
        body = {
            "source": "user",
            "concern": {"kind": "ncii", "minor": False, "claimant": "other", "flags": []},
            "where": [{"item_id": item}],
        }
        case = demo.api("POST", "/notices", body=body)[1]["case"]
        iga = next(p["sign_in"] for p in demo.said["people"] if p["name"] == "Iga")
        ask(iga, go="")
        token = re.findall(r'name="token" value="(\w+)"', ask("/console/key"))[0]
        for _ in range(30):
            page = ask("/console/next", token=token)
            mine = re.findall(r"/console/cases/([0-9a-f-]{36})/look", page) or re.findall(
                r"/console/cases/([0-9a-f-]{36})/lease/back", page
            )
            if not mine or mine[0] == case:
                break
            ask(f"/console/cases/{mine[0]}/lease/back", token=token)
        media = re.findall(r'name="media" value="([\w-]+)"', page)[0]
        shown = ask(f"/console/cases/{case}/look", token=token, media=media, clear="veiled")
        assert "data:image/jpeg;base64," in shown and demo.platform not in shown
        exposure = re.findall(r"/console/looks/([0-9a-f-]{36})/hide", shown)[0]
        assert "1 of 10 views" in ask(f"/console/looks/{exposure}/hide", token=token, ms="900")
    finally:
        assert odzew("reveal", "off", *data).returncode == 0
    assert "Looking is off on this desk" in ask(
        f"/console/cases/{case}/look", token=token, media=media, clear="veiled", reason="Again."
    )
    assert odzew("reveal", "off", *data).returncode == 1
    assert json.loads(odzew("reveal", "status", "--json", *data).stdout)["views"] == 1


def _soon() -> str:
    from datetime import timedelta

    from odzew.foundation.moments import utc_now

    return f"{utc_now() + timedelta(days=30):%Y-%m-%d}"
