"""kill -9 on a child, on the server, on the process that asks: nothing hangs, nothing is left behind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from odzew.matching.decoder.pool import Decoder
from tests.decoder.conftest import ROOT
from tests.decoder.pictures import encoded, waves

pytestmark = pytest.mark.crash

ASKER = """
import sys, threading
from odzew.matching.decoder.pool import Decoder
from tests.decoder.pictures import encoded, waves
decoder = Decoder()
data = encoded(picture=waves(width=1200, height=900), form="PNG")
decoder.hashes(data=data)
print(*decoder.processes(), flush=True)
while True:
    decoder.hashes(data=data)
"""


def _children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _gone(*pids: int, seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(_there(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def test_an_idle_child_that_was_killed_costs_nobody_an_answer() -> None:
    data = encoded(picture=waves(), form="PNG")
    with Decoder(children=1) as decoder:
        good = decoder.hashes(data=data)
        for _ in range(3):
            (pid,) = _children_of(decoder.processes()[0])
            os.kill(pid, signal.SIGKILL)
            assert decoder.hashes(data=data) == good


def test_children_and_servers_killed_at_any_moment_never_stop_the_decoder() -> None:
    data = encoded(picture=waves(width=700, height=500), form="PNG")
    chance = random.Random(7)
    with Decoder(children=2) as decoder:
        good = decoder.hashes(data=data)
        over = threading.Event()
        bad: list[object] = []

        def ask() -> None:
            while not over.is_set():
                found = decoder.hashes(data=data)
                if found != good and found.verdict != "crashed":
                    bad.append(found)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(24):
            time.sleep(chance.uniform(0.0, 0.15))
            server = decoder.processes()[:1]
            victims = list(server) if number % 8 == 7 else [pid for one in server if _there(one) for pid in _children_of(one)]
            for victim in victims[:1]:
                os.kill(victim, signal.SIGKILL)
        over.set()
        for thread in threads:
            thread.join()
        assert bad == []
        assert decoder.hashes(data=data) == good


def test_a_killed_server_takes_its_children_along_and_is_started_again() -> None:
    data = encoded(picture=waves(), form="PNG")
    with Decoder() as decoder:
        good = decoder.hashes(data=data)
        first = decoder.processes()[0]
        children = _children_of(first)
        os.kill(first, signal.SIGKILL)
        assert children and _gone(*children)
        assert decoder.hashes(data=data) == good
        assert decoder.processes()[0] != first


@pytest.mark.parametrize("busy", [True, False])
def test_nothing_is_left_when_the_process_that_asks_is_killed(busy: bool) -> None:
    code = ASKER if busy else ASKER.replace("while True:\n    decoder.hashes(data=data)", "threading.Event().wait()")
    asker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert asker.stdout is not None
        pids = [int(word) for word in asker.stdout.readline().split()]
        assert len(pids) == 2 and all(_there(pid) for pid in pids)
        time.sleep(0.05)
        asker.kill()
        assert _gone(*pids)
    finally:
        asker.kill()
        asker.communicate()


def test_nothing_is_left_after_the_end() -> None:
    with Decoder() as decoder:
        decoder.hashes(data=b"x")
        pids = [decoder.processes()[0], *_children_of(decoder.processes()[0])]
    assert len(pids) == 2 and _gone(*pids)


def test_a_fork_has_a_decoder_of_its_own() -> None:
    code = """
import os, sys
from odzew.matching.decoder.pool import Decoder
with Decoder() as decoder:
    decoder.hashes(data=b"x")
    first = decoder.processes()[0]
    pid = os.fork()
    if pid == 0:
        good = decoder.hashes(data=b"x").verdict == "unreadable" and decoder.processes()[0] != first
        decoder.close()
        os._exit(0 if good else 1)
    _pid, status = os.waitpid(pid, 0)
    assert status == 0
    assert decoder.hashes(data=b"x").verdict == "unreadable" and decoder.processes()[0] == first
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)


def test_the_asking_process_keeps_its_descriptors_and_threads(decoder: Decoder) -> None:
    for _ in range(3):
        decoder.hashes(data=b"x")
    before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for _ in range(50):
        decoder.probe()
        decoder.hashes(data=b"x")
    assert (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) == before
