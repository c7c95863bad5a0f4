"""What people type: exit codes, one sentence for a mistake, an example in every help."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from django.db import connection

from odzew.entrypoints.cli.main import app, main
from odzew.ledger.people import desk_size
from odzew.policy.load import load_policy
from odzew.policy.shipped import shipped_policy_text
from odzew.usecases.put_policy_in_force import put_policy_in_force
from tests.cast import START
from tests.cli.demos import odzew


def _commands(group: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    inside = getattr(group, "commands", None)
    if inside is None:
        return [(path, group)]
    return [found for name, one in inside.items() for found in _commands(one, (*path, name))]


ALL = _commands(typer.main.get_command(app))


@pytest.mark.parametrize("path", [" ".join(p) for p, _ in ALL])
def test_every_command_shows_an_example(path: str) -> None:
    command = next(c for p, c in ALL if " ".join(p) == path)
    shown = command.get_help(click.Context(command, info_name=f"odzew {path}"))
    assert f"odzew {path}" in shown.replace("\n", " ")
    assert "Example" in shown


def _wrong(*words: str, **more: str) -> str:
    ran = odzew(*words, **more)
    assert ran.returncode == (2 if words == ("dance",) else 1), ran
    assert ran.stdout == "" and "Traceback" not in ran.stderr
    return ran.stderr


def test_a_wrong_word_is_2_and_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    assert "No such command" in _wrong("dance")
    assert "ODZEW_SPELT_WRONG is not a setting" in _wrong("up", "--data", str(tmp_path), ODZEW_SPELT_WRONG="1")
    assert "cannot be made" in _wrong("platform", "list", ODZEW_DATA="/dev/null/desk")
    assert "ODZEW_PORT" in _wrong("serve", "--data", str(tmp_path), ODZEW_PORT="many")


def test_up_names_every_reason_not_to_start(tmp_path: Path) -> None:
    said = _wrong("up", "--data", str(tmp_path / "data"), ODZEW_PUBLIC_URL="http://desk.example")
    assert "must be https" in said and "No alarm channel is set" in said and said.count("\n") == 1


def test_policy_check_says_yes_or_why_not(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(shipped_policy_text())
    bad.write_text(shipped_policy_text().replace("people = 2", "people = 1", 1))
    assert odzew("policy", "check", str(good)).returncode == 0
    refused = odzew("policy", "check", str(bad), "--json")
    assert refused.returncode == 1 and json.loads(refused.stdout)["reasons"]
    assert "cannot be read" in _wrong("policy", "check", str(tmp_path / "none.toml"))
    shown = odzew("policy", "show", "--data", str(tmp_path / "fresh"))
    assert shown.stdout == shipped_policy_text() and not (tmp_path / "fresh").exists()


def _without_polish(folder: Path) -> Path:
    half = folder / "half.toml"
    half.write_text(shipped_policy_text().replace('pl = "Nakazał to sąd lub organ władzy"\n', ""))
    return half


@pytest.mark.django_db(transaction=True)
def test_enrolment_by_command(tmp_path: Path) -> None:
    database = connection.settings_dict["NAME"]
    url = os.environ["ODZEW_TEST_URL"].replace("/odzew?", f"/{database}?")
    here = {"ODZEW_DATABASE_URL": url, "ODZEW_DATA": str(tmp_path)}
    names = ("--host", "127.0.0.1:9999", "--webhook", "http://127.0.0.1:9999/hook")
    assert "--allow-private" in _wrong("platform", "add", "forum", *names, **here)
    added = odzew("platform", "add", "forum", *names, "--allow-private", "--json", **here)
    said = json.loads(added.stdout)
    assert said["webhook_secret"].startswith("whsec_") and said["api_key"].startswith("odz_prg_")
    assert "choose another name" in _wrong("platform", "add", "forum", *names, "--allow-private", **here)
    assert "1 to 100 letters" in _wrong("user", "add", " ", "--role", "reviewer", **here)
    assert "1 to 100 letters" in _wrong("platform", "add", os.fsdecode(b"\xff\xfe"), *names, "--allow-private", **here)
    assert "no role" in _wrong("user", "add", "Ada", "--role", "king", **here)
    ada = odzew("user", "add", "Ada", "--role", "reviewer", **here)
    assert "otpauth://" in ada.stdout and "sign-in secret" in ada.stdout
    bartek = odzew("user", "add", "Bartek", "--role", "reviewer", **here)
    assert "counts from" in bartek.stdout
    assert desk_size(now=START.replace(year=2100)) == "pair"
    key = json.loads(odzew("key", "add", "dyzurnet", "--scope", "notices", "--source", "hotline", "--json", **here).stdout)
    assert "user and automatic" in _wrong(
        "key", "add", "x", "--scope", "notices", "--source", "authority", "--platform", "forum", **here
    )
    assert odzew("key", "revoke", key["key"], **here).returncode == 0
    assert "revoked before" in _wrong("key", "revoke", key["key"], **here)
    renewed = json.loads(odzew("user", "renew", "Bartek", "--json", **here).stdout)
    assert renewed["sign_in_secret"] and renewed["otpauth"] is None
    assert "otpauth://" in odzew("user", "renew", "Bartek", "--authenticator", **here).stdout
    assert "Nobody here is called" in _wrong("user", "renew", "Nobody", **here)
    assert odzew("user", "leave", "Bartek", **here).returncode == 0
    assert "Nobody here is called" in _wrong("user", "leave", "Bartek", **here)
    policy = load_policy(text=shipped_policy_text())
    put_policy_in_force(policy=policy, text=shipped_policy_text(), now=START)
    assert odzew("policy", "show", "--version", policy.digest[:16], **here).stdout == shipped_policy_text()
    assert "was ever in force" in _wrong("policy", "show", "--version", "0" * 16, **here)
    assert "first 8 digits" in _wrong("policy", "show", "--version", "latest", **here)
    sooner = tmp_path / "policy.toml"
    sooner.write_text(
        shipped_policy_text().replace('[clocks.child_withhold]\nlength = "1 h"', '[clocks.child_withhold]\nlength = "30 min"')
    )
    assert "has no text in pl" in _wrong("policy", "propose", str(_without_polish(tmp_path)), **here)
    assert "/console/policy/draft" in odzew("policy", "propose", str(sooner), **here).stdout
    assert "is on its way" in _wrong("policy", "propose", str(sooner), **here)
    assert odzew("policy", "show", **here).stdout == shipped_policy_text()  # neither the file nor the draft is in force
    outside = odzew("user", "add", "Ela", "--role", "outside", **here)
    assert "counts from" in outside.stdout
    assert "no moment" in _wrong("away", "--until", "soon", **here)
    checked = odzew("check", "--json", **here)
    codes = {f["code"]: f["level"] for f in json.loads(checked.stdout)["findings"]}
    assert checked.returncode == 1 and codes == {
        "alarm": "error",
        "alarm_test": "error",
        "witness": "warning",
        "policy_file": "warning",
    }


def test_what_nobody_expected_is_one_sentence_without_anybodys_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise RuntimeError("Zosia's words")

    monkeypatch.setattr(sys.modules[main.__module__], "app", broken)
    with pytest.raises(SystemExit, match="1"):
        main()
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "RuntimeError at " in said.err and "Zosia" not in said.err
