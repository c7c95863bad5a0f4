"""The banks of a Hasher-Matcher-Actioner come in: from a database with its tables, and from the file that its operator writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odzew.banks.api import bank_named, banks, entries_after
from odzew.banks.hma import QUERY, row_of
from odzew.banks.own import own_bank
from odzew.entrypoints.cli.bank_hma import _rows_of_database, _rows_of_file, _url
from odzew.foundation.errors import Conflict, Invalid, Unavailable
from odzew.foundation.writes import fetch_all, fetch_none
from odzew.usecases import import_bank as importing
from odzew.usecases.import_hma import BankTaken, import_hma
from tests.banks.build import NOW, pdq
from tests.banks.test_import import database_url
from tests.cli.demos import odzew
from tests.docs.tables import DOCS

pytestmark = pytest.mark.django_db(transaction=True)
# Names and types as its first migration makes them; no column of later ones, which an older one lacks.
SCHEMA = """
CREATE TABLE exchange (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE, api_cls varchar(255) NOT NULL);
CREATE TABLE bank (id serial PRIMARY KEY, name varchar(255) NOT NULL UNIQUE, enabled_ratio double precision NOT NULL,
  import_from_exchange_id integer UNIQUE REFERENCES exchange);
CREATE TABLE bank_content (id serial PRIMARY KEY, bank_id integer NOT NULL REFERENCES bank, imported_from_id integer,
  disable_until_ts integer NOT NULL, original_content_uri varchar);
CREATE TABLE content_signal (content_id integer NOT NULL REFERENCES bank_content, signal_type varchar NOT NULL, signal_val text NOT NULL,
  create_time timestamptz NOT NULL DEFAULT '2024-03-13 17:54:36+00', PRIMARY KEY (content_id, signal_type));
"""
THEN = int(NOW.timestamp())


class There:
    """A Hasher-Matcher-Actioner's database, as its own program would fill it."""

    def __init__(self, url: str, line: psycopg.Connection[Any]) -> None:
        self.url, self._line = url, line

    def bank(self, name: str, *, share: float = 1.0, exchange: str = "") -> int:
        """Make a bank."""
        number = (
            self._one("INSERT INTO exchange (name, api_cls) VALUES (%s, %s) RETURNING id", name, exchange) if exchange else None
        )
        return self._one(
            "INSERT INTO bank (name, enabled_ratio, import_from_exchange_id) VALUES (%s, %s, %s) RETURNING id", name, share, number
        )

    def content(self, bank: int, *, disabled: int = 1, **signals: str) -> int:
        """Bank a content."""
        made = "INSERT INTO bank_content (bank_id, disable_until_ts) VALUES (%s, %s) RETURNING id"
        number = self._one(made, bank, disabled)
        for name, value in signals.items():
            self.do("INSERT INTO content_signal (content_id, signal_type, signal_val) VALUES (%s, %s, %s)", number, name, value)
        return number

    def _one(self, sql: Any, *values: Any) -> int:
        row = self._line.execute(sql, values).fetchone()
        return int(row[0]) if row else 0

    def do(self, sql: Any, *values: Any) -> None:
        """Do something else."""
        self._line.execute(sql, values)

    def write(self, path: Path) -> Path:
        """Write the file that the documentation describes."""
        copy: Any = f"COPY ({QUERY}) TO STDOUT WITH (FORMAT csv, HEADER)"
        with path.open("wb") as out, self._line.cursor().copy(copy) as lines:
            for part in lines:
                out.write(part)
        return path


@pytest.fixture
def there() -> Iterator[There]:
    """Another database on the server of the tests."""
    name, server = f"hma_{uuid.uuid4().hex}", os.environ["ODZEW_TEST_URL"]
    base, _, query = server.partition("?")
    url = f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    with psycopg.connect(server, autocommit=True) as master:
        master.execute(f"CREATE DATABASE {name}")
        try:
            with psycopg.connect(url, autocommit=True) as line:
                line.execute(SCHEMA)
                yield There(url, line)
        finally:
            master.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 7)


def bring(there: There, folder: Path, *, file: bool = False, **how: Any) -> dict[str, BankTaken]:
    """Take everything in, from the database or from the file."""
    how = {"opinion": "confirmed", "actor": "operator", "clock": lambda: NOW, **how}
    with _rows_of_file(there.write(folder / "hma.csv")) if file else _rows_of_database(there.url) as rows:
        return {t.told.bank: t for t in import_hma(rows=rows, folder=folder / "work", **how)}


def held(name: str) -> set[tuple[str, str, str]]:
    """Return the hashes of a bank with the contents they are of."""
    return {(e.type, e.value.hex(), e.entry_id) for e in entries_after(bank=bank_named(name=name), after=0, limit=10**6)}


@pytest.mark.parametrize("file", [False, True])
def test_banks_come_in_with_their_names_shares_and_contents(there: There, tmp_path: Path, file: bool) -> None:
    mine, ncmec = there.bank("MOST_BRIDGES", share=0.25), there.bank("NCMEC_INDUSTRY", exchange="ncmec")
    there.bank("EMPTY", share=0.0)
    first = there.content(mine, pdq=pdq(1).hex().upper(), video_md5="ab" * 16, tlsh_pdf="T1", vpdq="x")
    for disabled in (0, THEN + 60):
        there.content(mine, disabled=disabled, pdq=pdq(2).hex())
    over = there.content(mine, disabled=THEN - 60, pdq=pdq(3).hex())
    broken = there.content(ncmec, pdq="none", video_sha256="cd" * 32)
    wrong: list[tuple[str, str]] = []
    taken = bring(there, tmp_path, file=file, wrong=lambda bank, line: wrong.append((bank, line.wrong)))
    assert held("MOST_BRIDGES") == {
        ("pdq", pdq(1).hex(), str(first)),
        ("md5", "ab" * 16, str(first)),
        ("pdq", pdq(3).hex(), str(over)),
    }
    assert held("NCMEC_INDUSTRY") == {("sha256", "cd" * 32, str(broken))}
    assert wrong == [("NCMEC_INDUSTRY", "has no hash of 64 hexadecimal digits")]
    told = taken["MOST_BRIDGES"].told
    assert (told.hashes, told.disabled, told.unusable) == (3, 2, {"tlsh_pdf": 1, "vpdq": 1})
    made = {b.name: (b.enabled_share, b.source, b.opinion) for b in banks()}
    assert made == {
        "EMPTY": (0.0, "Hasher-Matcher-Actioner", "confirmed"),
        "MOST_BRIDGES": (0.25, "Hasher-Matcher-Actioner", "confirmed"),
        "NCMEC_INDUSTRY": (1.0, "Hasher-Matcher-Actioner, exchange ncmec", "confirmed"),
    }
    seen = fetch_all("SELECT DISTINCT first_seen::date::text FROM banks_entry", [])
    assert seen == [("2024-03-13",)], "since when its source has it"
    assert not list((tmp_path / "work").glob("bank*")), "no list of hashes is left lying about"


def test_repeated_it_changes_nothing_and_what_was_disabled_or_deleted_since_goes(there: There, tmp_path: Path) -> None:
    bank = there.bank("BRIDGES")
    numbers = [there.content(bank, pdq=pdq(n).hex()) for n in range(30)]
    assert bring(there, tmp_path)["BRIDGES"].made
    fetch_none("UPDATE banks_bank SET enabled_share = 0.5", [])
    again = bring(there, tmp_path)["BRIDGES"]
    assert again.done is not None and not again.made
    assert (again.done.added, again.done.changed, again.done.withdrawn) == (0, 0, 0)
    assert bank_named(name="BRIDGES").enabled_share == 0.5, "its rules are the desk's from then on"
    there.do("UPDATE bank_content SET disable_until_ts = 0 WHERE id = %s", numbers[0])
    there.do("DELETE FROM content_signal WHERE content_id = %s", numbers[1])
    assert bring(there, tmp_path)["BRIDGES"].done.withdrawn == 1  # type: ignore[union-attr]
    assert len(held("BRIDGES")) == 29
    assert bring(there, tmp_path, replace_all=True)["BRIDGES"].done.withdrawn == 1  # type: ignore[union-attr]
    assert {e for _t, _v, e in held("BRIDGES")} == {str(n) for n in numbers[2:]}


def test_one_bank_does_no_harm_to_another(there: There, tmp_path: Path) -> None:
    with transaction.atomic():
        own_bank(name="own", now=NOW)
    for name in ("own", "X" * 200, "PENS", "CHAIRS"):
        there.content(there.bank(name), pdq=pdq(len(name)).hex())
    taken = bring(there, tmp_path, only=frozenset({"own", "X" * 200, "PENS"}), opinion="seed")
    assert "decide again" in taken["own"].why and "at most 64" in taken["X" * 200].why
    assert set(taken) == {"own", "X" * 200, "PENS"} and bank_named(name="PENS").opinion == "seed"
    assert held("own") == set() and len(held("PENS")) == 1


NAMES = st.sampled_from(["pdq", "video_md5", "vpdq"])
CONTENTS = st.lists(
    st.tuples(st.integers(0, 1), NAMES, st.integers(0, 5), st.sampled_from([0, 1, THEN - 9, THEN + 9])), max_size=20
)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(contents=CONTENTS, file=st.booleans())
def test_a_bank_holds_exactly_what_is_enabled_there(there: There, tmp_path: Path, contents: Any, file: bool) -> None:
    there.do("TRUNCATE bank, bank_content, content_signal, exchange RESTART IDENTITY")
    tables = "banks_bank, banks_entry, banks_import, banks_sighting, banks_match_hour, matching_addition, matching_removal"
    fetch_none(f"TRUNCATE {tables}", [])
    made = [there.bank(f"BANK_{n}") for n in range(2)]
    wanted: list[set[tuple[str, str, str]]] = [set(), set()]
    for bank, name, number, disabled in contents:
        value = pdq(number).hex()[: 32 if name == "video_md5" else 64]
        content = there.content(made[bank], disabled=disabled, **{name: value})
        if name != "vpdq" and disabled in (1, THEN - 9):
            wanted[bank].add(({"video_md5": "md5"}.get(name, name), value, str(content)))
    bring(there, tmp_path, file=file)
    assert [held(f"BANK_{n}") for n in range(2)] == wanted


# The child imports and kills itself at its n-th transaction.
CHILD = """
import os, signal, sys
from pathlib import Path
from odzew.entrypoints import runtime
runtime.start_django()
from odzew.entrypoints.cli.bank_hma import _rows_of_database
from odzew.foundation.moments import utc_now
from odzew.usecases import import_bank as module
from odzew.usecases.import_hma import import_hma
left, real = int(sys.argv[1]), module.atomically
def dies(work):
    global left
    left -= 1
    done = real(work)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
module.BATCH, module.atomically = 7, dies
with _rows_of_database(os.environ["HMA_DATABASE_URL"]) as rows:
    import_hma(rows=rows, folder=Path(sys.argv[2]), opinion="confirmed", replace_all=True, actor="operator", clock=utc_now)
"""


@pytest.mark.crash
def test_killed_anywhere_and_repeated_it_is_exactly_what_is_there(there: There, tmp_path: Path) -> None:
    for name in ("ONE", "TWO"):
        bank = there.bank(name)
        for n in range(25):
            there.content(bank, pdq=pdq(n).hex())
    env = {**os.environ, "ODZEW_DATABASE_URL": database_url(), "HMA_DATABASE_URL": there.url}
    for kill_at in (3, 7):
        words = [sys.executable, "-c", CHILD, str(kill_at), str(tmp_path / "work")]
        child = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=120)
        assert child.returncode == -signal.SIGKILL, child.stderr
    assert bring(there, tmp_path, replace_all=True)["ONE"].made is False
    assert {n: len(held(n)) for n in ("ONE", "TWO")} == {"ONE": 25, "TWO": 25}
    assert fetch_all("SELECT count(*) FROM banks_entry WHERE withdrawn_at IS NOT NULL", [])[0][0] == 0
    assert fetch_all("SELECT count(*) FROM banks_import WHERE state = 'running'", [])[0][0] == 0
    assert not list((tmp_path / "work").glob("bank*"))


def test_two_at_once_do_not_write_one_file(there: There, tmp_path: Path) -> None:
    there.content(there.bank("ONE"), pdq=pdq(1).hex())

    def meanwhile(_bank: str) -> None:
        with pytest.raises(Conflict, match="Another import"):
            bring(there, tmp_path)

    assert bring(there, tmp_path, progress=meanwhile)["ONE"].done


def test_by_command_and_the_address_is_never_said(there: There, tmp_path: Path) -> None:
    there.content(there.bank("Kładki"), pdq=pdq(1).hex(), vpdq="x")
    here = {"ODZEW_DATABASE_URL": database_url(), "ODZEW_DATA": str(tmp_path)}
    ran = odzew("bank", "import-hma", "--json", HMA_DATABASE_URL=there.url, **here)
    assert ran.returncode == 0, ran.stderr
    (said,) = json.loads(ran.stdout)
    assert (said["bank"], said["added"], said["not_usable"], said["made"]) == ("Kładki", 1, {"vpdq": 1}, True)
    file = str(there.write(tmp_path / "hma.csv"))
    ran = odzew("bank", "import-hma", file, "--replace", "--bank", "Kładki", "--bank", "NONE", **here)
    assert ran.returncode == 1 and "0 added" in ran.stdout and "no bank NONE there" in ran.stderr
    assert "not usable here: 1 vpdq" in ran.stdout
    wrong = tmp_path / "address"
    wrong.write_text("postgresql://me:sesame@127.0.0.1:1/hma\n")
    ran = odzew("bank", "import-hma", "--url-file", str(wrong), **here)
    assert ran.returncode == 1 and "sesame" not in ran.stderr + ran.stdout and "does not answer" in ran.stderr


def test_no_sentence_repeats_the_address(there: There, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (
        "postgresql://me:sesame@127.0.0.1:x/hma",
        "sesame",
        "host=127.0.0.1 sesame",
        "postgresql://me:sesame@127.0.0.1:1/a",
    ):
        with pytest.raises((Invalid, Unavailable)) as refused, _rows_of_database(url):
            pass
        assert "sesame" not in str(refused.value)
    monkeypatch.delenv("HMA_DATABASE_URL", raising=False)
    for path in (None, tmp_path / "none"):
        with pytest.raises(Invalid):
            _url(path)
    there.do("DROP TABLE content_signal")
    with pytest.raises(Invalid, match="tables are not there"), _rows_of_database(there.url):
        pass


def test_nothing_can_be_written_there(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    there.bank("ONE")
    there.do("CREATE FUNCTION wreck() RETURNS integer LANGUAGE sql AS 'DELETE FROM bank RETURNING id'")
    monkeypatch.setattr("odzew.banks.hma.QUERY", "SELECT wreck()")
    with pytest.raises(Unavailable), _rows_of_database(there.url) as rows:
        next(rows)
    assert there.bank("TWO") == 2
    there.do("DELETE FROM bank WHERE name = 'ONE'")


@pytest.mark.parametrize(
    "text",
    [
        "", "hash,hash_type\n", "bank,share\nX,1\n", "\x00", '"',
        "bank,share,exchange,content,disabled,note,type,hash,added\nX,half,,1,1,,pdq,ab,\n",
        "bank,share,exchange,content,disabled,note,type,hash,added\nX,2,,1,1,,pdq,ab,\n",
        "bank,share,exchange,content,disabled,note,type,hash,added\nX,1,,one,1,,pdq,ab,\n",
        "bank,share,exchange,content,disabled,note,type,hash,added\nX,1,,1\n",
        "bank,share,exchange,content,disabled,note,type,hash,added\nX,1,,,,,,,\nY,1,,,,,,,\nX,1,,,,,,,\n",
        b"bank,share,exchange,content,disabled,note,type,hash,added\n\xff\xfe,1,,,,,,,\n",
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_in_a_sentence(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "hma.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Invalid), _rows_of_file(path) as rows:
        import_hma(rows=rows, folder=tmp_path / "work", opinion="confirmed", actor="operator", clock=lambda: NOW)
    assert fetch_all("SELECT count(*) FROM banks_entry", [])[0][0] == 0


def test_a_note_becomes_one_line(there: There, tmp_path: Path) -> None:
    there.do("ALTER TABLE bank_content ADD COLUMN note varchar(255)")
    there.content(there.bank("PENS"), pdq=pdq(1).hex())
    there.do("UPDATE bank_content SET note = %s", 'zażółć,\n"gęślą"\tjaźń ' + "ś" * 200)
    for file in (False, True):
        bring(there, tmp_path, file=file)
        (entry,) = entries_after(bank=bank_named(name="PENS"), after=0, limit=2)
        assert entry.category == 'zażółć, "gęślą" jaźń ' + "ś" * 200


def test_the_documentation_has_the_query() -> None:
    said = " ".join((DOCS / "hma.md").read_text("utf-8").split())
    assert " ".join(QUERY.split()) in said


def test_a_row_that_lacks_something_is_named() -> None:
    with pytest.raises(ValueError, match="lacks share"):
        row_of(given={"bank": "X"})
