"""Several processes, and kill -9 of those that seal, merge and import: the answers are what the log says."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from odzew.foundation.writes import fetch_all
from odzew.matching.api import HOSTED, KNOWN, PDQ, Addition
from tests.matching.desk import Desk, near, pdq

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = int(os.environ.get("ODZEW_CRASH_ROUNDS", "5"))


@contextmanager
def _child(*words: str) -> Iterator[subprocess.Popen[str]]:
    url = urlsplit(os.environ["ODZEW_DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.matching.child", *words],
        env={**os.environ, "ODZEW_DATABASE_URL": url},
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _ask(process: subprocess.Popen[str], collection: str, hash_: bytes) -> list[str]:
    assert process.stdin and process.stdout
    process.stdin.write(f"{collection} {hash_.hex()}\n")
    process.stdin.flush()
    return process.stdout.readline().split()


def test_two_processes_see_an_addition_and_a_removal_after_one_reading(tmp_path: Path) -> None:
    desk = Desk(folder=tmp_path)
    with _child("read", str(tmp_path)) as one, _child("read", str(tmp_path)) as two:
        for process in (one, two):
            assert _ask(process, KNOWN, pdq(1)) == ["True"]
        desk.add(Addition(collection=KNOWN, type=PDQ, hash=pdq(1, flip=20), owner=7))
        desk.bring(HOSTED, PDQ, [(pdq(1), 8)])
        for process in (one, two):
            assert _ask(process, KNOWN, pdq(1)) == ["7", "True"]
            assert _ask(process, HOSTED, pdq(1)) == ["8", "True"]
        desk.tend()
        desk.remove(KNOWN, 7)
        desk.remove(HOSTED, 8)
        for process in (one, two):
            assert _ask(process, KNOWN, pdq(1)) == ["True"]
            assert _ask(process, HOSTED, pdq(1)) == ["True"]


@pytest.mark.crash
@pytest.mark.timeout(120 + ROUNDS * 30)
def test_whoever_is_killed_the_answers_are_what_the_log_says(tmp_path: Path) -> None:
    dice = random.Random()
    added: set[int] = set()
    removed: set[int] = set()
    for round_ in range(1, ROUNDS + 1):
        with _child("work", str(tmp_path), str(round_)) as process:
            assert process.stdout and process.stdout.readline() == "begin\n"
            time.sleep(dice.uniform(0.05, 1.2))
            os.killpg(process.pid, signal.SIGKILL)
            for line in process.stdout:
                word, *numbers = line.split()
                if line.endswith("\n"):
                    {"added": added, "removed": removed}[word].update(map(int, numbers))
        _settle()
        desk = Desk(folder=tmp_path)
        desk.truth = {
            Addition(collection=c, type=t, hash=bytes(h), owner=o)
            for c, t, h, o in fetch_all(
                "SELECT collection, type, hash, owner FROM matching_addition a WHERE NOT EXISTS "
                "(SELECT 1 FROM matching_removal r WHERE r.owner = a.owner AND r.collection = a.collection)",
                [],
            )
        }
        owners = {a.owner for a in desk.truth}
        assert added - removed <= owners and not removed & owners
        queries = [near(pdq(dice.randrange(500), flip=dice.randrange(32))) for _ in range(12)]
        desk.check(desk.read(), queries)
        desk.tend()
        desk.check(desk.read(), queries)
    assert len(added) > ROUNDS
    assert fetch_all("SELECT count(*) FROM matching_segment", [])[0][0] <= 8 + ROUNDS


def _settle() -> None:
    """Wait until the database has noticed that the process is gone."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    end = time.monotonic() + 20
    while fetch_all(sql, [])[0][0] and time.monotonic() < end:
        time.sleep(0.02)
