"""After an import the bank is what the list says, however often it is stopped and repeated."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odzew.banks.api import bank_named, entries_after
from odzew.banks.files import Line
from odzew.banks.own import own_bank
from odzew.foundation.errors import Conflict, Forbidden, Invalid
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.usecases import import_bank as module
from odzew.usecases.import_bank import Imported, import_bank
from tests.banks.build import NOW, pdq, read_index
from tests.cli.demos import odzew

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "hash,hash_type,category,list,withdrawn\n"
ROUNDS = int(os.environ.get("ODZEW_CRASH_ROUNDS", "4"))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 7)


def bring(path: Path, text: str, **how: Any) -> Imported:
    path.write_text(text, encoding="utf-8")
    return import_bank(name="bridges", path=path, actor="operator", clock=lambda: NOW, **how)


def held() -> set[tuple[str, str, str]]:
    bank = bank_named(name="bridges")
    return {(e.value.hex(), e.member, e.category) for e in entries_after(bank=bank, after=0, limit=10**6)}


def in_index(folder: Path) -> set[int]:
    from odzew.matching.api import KNOWN, Query

    index = read_index(folder)
    values = [bytes(r[0]) for r in fetch_all("SELECT DISTINCT value FROM banks_entry", [])]
    answer = index.search(collection=KNOWN, queries=[Query(type="pdq", hash=v) for v in values])
    assert answer.complete
    return {hit.owner for hits in answer.hits for hit in hits}


def live() -> set[int]:
    return {r[0] for r in fetch_all("SELECT id FROM banks_entry WHERE withdrawn_at IS NULL", [])}


def rows(numbers: Iterator[int] | range, *, category: str = "") -> str:
    return "".join(f"{pdq(n).hex()},pdq,{category},,\n" for n in numbers)


def test_an_import_makes_its_bank_and_says_what_it_did(tmp_path: Path) -> None:
    bad: list[Line] = []
    done = bring(tmp_path / "l.csv", HEAD + rows(range(20)) + "xyz,pdq,,,\n" + rows(range(20, 25)), wrong=bad.append)
    assert (done.added, done.lines, done.wrong, done.resumed) == (25, 26, 1, False)
    assert [(line.number, line.wrong) for line in bad] == [(22, "has no hash of 64 hexadecimal digits")]
    bank = bank_named(name="bridges")
    assert (bank.opinion, bank.distance) == ("confirmed", 31)
    assert in_index(tmp_path) == live() and len(live()) == 25
    again = bring(tmp_path / "l.csv", HEAD + rows(range(20)) + "xyz,pdq,,,\n" + rows(range(20, 25)))
    assert (again.added, again.changed, again.withdrawn) == (0, 0, 0)


def test_each_batch_and_the_whole_are_on_the_record(tmp_path: Path) -> None:
    bring(tmp_path / "l.csv", HEAD + rows(range(20)))
    kinds = [r[0] for r in fetch_all("SELECT kind FROM ledger_event ORDER BY id", [])]
    assert kinds == ["bank.added", "bank.import_begun", *["bank.entries_added"] * 3, "bank.imported"]


LINES = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["", "a", "b"]), st.sampled_from(["", "x"]), st.booleans()), max_size=25
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=LINES, second=LINES, whole=st.booleans())
def test_the_bank_is_what_the_lists_said_line_by_line(tmp_path: Path, first: Any, second: Any, whole: bool) -> None:
    fetch_none(
        "TRUNCATE banks_bank, banks_entry, banks_import, banks_sighting, banks_match_hour, matching_addition, matching_removal", []
    )
    plain: dict[tuple[str, str], str] = {}
    for lines, replace_all in ((first, False), (second, whole)):
        named: set[tuple[str, str]] = set()
        text = HEAD
        for number, member, category, withdrawn in lines:
            key = (pdq(number).hex(), member)
            text += f"{key[0]},pdq,{category},{member},{'yes' if withdrawn else ''}\n"
            if withdrawn:
                plain.pop(key, None)
            else:
                plain[key] = category
                named.add(key)
        bring(tmp_path / "l.csv", text, replace_all=replace_all)
        if replace_all:
            plain = {k: v for k, v in plain.items() if k in named}
    assert held() == {(value, member, category) for (value, member), category in plain.items()}
    assert in_index(tmp_path) == live()


def test_a_file_without_lists_withdraws_a_hash_wherever_it_stands(tmp_path: Path) -> None:
    bring(tmp_path / "a.csv", HEAD + f"{pdq(1).hex()},pdq,,north,\n{pdq(1).hex()},pdq,,south,\n{pdq(2).hex()},pdq,,north,\n")
    done = bring(tmp_path / "b.csv", f"hash,hash_type,withdrawn\n{pdq(1).hex()},pdq,2026-03-01\n")
    assert done.withdrawn == 2 and held() == {(pdq(2).hex(), "north", "")}


def test_a_bad_line_keeps_what_it_may_have_named(tmp_path: Path) -> None:
    bring(tmp_path / "l.csv", HEAD + rows(range(5)))
    cut = HEAD + rows(range(3)) + "xyz,pdq,,,\n"
    assert bring(tmp_path / "l.csv", cut, replace_all=True).kept == 2
    assert len(held()) == 5
    assert bring(tmp_path / "l.csv", cut, replace_all=True, skip_bad=True).withdrawn == 2
    assert len(held()) == 3


def test_a_list_that_was_cut_short_does_not_empty_a_bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALL", 10)
    bring(tmp_path / "l.csv", HEAD + rows(range(30)))
    with pytest.raises(Conflict, match="--shrink"):
        bring(tmp_path / "l.csv", HEAD + rows(range(10)), replace_all=True)
    assert len(held()) == 30
    done = bring(tmp_path / "l.csv", HEAD + rows(range(10)), replace_all=True, shrink=True)
    assert (done.withdrawn, done.resumed, len(held())) == (20, True, 10)


def test_what_comes_in_during_a_replacement_stays(tmp_path: Path) -> None:
    from odzew.banks.data import NewHash
    from odzew.usecases.bank_entries import add_entries

    bring(tmp_path / "l.csv", HEAD + rows(range(20)))
    other = NewHash(type="pdq", value=pdq(500))

    def meanwhile(done: int) -> None:
        add_entries(bank="bridges", hashes=[other], actor="operator", now=NOW)

    bring(tmp_path / "l.csv", HEAD + rows(range(10, 25)), replace_all=True, progress=meanwhile)
    assert {value for value, _, _ in held()} == {pdq(n).hex() for n in (*range(10, 25), 500)}


def test_two_imports_at_once_do_not_mix(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"

    def meanwhile(done: int) -> None:
        if not other.exists():
            bring(other, HEAD + rows(range(100, 110)))

    with pytest.raises(Conflict, match="Another import"):
        bring(tmp_path / "l.csv", HEAD + rows(range(30)), progress=meanwhile)


def test_the_desks_own_banks_take_no_list(tmp_path: Path) -> None:
    with transaction.atomic():
        own_bank(name="own", now=NOW)
    (tmp_path / "l.csv").write_text(HEAD + rows(range(2)))
    with pytest.raises(Forbidden):
        import_bank(name="own", path=tmp_path / "l.csv", actor="operator", clock=lambda: NOW)


def test_what_is_no_list_stores_nothing_and_makes_no_bank(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        bring(tmp_path / "l.csv", rows(range(2)))
    assert fetch_all("SELECT count(*) FROM banks_bank", []) == [(0,)]
    with pytest.raises(Invalid, match="cannot be read"):
        import_bank(name="bridges", path=tmp_path, actor="operator", clock=lambda: NOW)


def test_a_hash_of_a_type_that_the_bank_does_not_hold_is_a_bad_line(tmp_path: Path) -> None:
    bring(tmp_path / "l.csv", HEAD)
    fetch_none("UPDATE banks_bank SET hash_types = '{sha256}'", [])
    bad: list[Line] = []
    assert bring(tmp_path / "m.csv", HEAD + rows(range(1)) + f"{pdq(1).hex()},sha256,,,\n", wrong=bad.append).added == 1
    assert "holds sha256" in bad[0].wrong


# The child imports and kills itself at its n-th event: in the middle of a transaction, or right after one.
CHILD = """
import os, signal, sys
from pathlib import Path
from odzew.entrypoints import runtime
runtime.start_django()
from odzew.foundation.moments import utc_now
from odzew.usecases import import_bank as module
left, where = int(sys.argv[2]), sys.argv[3]
def dies(real):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0 and where == "inside":
            os.kill(os.getpid(), signal.SIGKILL)
        done = real(*args, **kwargs)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    return call
module.BATCH = 7
if where == "inside":
    module.say_stored = dies(module.say_stored)
elif where == "after":
    module.atomically = dies(module.atomically)
module.import_bank(name="bridges", path=Path(sys.argv[1]), replace_all=True, actor="operator", clock=utc_now)
"""


def database_url() -> str:
    base, _, query = os.environ["ODZEW_TEST_URL"].partition("?")
    return f"{base.rpartition('/')[0]}/{connection.settings_dict['NAME']}" + (f"?{query}" if query else "")


@pytest.mark.crash
def test_killed_anywhere_and_repeated_it_is_exactly_the_list(tmp_path: Path) -> None:
    bring(tmp_path / "before.csv", HEAD + rows(range(40)))
    path = tmp_path / "l.csv"
    path.write_text(HEAD + rows(range(15, 80), category="x"))
    env = {**os.environ, "ODZEW_DATABASE_URL": database_url()}
    lines = [r[0] for r in fetch_all("SELECT coalesce(max(line), 0) FROM banks_import WHERE state = 'running'", [])]
    for n in range(ROUNDS):
        where = ("inside", "after")[n % 2]
        words = [sys.executable, "-c", CHILD, str(path), str(2 + n % 5), where]
        child = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        assert child.returncode in (-signal.SIGKILL, 0), child.stderr
        lines += [r[0] for r in fetch_all("SELECT max(line) FROM banks_import", [])]
        assert in_index(tmp_path) == live()
    assert lines == sorted(lines) and len(set(lines)) > 2
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), "0", "nowhere"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert held() == {(pdq(n).hex(), "", "x") for n in range(15, 80)}
    assert in_index(tmp_path) == live()


def test_by_command(tmp_path: Path) -> None:
    import json

    here = {"ODZEW_DATABASE_URL": database_url(), "ODZEW_DATA": str(tmp_path)}
    path, ask = tmp_path / "lista łódzka.csv", tmp_path / "ask.txt"
    path.write_text(
        "\ufeff" + HEAD.replace("\n", "\r\n") + f"{pdq(1).hex().upper()},PDQ,zażółć,,\r\nxyz,pdq,,,\r\n", encoding="utf-8"
    )
    ran = odzew("bank", "import", "bridges", str(path), **here)
    assert ran.returncode == 1 and "line 3 has no hash of 64 hexadecimal digits" in ran.stderr and "1 hashes added" in ran.stdout
    assert odzew("bank", "import", "bridges", str(path), "--skip-bad", **here).returncode == 0
    near, far = pdq(1, flips=range(31)).hex(), pdq(1, flips=range(32)).hex()
    ask.write_text(f"{near.upper()}\n\n{far}\n{pdq(1).hex()}\n")
    found = json.loads(odzew("bank", "match", "bridges", str(ask), "--json", **here).stdout)
    stored = pdq(1).hex()
    assert found == [{"query": near, "entry": stored, "distance": 31}, {"query": stored, "entry": stored, "distance": 0}]
    assert odzew("bank", "set", "bridges", "--distance", "30", **here).returncode == 0
    assert odzew("bank", "match", "bridges", str(ask), **here).stdout == f"{stored} {stored} 0\n"
    refused = odzew("bank", "export", "bridges", str(tmp_path / "o.csv"), **here)
    assert refused.returncode == 1 and "leaving.banks" in refused.stderr and not (tmp_path / "o.csv").exists()
    assert odzew("bank", "withdraw", "bridges", stored, **here).returncode == 0
    assert odzew("bank", "match", "bridges", str(ask), "--json", **here).stdout == "[]\n"
    listed = json.loads(odzew("bank", "list", "--json", **here).stdout)
    assert [(b["bank"], b["hashes"], b["withdrawn"], b["distance"]) for b in listed] == [("bridges", 0, 1, 30)]
