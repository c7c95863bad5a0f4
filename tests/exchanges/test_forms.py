"""Every form passes the same contract, and reads what strangers send without harm."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odzew.exchanges.data import EPOCH, Page, Place, Unreadable
from odzew.exchanges.forms import reading
from odzew.exchanges.forms.arachnid import Arachnid
from odzew.exchanges.forms.ncmec import Ncmec
from odzew.exchanges.forms.stopncii import StopNcii
from odzew.exchanges.forms.table import FORMS, LISTS, TELLS
from odzew.exchanges.forms.threatexchange import ThreatExchange
from odzew.exchanges.models import FORMS as STORED
from tests.exchanges.build import START, value
from tests.exchanges.service import SECRETS, Service

SETTINGS = {"privacy_group": "7"}
NS = 'xmlns="https://hashsharing.ncmec.org/hashsharing/v2"'


def page(form: Any, body: bytes | str) -> Page:
    body = body.encode() if isinstance(body, str) else body
    found = form.read(body=body, base="https://list.example/hashsharing", settings=SETTINGS)
    assert isinstance(found, Page)
    return found


@pytest.mark.parametrize("name", FORMS)
def test_every_form_names_what_it_needs(name: str) -> None:
    form = FORMS[name]
    assert form.name == name and name in STORED and form.title and form.secrets
    assert all(a.startswith("https://") and not a.endswith("/") for a in form.environments.values())
    assert set(SECRETS[name]) <= {*form.secrets, *form.more_secrets}
    for environment in form.environments:
        assert form.child(environment=environment) in (True, False, None)


@pytest.mark.parametrize("name", LISTS)
def test_every_list_asks_below_its_base_and_keeps_secrets_out_of_the_address(name: str) -> None:
    form, secrets = LISTS[name], SECRETS[name]
    for token in ("", "/v2/entries?start=3" if name == "ncmec" else "after=3"):
        place = Place(since=START, until=START + timedelta(hours=1) if form.bounded else None, token=token)
        asking = form.ask(place=place, settings=SETTINGS, secrets=secrets)
        assert asking.method == "GET" and asking.path.startswith("/") and asking.path.isascii() and " " not in asking.path
        assert not any(secret in asking.path for secret in secrets.values())
        assert all(v.isprintable() and v.isascii() for v in asking.headers.values())


@pytest.mark.parametrize("name", LISTS)
def test_every_list_says_what_came_what_changed_and_what_went(name: str) -> None:
    service = Service(form=name, clock=lambda: START, size=9, base="https://list.example/hashsharing")
    service.say(1, value(1), word="MALICIOUS" if name == "threatexchange" else "")
    service.say(2, value(2, size=16), type_="md5")
    service.say(3, value(3))
    service.say(3, None)
    form = LISTS[name]
    until = START + timedelta(hours=1)
    asking = form.ask(place=Place(since=EPOCH, until=until if form.bounded else None), settings=SETTINGS, secrets=SECRETS[name])
    found = page(form, service.answer(asking.path, {}))
    assert {(h.type, h.value) for r in found.records for h in r.hashes} == service.live()
    assert [r.at for r in found.records] == [START] * 3 and sum(not r.hashes for r in found.records) == 1
    assert found.token == "" and found.malformed == () and len({r.name for r in found.records}) == 3


@pytest.mark.parametrize("name", LISTS)
@settings(max_examples=60)
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["data", "hashRecords", "hasMoreRecords", "nextPageToken", "paging", "next", "id", "type", "hashValue", "signalType"]), inner),
    max_leaves=8).map(lambda v: json.dumps(v).encode())))  # fmt: skip
def test_whatever_comes_is_a_page_or_unreadable(name: str, body: bytes) -> None:
    try:
        page(LISTS[name], body)
    except Unreadable as error:
        assert len(str(error)) < 60


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE q [<!ENTITY a "b">]><queryResult>&a;</queryResult>',
        '<!DOCTYPE q SYSTEM "file:///etc/passwd"><queryResult/>',
        "<a>" * 5000,
        f"<queryResult {NS}>" + "<images>" * 40 + "</images>" * 40 + "</queryResult>",
        "<html><body>Sorry</body></html>",
        "",
    ],
)
def test_xml_that_could_do_harm_is_not_read(body: str) -> None:
    with pytest.raises(Unreadable):
        page(Ncmec(), body)


def test_xml_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_ELEMENTS", 100)
    with pytest.raises(Unreadable):
        page(Ncmec(), f"<queryResult {NS}><images>" + "<image/>" * 200 + "</images></queryResult>")


def test_one_malformed_record_leaves_the_others_and_is_named_by_its_id() -> None:
    prints = f"<fingerprints><md5>{'a1' * 16}</md5><sha1>x</sha1></fingerprints>"
    good = f'<image><member id="4"/><id>ok</id><timestamp>2026-03-02T09:00:00Z</timestamp>{prints}</image>'
    bad = [
        '<image><member id="4"/><id>no-time</id><timestamp>soon</timestamp></image>',
        "<image><id>no-member</id></image>",
        '<image><member id="4"/><timestamp>2026-03-02T09:00:00Z</timestamp></image>',
        '<picture><member id="4"/><id>else</id></picture>',
    ]
    half = f'<image><member id="4"/><id>half</id><fingerprints><pdq>xyz</pdq><md5>{"b2" * 16}</md5></fingerprints></image>'
    found = page(Ncmec(), f"<queryResult {NS}><images>{good}{''.join(bad)}{half}</images></queryResult>")
    assert [(r.member, r.entry_id, len(r.hashes)) for r in found.records] == [("4", "ok", 1), ("4", "half", 1)]
    assert found.malformed == ("no-time", "no-member", "(no id)", "else", "half") and found.unusable == {"sha1": 1}
    assert found.records[0].at == datetime(2026, 3, 2, 9, tzinfo=UTC) and found.records[1].at is None


def test_broken_json_records_leave_the_others() -> None:
    ok = {"lastModtimestamp": 1, "signalType": "ImagePDQ", "hashValue": "a1" * 32, "hashStatus": "Active"}
    records: list[Any] = [ok, {**ok, "hashValue": "xyz"}, {**ok, "hashValue": "\ud800"}, 7, {**ok, "signalType": "VideoTMK"}]
    records.append({**ok, "hashValue": "b2" * 32, "hashStatus": "Deleted"})
    found = page(StopNcii(), json.dumps({"hashRecords": records, "hasMoreRecords": False, "nextSetTimestamp": 10**30}))
    assert [len(r.hashes) for r in found.records] == [1, 0] and found.unusable == {"VideoTMK": 1} and found.resume is None
    assert found.malformed == ("xyz", "(no id)", "(no id)")
    assert found.records[0].hashes[0].opinion == "seed"


@pytest.mark.parametrize(
    ("statuses", "opinion"),
    [
        (["MALICIOUS"], "confirmed"),
        (["NON_MALICIOUS"], "negative"),
        (["MALICIOUS", "UNKNOWN"], "confirmed"),
        (["MALICIOUS", "NON_MALICIOUS"], "seed"),
        (["SUSPICIOUS"], "seed"),
        ([], "seed"),
    ],
)
def test_what_owners_say_together(statuses: list[str], opinion: str) -> None:
    said = [{"id": str(n), "owner": {"id": "1"}, "status": s, "tags": ["chair", 3]} for n, s in enumerate(statuses)]
    one = {"id": "5", "indicator": "a1" * 32, "type": "HASH_PDQ", "last_updated": 1, "descriptors": {"data": said}}
    (record,) = page(ThreatExchange(), json.dumps({"data": [one]})).records
    assert record.hashes[0].opinion == opinion


@pytest.mark.parametrize(
    "following",
    [
        "https://else.example/v2/entries?x",
        "//else.example/v2/entries",
        "/v2/../../admin",
        "/v1/x",
        "/v2/entries?x y",
        "/v2/entries?ż",
    ],
)
def test_a_next_page_elsewhere_is_not_followed(following: str) -> None:
    with pytest.raises(Unreadable):
        page(Ncmec(), f"<queryResult {NS}><paging><next>{following}</next></paging></queryResult>")
    if "://" in following:
        with pytest.raises(Unreadable):
            page(ThreatExchange(), json.dumps({"data": [], "paging": {"next": following}}))


def test_a_next_page_carries_no_token() -> None:
    following = "https://list.example/v99/7/threat_updates?after=x%26y&access_token=secret&limit=5"
    assert page(ThreatExchange(), json.dumps({"data": [], "paging": {"next": following}})).token == "after=x%26y&limit=5"


def test_what_a_lookup_answers() -> None:
    values = (value(1), value(2), value(3), value(4))
    names = [base64.b64encode(v).decode() for v in values]
    said: dict[str, Any] = {
        names[0]: {"classification": "csam", "match_type": "exact"},
        names[1]: {"classification": "something-new", "match_type": "near"},
        names[2]: None,
        names[3]: {"classification": "no-known-match", "match_type": None},
    }
    found = Arachnid().read_answers(body=json.dumps({"scanned_hashes": said}).encode(), values=values)
    assert [(a.value, a.classification, a.exact) for a in found] == [(values[0], "csam", True), (values[1], "something-new", False)]
    for broken in ({}, {names[0]: None}, dict.fromkeys(names, 7), {n: {"classification": None} for n in names}):
        with pytest.raises(Unreadable):
            Arachnid().read_answers(body=json.dumps({"scanned_hashes": broken}).encode(), values=values)


def test_words_to_sources() -> None:
    told = {"member": "4/2", "entry_id": "a?b", "type_": "pdq", "value": value(1)}
    ncmec = TELLS["ncmec"].tell(**told, word="confirmed", secrets=SECRETS["ncmec"])  # type: ignore[arg-type]
    assert ncmec is not None and ncmec.path == "/v2/entries/4%2F2/a%3Fb/PDQ/feedback" and b"<affirmative/>" in (ncmec.body or b"")
    for word in ("matched", "not_confirmed"):
        assert TELLS["ncmec"].tell(**told, word=word, secrets=SECRETS["ncmec"]) is None  # type: ignore[arg-type]
    keys = {k: v for k, v in SECRETS["stopncii"].items() if k != "feedback_key"}
    assert TELLS["stopncii"].tell(**told, word="matched", secrets=keys) is None  # type: ignore[arg-type]
