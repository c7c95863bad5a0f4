"""As whom PostgreSQL runs, and so where its files can be. It refuses to run as root; no folder's mode is ever loosened for it.

An ordinary user runs it as herself. For root there are two ways, in this order:

1. `namespace`: a user namespace of its own, in which root is an ordinary user. Everything still belongs to root outside, so the
   data and the programs may lie in folders that only root may enter.
2. `user`: the system user `odzew`, made if missing. Programs that it cannot reach are copied, and the cluster lies under
   `/var/lib/odzew`, in a folder of its own; `data/postgres.elsewhere` says which.

`ODZEW_PG_AS` (`namespace` or `user`) allows one way only. A cluster stays where it was made: rather than begin an empty one in
another place, `choose` refuses.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from odzew.foundation.errors import Unsafe
from odzew.foundation.postgres import keeper
from odzew.foundation.postgres.binaries import Binaries

SYSTEM_USER = "odzew"
SYSTEM_FOLDER = Path("/var/lib/odzew")


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who runs the server: `uid`:`gid` own its files, `inside` is who it thinks it is, `become` whom the keeper must turn into."""

    uid: int
    gid: int
    inside: tuple[int, int] | None = None
    become: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one desk's cluster is; `root` is the data folder itself, except for the system user."""

    data: Path
    root: Path

    @property
    def cluster(self) -> Path:
        return self.root / "postgres"

    @property
    def unfinished(self) -> Path:
        return self.root / "postgres.new"

    @property
    def password(self) -> Path:
        return self.root / "postgres.password"

    @property
    def log(self) -> Path:
        return self.data / "postgres.log"

    @property
    def elsewhere(self) -> Path:
        return self.data / "postgres.elsewhere"


def place_of(*, data: Path) -> Place:
    """Return where the cluster of `data` is, or would be; raises `Unsafe` if it was elsewhere and is no longer there."""
    here = Place(data=data, root=data)
    if not here.elsewhere.exists():
        return here
    there = Place(data=data, root=Path(here.elsewhere.read_text().strip()))
    if not there.cluster.is_dir():
        raise Unsafe(f"The database of {data} was kept at {there.root}, and it is not there: put it back before starting.")
    return there


def system_root(*, data: Path) -> Path:
    """Return the folder in which the system user keeps the cluster of `data`."""
    return SYSTEM_FOLDER / hashlib.sha256(os.fsencode(data)).hexdigest()[:16]


def copy_of(*, binaries: Binaries) -> Path:
    """Return where the programs are copied to if the system user cannot reach them."""
    stamp = binaries.postgres.stat()
    key = f"{binaries.folder.resolve()} {stamp.st_size} {stamp.st_mtime_ns}"
    return SYSTEM_FOLDER / f"postgresql-{binaries.version}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"


def choose(*, data: Path, binaries: Binaries) -> tuple[Account, Place, Binaries]:
    """Decide as whom to start the cluster of `data`, where it then lies, and with which programs.

    Raises `Unsafe`, with what to do, if there is no way that neither loosens a mode nor loses sight of an existing cluster.
    """
    asked = os.environ.get("ODZEW_PG_AS", "")
    if asked not in ("", "namespace", "user"):
        raise Unsafe(f"ODZEW_PG_AS is {asked!r}; it can be namespace, user or nothing.")
    place = place_of(data=data)
    if os.geteuid() != 0 and asked != "namespace":
        if asked == "user" or place.root != data:
            raise Unsafe("Only root can run PostgreSQL as another user: unset ODZEW_PG_AS, or start Odzew as root as before.")
        return Account(uid=os.geteuid(), gid=os.getegid()), place, binaries
    why = f"ODZEW_PG_AS is {asked}" if asked == "user" else "the database was kept by the system user before"
    if asked != "user" and place.root == data:
        account = Account(uid=os.geteuid(), gid=os.getegid(), inside=_somebody())
        refusal = probe(account=account, binaries=binaries, folder=data)
        if refusal is None:
            return account, place, binaries
        why = f"a user namespace is refused ({refusal[1]})"
    if asked == "namespace":
        raise Unsafe(f"PostgreSQL does not run as root, ODZEW_PG_AS is namespace, but {why}: run Odzew as an ordinary user.")
    if place.root == data and place.cluster.exists():
        raise Unsafe(f"The database in {data} belongs to root, PostgreSQL does not run as root, and {why}: start it as before.")
    return _as_system_user(data=data, binaries=binaries, why=why)


def keep(
    command: list[str], *, account: Account, folder: Path, output: int, held: int | None = None, log: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` in `folder` as `account` under a keeper that stops it when this process is gone.

    `output` takes what it prints; `held` is a descriptor that the command and all it starts keep open; `log` is kept small.
    """
    spec = {
        "parent": os.getpid(),
        "inside": account.inside,
        "become": account.become,
        "folder": str(folder),
        "log": str(log) if log else None,
    }
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(Path(keeper.__file__).absolute()), json.dumps(spec), *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"} | {k: v for k, v in os.environ.items() if k == "LD_LIBRARY_PATH"},
        pass_fds=() if held is None else (held,),
        start_new_session=True,
    )


def probe(*, account: Account, binaries: Binaries, folder: Path) -> tuple[int, str] | None:
    """Return None if `account` can write in `folder` and run the programs, else the exit code and the words of the failure."""
    with tempfile.TemporaryFile() as output:
        process = keep([str(binaries.initdb), "--version"], account=account, folder=folder, output=output.fileno())
        code = process.wait()
        output.seek(0)
        said = output.read().decode(errors="replace").strip().rpartition("\n")[2]
    return None if code == 0 else (code, said)


def _somebody() -> tuple[int, int]:
    """Return an ordinary user and group that this machine has a name for, as initdb insists on one."""
    people = sorted(
        (entry for entry in pwd.getpwall() if entry.pw_uid != 0), key=lambda entry: (entry.pw_uid == 65534, entry.pw_uid)
    )
    return (people[0].pw_uid, people[0].pw_gid or people[0].pw_uid) if people else (1000, 1000)


def _as_system_user(*, data: Path, binaries: Binaries, why: str) -> tuple[Account, Place, Binaries]:
    try:
        entry = _system_user()
        account = Account(uid=entry.pw_uid, gid=entry.pw_gid, become=(entry.pw_uid, entry.pw_gid))
        root = system_root(data=data)
        _own_folder(SYSTEM_FOLDER, mode=0o755, uid=0, gid=0)
        _own_folder(root, mode=0o700, uid=account.uid, gid=account.gid)
        refusal = probe(account=account, binaries=binaries, folder=root)
        if refusal and refusal[0] != keeper.CANNOT_BECOME:
            binaries = _copied(binaries)
            refusal = probe(account=account, binaries=binaries, folder=root)
    except OSError as error:
        refusal = (1, str(error))
    if refusal:
        raise Unsafe(
            f"PostgreSQL does not run as root; {why}, and the system user {SYSTEM_USER} cannot run it either ({refusal[1]}): "
            "run Odzew as an ordinary user."
        )
    return account, Place(data=data, root=root), binaries


def _system_user() -> pwd.struct_passwd:
    """Return the system user, made if missing; raises OSError if there is no way to make it."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        raise OSError("useradd is missing")
    shell = shutil.which("nologin", path="/usr/sbin:/sbin") or "/bin/false"
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_FOLDER), "--shell", shell]
    made = subprocess.run([useradd, *options, SYSTEM_USER], capture_output=True, text=True, check=False)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError as error:
        raise OSError(made.stderr.strip() or "useradd made no user") from error


def _own_folder(folder: Path, *, mode: int, uid: int, gid: int) -> None:
    """Make `folder` if missing; one that is there must already belong to `uid` and be no more open than `mode`."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        os.chown(folder, uid, gid)
        folder.chmod(mode)
    found = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or found.st_uid != uid or found.st_mode & 0o777 & ~mode:
        raise PermissionError(f"{folder} exists and is not a folder of its own")


def _copied(binaries: Binaries) -> Binaries:
    """Copy the whole installation to where the system user can read, and not write, it; once per installation."""
    source = binaries.folder.resolve().parent
    libraries = source.parent.with_name(source.parent.name + ".libs")
    target = copy_of(binaries=binaries)
    lock = os.open(SYSTEM_FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            unfinished = target.with_name(target.name + ".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(source, unfinished / source.parent.name / source.name, symlinks=True)
            if libraries.is_dir():  # a wheel keeps them beside its package, and the programs look for them there
                shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    os.chown(path, 0, 0)
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
            unfinished.rename(target)
    finally:
        os.close(lock)
    return Binaries(folder=target / source.parent.name / source.name / binaries.folder.resolve().name, version=binaries.version)
