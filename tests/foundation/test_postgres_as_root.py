"""Root's two ways to run a PostgreSQL that refuses to run as root, and the sentence when there is none."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from odzew.foundation.errors import Unsafe
from odzew.foundation.postgres import ensure, find_binaries
from odzew.foundation.postgres.accounts import SYSTEM_FOLDER, SYSTEM_USER, copy_of, system_root
from tests.foundation.test_postgres import ask, execute, modes

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")

NO_NAMESPACE = """
mount -t tmpfs none /usr/sbin && mount -t tmpfs none /var/lib && echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[None]:
    """Leave the machine with the users and folders that it had."""
    had_user = any(entry.pw_name == SYSTEM_USER for entry in pwd.getpwall())
    home = system_root(data=tmp_path)
    made = [folder for folder in (home, home.with_suffix(".lost"), copy_of(binaries=find_binaries())) if not folder.exists()]
    yield
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        SYSTEM_FOLDER.rmdir()
    if not had_user and not SYSTEM_FOLDER.exists():
        subprocess.run(["userdel", SYSTEM_USER], capture_output=True, check=False, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})


@root_only
@pytest.mark.usefixtures("machine")
def test_the_system_user_runs_copied_programs_in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "programs").symlink_to(find_binaries().folder.parent)
    monkeypatch.setenv("ODZEW_PG_BIN", str(tmp_path / "programs" / "bin"))
    before = modes(tmp_path)
    monkeypatch.setenv("ODZEW_PG_AS", "user")
    with ensure(data=tmp_path) as running:
        home = running.place.root
        programs = Path(f"/proc/{running.pid}/exe").readlink()
        assert programs.is_relative_to(copy_of(binaries=find_binaries()))
        assert programs.stat().st_uid == 0
        assert home.parent == SYSTEM_FOLDER
        assert Path(f"/proc/{running.pid}").stat().st_uid == pwd.getpwnam(SYSTEM_USER).pw_uid
        assert home.stat().st_mode & 0o777 == 0o700
        assert running.place.password.stat().st_mode & 0o777 == 0o600
        execute(running.url, "create table kept as select 7 as seven")
        assert not ensure(data=tmp_path).started
    assert modes(tmp_path) == before
    monkeypatch.delenv("ODZEW_PG_AS")
    with ensure(data=tmp_path) as running:
        assert running.place.root == home
        assert ask(running.url, "select seven from kept") == 7
    home.rename(home.with_suffix(".lost"))
    with pytest.raises(Unsafe, match="it is not there"):
        ensure(data=tmp_path)


@root_only
def test_a_cluster_made_in_a_namespace_is_not_replaced_by_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODZEW_PG_AS", "namespace")
    with ensure(data=tmp_path) as running:
        assert running.place.cluster == tmp_path / "postgres"
    monkeypatch.setenv("ODZEW_PG_AS", "user")
    with pytest.raises(Unsafe, match="belongs to root"):
        ensure(data=tmp_path)


@root_only
def test_where_neither_way_is_open_one_sentence_says_so(tmp_path: Path) -> None:
    program = "import sys, pathlib; from odzew.foundation.postgres import ensure; ensure(data=pathlib.Path(sys.argv[1]))"
    shut_in = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", NO_NAMESPACE, "sh"]
    done = subprocess.run([*shut_in, sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    last = done.stderr.strip().rpartition("\n")[2]
    assert "PostgreSQL does not run as root; a user namespace is refused" in last
    assert last.endswith("run Odzew as an ordinary user.")
    assert not (tmp_path / "postgres").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root can become somebody else")
def test_who_is_not_root_cannot_become_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODZEW_PG_AS", "user")
    with pytest.raises(Unsafe, match="Only root"):
        ensure(data=tmp_path)


def test_an_unknown_way_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODZEW_PG_AS", "magic")
    with pytest.raises(Unsafe, match="ODZEW_PG_AS"):
        ensure(data=tmp_path)
