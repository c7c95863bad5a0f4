"""The database launcher, against real servers: started, raced, killed, and run from awkward places."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from odzew.foundation.errors import Unavailable, Unsafe
from odzew.foundation.postgres import Running, check_server, ensure, find_binaries, keeper, locks, throwaway
from odzew.foundation.postgres.binaries import acceptable

DESK = """
import signal
import sys
from pathlib import Path
import psycopg
from odzew.foundation.postgres import ensure

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
running = ensure(data=Path(sys.argv[1]))
try:
    print(running.started, running.pid, running.url, flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    with psycopg.connect(running.url) as connection:
        print("interrupted, and still", connection.execute("select 'here'").fetchone()[0], flush=True)
running.stop()
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[Running]:
    with throwaway() as running:
        yield running


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("made") / "data"
    with ensure(data=data):
        return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A data folder with a cluster that was made before and is stopped, for tests that are not about the first start."""
    shutil.copytree(made, tmp_path / "data")
    return tmp_path / "data"


def desk(data: Path, **environment: str) -> subprocess.Popen[str]:
    """Start another process that ensures the cluster and keeps it until its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", DESK, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | environment,
    )


def said(process: subprocess.Popen[str]) -> tuple[bool, int, str]:
    assert process.stdout is not None
    started, pid, url = process.stdout.readline().split()
    return started == "True", int(pid), url


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def wait_until_free(data: Path, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while locks.is_held(data / "postgres.held"):
        assert time.monotonic() < deadline, "the server still runs"
        time.sleep(0.02)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def modes(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mode, path.stat().st_uid) for path in (folder, *folder.parents)}


# Starting, attaching, stopping


def test_a_first_start_makes_a_cluster_that_a_second_process_attaches_to(tmp_path: Path) -> None:
    with ensure(data=tmp_path / "data") as running:
        assert running.started
        assert running.poll() is None
        with desk(tmp_path / "data") as other:
            assert said(other) == (False, running.pid, running.url)
            other.communicate()
        assert ask(running.url, "select current_database() || current_user") == "odzewodzew"
        attached = ensure(data=tmp_path / "data")
        attached.stop()
        assert attached.poll() is None
    assert running.poll() == 0
    assert attached.wait() == 0


def test_four_processes_that_race_a_first_start_get_one_cluster(tmp_path: Path) -> None:
    desks = [desk(tmp_path / "data") for _ in range(4)]
    try:
        answers = [said(process) for process in desks]
    finally:
        for process in desks:
            process.communicate()
    assert sorted(started for started, _, _ in answers) == [False, False, False, True]
    assert len({(pid, url) for _, pid, url in answers}) == 1


def test_a_restart_keeps_the_data(data: Path) -> None:
    with ensure(data=data) as running:
        execute(running.url, "create table kept as select 7 as seven")
    with ensure(data=data) as running:
        assert running.started
        assert ask(running.url, "select seven from kept") == 7


def test_it_outlives_the_thread_that_started_it(data: Path) -> None:
    found: list[Running] = []
    thread = threading.Thread(target=lambda: found.append(ensure(data=data)))
    thread.start()
    thread.join()
    with found[0] as running:
        time.sleep(0.5)
        assert ask(running.url, "select 1") == 1


def test_a_throwaway_leaves_nothing() -> None:
    with throwaway(durable=True) as running:
        folder = running.place.data
        assert ask(running.url, "show fsync") == "on"
    assert not folder.exists()
    assert running.poll() == 0


def test_ctrl_c_reaches_the_desk_and_not_the_server(data: Path) -> None:
    process = desk(data)
    _, pid, _ = said(process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate()[0] == "interrupted, and still here\n"
    assert not Path(f"/proc/{pid}").exists()


# Killed


@pytest.mark.crash
def test_a_killed_server_is_started_again_with_what_was_committed(data: Path) -> None:
    with ensure(data=data) as running:
        execute(running.url, "create table kept as select 7 as seven")
        os.kill(running.pid, signal.SIGKILL)
        with ensure(data=data) as again:
            assert again.started
            assert ask(again.url, "select seven from kept") == 7
        assert running.poll() == 128 + signal.SIGKILL


@pytest.mark.crash
def test_a_server_ends_with_the_process_that_started_it(data: Path) -> None:
    with desk(data) as process:
        said(process)
        process.kill()
        wait_until_free(data)
    with ensure(data=data) as running:
        assert ask(running.url, "select 1") == 1
    assert "not properly shut down" not in (data / "postgres.log").read_text()


@pytest.mark.crash
def test_a_server_ends_with_its_keeper(data: Path) -> None:
    with ensure(data=data) as running:
        os.kill(parent_of(running.pid), signal.SIGKILL)
        wait_until_free(data)
        assert running.poll() == -signal.SIGKILL
    with ensure(data=data) as running:
        assert running.started


@pytest.mark.crash
def test_a_first_start_that_was_killed_is_done_again(tmp_path: Path) -> None:
    process = desk(tmp_path)
    while not (tmp_path / "postgres.new" / "global").exists():
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.communicate()
    assert not (tmp_path / "postgres").exists()
    with ensure(data=tmp_path) as running:
        assert ask(running.url, "select 1") == 1
    assert not (tmp_path / "postgres.new").exists()


@pytest.mark.crash
def test_a_pid_file_with_somebody_elses_pid_is_not_believed(data: Path) -> None:
    with ensure(data=data) as running:
        os.kill(running.pid, signal.SIGKILL)
        wait_until_free(data)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            file = data / "postgres" / name
            file.write_text(file.read_text().replace(str(running.pid), str(stranger.pid), 1))
        with ensure(data=data) as running:
            assert running.started
            assert running.pid != stranger.pid
            assert ask(running.url, "select 1") == 1
        assert stranger.poll() is None
        stranger.kill()


def test_a_copy_does_not_attach_to_the_original(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "two")
    with ensure(data=data) as one:
        shutil.copy(data / "postgres/postmaster.pid", tmp_path / "two/postgres/postmaster.pid")
        with ensure(data=tmp_path / "two") as two:
            assert two.started
            assert two.pid != one.pid
            assert ask(two.admin_url, "show data_directory") == str(tmp_path / "two/postgres")
        assert one.poll() is None


def test_a_server_that_somebody_started_by_hand_is_left_alone(data: Path) -> None:
    with ensure(data=data) as running:
        (data / "postgres.held").rename(data / "held.by.hand")
        with pytest.raises(Unavailable, match=f"process {running.pid}"):
            ensure(data=data)
        (data / "held.by.hand").rename(data / "postgres.held")
        assert ask(running.url, "select 1") == 1


# Letters, passwords, the log


def test_polish_letters_fold_whatever_the_surroundings_say(tmp_path: Path) -> None:
    with desk(tmp_path, LANG="C", LC_ALL="C") as process:
        _, _, url = said(process)
        assert ask(url, "select lower('ŁÓDŹ')") == "łódź"
        assert ask(url, "select 'Gęślą ŻÓŁĆ' ilike '%żółć%'") is True
        process.communicate()


@pytest.mark.skipif(not Path("/usr/lib/postgresql/15/bin/initdb").exists(), reason="Debian's PostgreSQL 15 is not on this machine")
def test_the_oldest_supported_server_folds_them_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ODZEW_PG_BIN", "/usr/lib/postgresql/15/bin")
    with ensure(data=tmp_path) as running:
        assert check_server(url=running.url).startswith("15.")
        assert ask(running.url, "select lower('ŁÓDŹ')") == "łódź"
        assert ask(running.url, "select 'ŻÓŁĆ' ilike 'żółć'") is True
    monkeypatch.delenv("ODZEW_PG_BIN")
    with pytest.raises(Unsafe, match="made by PostgreSQL 15"):
        ensure(data=tmp_path)


def test_the_only_way_in_is_the_password(shared: Running) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(shared.url.replace(":", ":not", 2).replace(":not//", "://"))
    rules = [line.split() for line in (shared.place.cluster / "pg_hba.conf").read_text().splitlines() if not line.startswith("#")]
    assert {(rule[0], rule[-1]) for rule in rules} == {("local", "scram-sha-256")}
    assert ask(shared.admin_url, "select rolpassword from pg_authid where rolname = 'odzew'").startswith("SCRAM-SHA-256$")  # type: ignore[attr-defined]
    assert ask(shared.url, "show listen_addresses") == ""
    assert ask(shared.url, "select rolsuper from pg_roles where rolname = current_user") is False
    assert {path.stat().st_mode & 0o077 for path in shared.place.data.rglob("*")} == {0}
    assert shared.url.split(":")[2].split("@")[0] not in repr(shared)


def test_the_log_holds_nothing_that_anybody_typed(shared: Running) -> None:
    execute(shared.url, "create table people (name text primary key, age integer)")
    with psycopg.connect(shared.url, autocommit=True) as connection:
        connection.execute("insert into people values (%s, 1)", ["Zosia Secret"])
        for statement in ("insert into people values (%s, 2)", "select %s::integer", "select 'Zosia Secret' frm %s"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode(), ["Zosia Secret"])
    log = shared.place.log.read_text()
    assert "ready to accept connections" in log
    assert "Secret" not in log
    assert "ERROR" not in log


def test_the_log_stays_small(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text("x" * (keeper.LOG_BYTES + 1))
    with log.open("a") as server:
        keeper.keep_small(str(log))
        server.write("next")
    assert log.read_text() == "next"
    assert (tmp_path / "postgres.log.1").stat().st_size == keeper.LOG_BYTES + 1
    assert (tmp_path / "postgres.log.1").stat().st_mode & 0o777 == 0o600


def test_it_keeps_what_is_committed_and_checks_what_it_reads(data: Path) -> None:
    with ensure(data=data) as running:
        for name in ("data_checksums", "fsync", "synchronous_commit", "full_page_writes"):
            assert ask(running.url, f"show {name}") == "on"
    (data / "postgres.password").rename(data / "lost")
    with pytest.raises(Unsafe, match="password"):
        ensure(data=data)


# Awkward places


def test_a_path_too_long_for_a_socket_gets_a_private_one(tmp_path: Path) -> None:
    data = tmp_path / ("d" * 75) / ("e" * 75)
    with ensure(data=data) as running:
        sockets = locks.ready_at(data / "postgres")
        assert sockets is not None
        assert sockets[1].stat().st_mode & 0o777 == 0o700
        with desk(data, XDG_RUNTIME_DIR=str(tmp_path)) as process:
            assert said(process) == (False, running.pid, running.url)
            process.communicate()
    assert not sockets[1].exists()


def test_a_socket_folder_that_is_not_ours_alone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = tmp_path / ("d" * 150)
    with tempfile.TemporaryDirectory() as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        folder = locks.socket_folder(cluster, uid=os.geteuid())
        assert folder.parent == Path(runtime)
        with pytest.raises(Unsafe, match="somebody else's"):
            locks.socket_folder(cluster, uid=os.geteuid() + 1)
        folder.chmod(0o755)
        with pytest.raises(Unsafe, match="open to others"):
            locks.socket_folder(cluster, uid=os.geteuid())


def test_no_folder_is_opened_for_it(tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "data").mkdir(parents=True, mode=0o700)
    private.chmod(0o700)
    before = modes(private / "data")
    with ensure(data=private / "data") as running:
        assert Path(f"/proc/{running.pid}").stat().st_uid == os.geteuid()
        assert (private / "data/postgres").stat().st_mode & 0o777 == 0o700
    assert modes(private / "data") == before


def test_a_data_folder_that_cannot_be_one_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unsafe, match="cannot write in its data folder"):
        ensure(data=tmp_path / "file")


# Which programs, which server


def test_programs_that_are_not_there_are_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_binaries().version >= 15
    monkeypatch.setenv("ODZEW_PG_BIN", str(tmp_path))
    with pytest.raises(Unsafe, match="no PostgreSQL that runs"):
        find_binaries()


def test_a_server_is_checked_before_it_is_used(shared: Running) -> None:
    assert int(check_server(url=shared.url).partition(".")[0]) == find_binaries().version
    with pytest.raises(Unavailable, match="cannot be reached"):
        check_server(url="postgresql://nobody@/nothing?host=/nonexistent")
    with pytest.raises(Unsafe, match=r"14\.9"):
        acceptable(number=140009)
