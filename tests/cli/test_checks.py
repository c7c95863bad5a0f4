"""Every unsafe setting is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from odzew.entrypoints import checks, demo_folder
from odzew.entrypoints.checks import check_database, check_key, check_surroundings, refuse
from odzew.foundation.errors import Conflict, Unsafe
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import Settings, read_settings
from odzew.usecases.sound_alarm import confirm_alarm, sound_test
from tests.cast import KEYS, Story


def _codes(**values: Any) -> set[str]:
    return {f.code for f in check_surroundings(chosen=Settings(**values)) if f.level == "error"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def test_a_good_desk_has_nothing_to_fear(data: Path) -> None:
    assert _codes(data=data, alarm_ntfy="https://ntfy.example/desk", public_url="https://desk.example") == set()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"public_url": "http://desk.example"}, "public_url"),
        ({"host": "0.0.0.0"}, "public_url"),
        ({"host": "0.0.0.0", "public_url": "http://localhost"}, "host"),
        ({"host": "0.0.0.0", "demo": True, "public_url": "https://desk.example"}, "demo"),
        ({}, "alarm"),
        ({"alarm_mail": "night@desk.example"}, "alarm_mail"),
    ],
)
def test_unsafe_settings_are_named(data: Path, values: dict[str, Any], code: str) -> None:
    assert code in _codes(data=data, **values)


def test_open_folders_and_keys_are_named(data: Path) -> None:
    assert "data" not in _codes(data=data)
    data.chmod(0o777)
    assert "data" in _codes(data=data)
    data.chmod(0o700)
    (data / "keys").mkdir(mode=0o755)
    assert "keys" in _codes(data=data)
    (data / "keys").chmod(0o700)
    (data / "keys" / "master").write_bytes(b"x" * 32)
    (data / "keys" / "master").chmod(0o640)
    assert "key" in _codes(data=data)
    (data / "keys" / "master").chmod(0o600)
    assert "key" not in _codes(data=data)
    (data / "keys" / "master").write_bytes(b"x")
    assert "key" in _codes(data=data)


def test_a_bad_policy_and_a_full_disk_are_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "policy.toml").write_text("version = 1")
    assert "policy" in _codes(data=data)
    monkeypatch.setattr(checks, "LEAST_BYTES", 1 << 60)
    assert "disk" in _codes(data=data)


def test_a_demo_and_a_desk_never_share_a_folder(data: Path) -> None:
    held = demo_folder.claim(data=data)
    assert held > 0 and demo_folder.is_demo(data=data)
    assert "demo_data" in _codes(data=data)
    assert "demo_data" not in _codes(data=data, demo=True)
    with pytest.raises(Conflict):
        demo_folder.claim(data=data)


def test_all_reasons_are_in_the_refusal(data: Path) -> None:
    with pytest.raises(Unsafe, match=r"https.*alarm channel"):
        refuse(findings=check_surroundings(chosen=Settings(data=data, public_url="http://desk.example")))


def test_a_test_alarm_lasts_thirty_days(story: Story, data: Path) -> None:
    now = utc_now()
    chosen = Settings(data=data)

    def codes(days: int = 0) -> set[str]:
        return {f.code for f in check_database(chosen=chosen, now=now + timedelta(days=days))}

    assert "alarm_test" in codes()
    confirm_alarm(alarm=sound_test(now=now), actor="operator", now=now)
    assert "alarm_test" not in codes()
    assert "alarm_test" in codes(31)


def test_the_key_of_another_desk_is_refused_before_it_seals_or_signs_anything(story: Story, data: Path) -> None:
    chosen = Settings(data=data)
    (data / "keys").mkdir(mode=0o700)
    key = data / "keys" / "master"
    key.touch(mode=0o600)
    key.write_bytes(KEYS.master)
    check_key(chosen=chosen)
    assert "other_key" not in {f.code for f in check_database(chosen=chosen, now=utc_now())}
    key.unlink()  # lost; a start would make a new one
    with pytest.raises(Unsafe, match="put back your copy"):
        check_key(chosen=chosen)
    assert "other_key" in {f.code for f in check_database(chosen=chosen, now=utc_now())}


def test_a_nearly_full_disk_is_named_and_stops_no_start(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LEAST_BYTES", 1 << 60)
    (found,) = [f for f in check_surroundings(chosen=Settings(data=data)) if f.code == "disk"]
    assert found.level == "error" and not found.refuses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_url", "desk"),
        ("public_url", "https://[desk"),
        ("public_url", "https://desk.example:port"),
        ("database_url", "host=/run dbname=odzew"),
        ("database_url", "mysql://db.example/odzew"),
        ("smtp_url", "mail.example:25"),
        ("smtp_url", "smtp://mail.example:many"),
        ("alarm_ntfy", "ntfy.example/desk"),
        ("witness_url", "ftp://outsider.example"),
        ("jurisdiction", "Mars"),
        ("time_zone", "../../etc"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named_in_a_sentence(name: str, value: str) -> None:
    with pytest.raises(Unsafe) as refused:
        read_settings(environ={f"ODZEW_{name.upper()}": value})
    assert f"ODZEW_{name.upper()}" in refused.value.sentence and "Value error" not in refused.value.sentence
    assert value not in refused.value.sentence, "it may hold a password"


@pytest.mark.parametrize(
    "url", ["postgresql:///odzew", "postgresql://odzew:x@/odzew?host=%2Frun%2Fpg", "postgres://db.example:5433/odzew", ""]
)
def test_a_database_may_be_reached_by_its_socket(url: str) -> None:
    assert read_settings(environ={"ODZEW_DATABASE_URL": url}).database_url == url
