"""What is unsafe or out of reach about single sign-on is named; the operator links and unlinks."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from odzew.entrypoints.checks import check_surroundings
from odzew.entrypoints.cli import enrol, sign_on
from odzew.entrypoints.single_sign_on.findings import check_provider
from odzew.entrypoints.single_sign_on.place import SECRET_FILE, place_of
from odzew.foundation import settings as settings_module
from odzew.foundation.errors import Conflict, Invalid, NotFound, Unsafe
from odzew.foundation.settings import Settings, read_settings
from odzew.ledger.people import leave_desk, people
from odzew.ledger.provider_accounts import account_hash, linked_people, person_of
from odzew.usecases.link_provider import link_provider, unlink_provider
from tests.cast import KEYS, Story
from tests.pages.provider import provided

GOOD = {"oidc_issuer": "https://sign-in.example/realms/desk", "oidc_client_id": "desk", "oidc_client_secret": "s"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"oidc_issuer": "http://sign-in.example"}, "must be https"),
        ({"oidc_issuer": "http://sign-in.example", "oidc_private": True}, "must be https"),
        ({"oidc_issuer": "http://127.0.0.1:9000"}, "must be https"),
        ({"oidc_issuer": "http://127.0.0.1.example:9000", "oidc_private": True}, "must be https"),
        ({"oidc_issuer": "https://ada:secret@sign-in.example"}, "is not an address"),
        ({"oidc_issuer": "https://sign-in.example/#x"}, "is not an address"),
        ({"oidc_issuer": "https://sign-in.example/ż"}, "is not an address"),
        ({"oidc_issuer": "https://sign-in.example/?x"}, "question mark"),
        ({"oidc_client_id": ""}, "without ODZEW_OIDC_CLIENT_ID"),
        ({"oidc_client_secret": ""}, "client secret is missing"),
        ({"oidc_issuer": ""}, "without ODZEW_OIDC_ISSUER"),
    ],
)
def test_unsafe_settings_stop_the_start(tmp_path: Path, values: dict[str, Any], said: str) -> None:
    found = [f for f in check_surroundings(chosen=Settings(data=tmp_path, **{**GOOD, **values})) if f.code == "oidc"]
    assert len(found) == 1 and found[0].refuses and said in found[0].sentence
    assert check_provider(chosen=Settings(data=tmp_path, **{**GOOD, **values})) == [], "it is said once"


def test_what_is_no_address_at_all_is_no_setting() -> None:
    for text in ("sign-in.example", "ftp://sign-in.example", "https://[::1", "https://x:0"):
        with pytest.raises(Unsafe, match="oidc_issuer"):
            read_settings(environ={"ODZEW_OIDC_ISSUER": text})


def test_the_secret_may_lie_with_the_keys(tmp_path: Path) -> None:
    chosen = Settings(data=tmp_path, **{**GOOD, "oidc_client_secret": ""}, public_url="https://desk.example/")  # type: ignore[arg-type]
    file = tmp_path / "keys" / SECRET_FILE
    file.parent.mkdir()
    for content, mode in (("s", 0o640), ("", 0o600), ("s" * 401, 0o600)):
        file.write_text(content)
        file.chmod(mode)
        with pytest.raises(Unsafe, match=SECRET_FILE):
            place_of(chosen=chosen)
    file.write_text("żółw\n")
    place = place_of(chosen=chosen)
    assert place and place.client_secret == "żółw" and "żółw" not in repr(place) and place.name == "sign-in.example"
    assert place.redirect == "https://desk.example/console/sign-in/provider/back"
    assert place_of(chosen=Settings(data=tmp_path)) is None


def test_the_check_asks_the_provider(tmp_path: Path) -> None:
    with provided(clock=lambda: datetime.now(UTC)) as provider:
        values = {**GOOD, "oidc_issuer": provider.issuer, "oidc_private": True}
        chosen = Settings(data=tmp_path, **values)  # type: ignore[arg-type]
        assert check_provider(chosen=chosen) == []
        assert provider.asked == ["/.well-known/openid-configuration", "/keys"]
        provider.status["/keys"] = 404
        assert "/keys (404)" in check_provider(chosen=chosen)[0].sentence
        provider.said["issuer"] = "https://sign-in.example"
        (found,) = check_provider(chosen=chosen)
        assert (found.code, found.refuses) == ("oidc_unreachable", False) and "another issuer" in found.sentence
    assert "did not answer" in check_provider(chosen=chosen)[0].sentence
    assert {f.code for f in check_surroundings(chosen=chosen)} & {"oidc", "oidc_private"} == {"oidc_private"}


def test_an_account_is_one_persons_and_of_one_issuer(story: Story) -> None:
    one, two = story.reviewer(0), story.reviewer(1)
    here = account_hash(issuer="https://a.example", subject="konto", keys=KEYS)
    assert account_hash(issuer="https://b.example", subject="konto", keys=KEYS) != here
    link_provider(person_id=one.id, account=here, actor="operator", now=story.now)
    with pytest.raises(Conflict):
        link_provider(person_id=two.id, account=here, actor="operator", now=story.now)
    again = account_hash(issuer="https://a.example", subject="inne", keys=KEYS)
    link_provider(person_id=one.id, account=again, actor="operator", now=story.now)
    assert person_of(account=here, now=story.now) is None and linked_people(now=story.now) == {one.id}
    link_provider(person_id=two.id, account=here, actor="operator", now=story.now, once="a round")
    with pytest.raises(Conflict):
        link_provider(person_id=two.id, account=here, actor="operator", now=story.now, once="a round")
    assert unlink_provider(person_id=one.id, actor="operator", now=story.now)
    assert not unlink_provider(person_id=one.id, actor="operator", now=story.now)
    leave_desk(person=two.id, now=story.now)
    assert linked_people(now=story.now) == frozenset()
    with pytest.raises(NotFound):
        link_provider(person_id=two.id, account=here, actor="operator", now=story.now)
    for subject in ("", "ż", "k" * 256, "a\nb", "a\x00"):
        with pytest.raises(Invalid):
            account_hash(issuer="https://a.example", subject=subject, keys=KEYS)


def test_the_operator_links_and_unlinks_by_command(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process: what opens a desk from the outside is tried with the other commands."""
    for module in (enrol, sign_on):
        monkeypatch.setattr(module, "opened", lambda data: nullcontext(SimpleNamespace(desk=story.desk)))
    app, name = typer.Typer(), next(p.name for p in people())
    enrol.register(app=app)

    def say(*words: str) -> str:
        return CliRunner().invoke(app, ["user", *words], catch_exceptions=False).output

    with pytest.raises(Invalid, match="There is no provider"):
        say("link", name, "--subject", "konto")
    assert "opens nothing" in say("link", name, "--subject", "konto", "--issuer", "https://a.example")
    monkeypatch.setattr(settings_module, "settings", lambda: Settings(oidc_issuer="https://b.example"))
    assert "opens nothing" not in say("link", name, "--subject", "konto")
    with pytest.raises(NotFound):
        say("link", "Nobody", "--subject", "konto")
    assert say("list").count("single sign-on") == 1
    assert [p["single_sign_on"] for p in json.loads(say("list", "--json"))].count(True) == 1
    assert "not linked any more" in say("unlink", name) and "had no link" in say("unlink", name)
