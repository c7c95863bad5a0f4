"""`odzew demo`: a whole desk on this machine with pretend people and a pretend platform, all of it below this one process."""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from odzew.entrypoints import demo_folder, logs, runtime
from odzew.entrypoints.checks import check_surroundings, refuse
from odzew.entrypoints.household import Child, Database, Household, stopped_by_signals
from odzew.foundation.errors import Conflict, Invalid, Unavailable
from odzew.foundation.moments import utc_now
from odzew.foundation.settings import Settings

HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 120.0
PORT_SECONDS: Final = 8.0
PEOPLE: Final = (
    ("reviewer", "Ada"),
    ("reviewer", "Bartek"),
    ("reviewer", "Iga"),
    ("lead", "Celina"),
    ("safety_officer", "Dorota"),
    ("auditor", "Edek"),
    ("operator", "Filip"),
)
PLATFORM: Final = "Kładka"
UNWATCHED: Final = "morning-walk"
LONGEST_CLOCK: Final = 3600
_LIVES: Final = timedelta(hours=12)
_KEPT_SETTINGS: Final = frozenset({"PG_BIN", "PG_AS", "LOG_LEVEL", "LANGUAGE", "TIME_ZONE", "COUNTRY", "WEB_PROCESSES"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A pretend person: their key and the link that signs them in, both for twelve hours."""

    role: str
    name: str
    key: str
    sign_in: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a running demo offers. `due`: when the clock of the unwatched report runs out, if it still runs."""

    desk: str
    platform: str
    api_key: str
    people: tuple[Person, ...]
    due: datetime | None


def run(*, port: int, data: Path | None, fresh: bool, clock: int, as_json: bool) -> None:
    """Run the demo until Ctrl-C. Raises `Conflict`, `Unsafe` or `Unavailable` with one sentence."""
    if not 1 <= clock <= LONGEST_CLOCK:
        raise Invalid(f"--clock is a number of seconds from 1 to {LONGEST_CLOCK}.")
    folder = _settings(data=data)
    held = demo_folder.claim(data=folder)
    try:
        with stopped_by_signals():
            if fresh:
                demo_folder.wipe(data=folder)
            _live(port=port, folder=folder, clock=clock, as_json=as_json, held=held)
    finally:
        os.close(held)


def _settings(*, data: Path | None) -> Path:
    """Put the settings of a demo into the environment; what a real desk on this machine is set to is not for it."""
    chosen = runtime.adopt(data=data).data
    for name in [n for n in os.environ if n.startswith("ODZEW_") and n.removeprefix("ODZEW_") not in _KEPT_SETTINGS]:
        del os.environ[name]
    # One person looks at it: one web process and one file decoded at a time, so that it fits a small machine beside a browser.
    os.environ.update(ODZEW_WEB_PROCESSES="1", ODZEW_DECODER_CHILDREN="1")
    os.environ.update(ODZEW_DATA=str(chosen), ODZEW_DEMO="true", ODZEW_HOST=HOST)
    os.environ.setdefault("ODZEW_LOG_LEVEL", "warning")
    return chosen


def _live(*, port: int, folder: Path, clock: int, as_json: bool, held: int) -> None:
    kept = _ports(port, folder)
    os.environ["ODZEW_PORT"] = str(kept.desk_port)
    chosen = runtime.adopt()
    _policy(folder, clock)
    refuse(findings=check_surroundings(chosen=chosen))
    _say("Starting the desk ...")
    with (folder / demo_folder.LOG).open("wb") as log_to:
        logs.configure(level=chosen.log_level)
        household = Household(database=Database(chosen=chosen, alone=True), log_to=log_to, held=held)
        try:
            kept, people, webhook_secret = _prepare(chosen, kept, folder)
            _start(household, kept, folder, webhook_secret)
            if not household.wait(ready=lambda: _all_answer(kept), within=READY_SECONDS):
                raise Unavailable(f"The demo does not come up; why is in {folder / demo_folder.LOG}")
            ready = Ready(
                desk=_url(kept.desk_port),
                platform=_url(kept.platform_port),
                api_key=kept.api_key,
                people=people,
                due=_unwatched(kept, clock),
            )
            _tell(ready, as_json=as_json, clock=clock)
            household.live()
        finally:
            household.stop()


# Ports


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


def _ports(port: int, folder: Path) -> demo_folder.Kept:
    """Choose the ports: the platform keeps the one at which the desk knows its posts."""
    kept = demo_folder.read(data=folder)
    desk = _bind([port]) if port else _bind([kept.desk_port], patient=True) or _bind([0])
    if not desk:
        raise Conflict(f"Port {port} is taken: stop what uses it, or choose another with --port.")
    if kept.platform_port:
        platform = _bind([kept.platform_port], patient=True)
        if not platform or platform == desk:
            raise Conflict(
                f"Port {kept.platform_port}, where this demo's platform lives, is taken: free it, or start with --fresh."
            )
    else:
        platform = _bind(p for p in (range(port + 1, min(port + 50, 65536)) if port else (0, 0, 0)) if p == 0 or p != desk)
        platform = platform or _bind([0])
    kept = replace(kept, desk_port=desk, platform_port=platform)
    demo_folder.keep(data=folder, kept=kept)
    return kept


def _bind(ports: Iterable[int], *, patient: bool = False) -> int:
    """Return the first port that can be had (0 asks for any), or 0. `patient`: whoever had it may be on the way out."""
    for port in ports:
        if patient and not port:
            return 0
        deadline = time.monotonic() + (PORT_SECONDS if patient else 0.0)
        while True:
            with socket.socket() as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    trial.bind((HOST, port))
                    return int(trial.getsockname()[1])
                except (OSError, OverflowError):
                    if time.monotonic() >= deadline:
                        break
            time.sleep(0.1)
    return 0


# What is there before anything runs


def _policy(folder: Path, clock: int) -> None:
    """Write the shipped policy with one clock shortened: how long a stranger's report on a child-safety case waits for a person."""
    from odzew.policy.shipped import shipped_policy_text

    text, count = re.subn(r'(\[clocks\.child_withhold\]\nlength = )"[^"]*"', rf'\g<1>"{clock} s"', shipped_policy_text(), count=1)
    if count != 1:
        raise Unavailable("The shipped policy has no clock child_withhold.")
    (folder / "policy.toml").write_text(text, encoding="utf-8")


def _prepare(chosen: Settings, kept: demo_folder.Kept, folder: Path) -> tuple[demo_folder.Kept, tuple[Person, ...], str]:
    """Bring the database up to date and enrol people and platform; return what the children need."""
    runtime.start_django()
    runtime.migrate()
    from odzew.ledger.people import new_person_key, new_sign_in, people, platforms
    from odzew.usecases.enrol_person import enrol_person
    from odzew.usecases.enrol_platform import PLATFORM_SCOPES, PLATFORM_SOURCES, enrol_platform
    from odzew.usecases.enrol_program import enrol_program
    from odzew.usecases.put_policy_in_force import put_policy_in_force

    now, desk = utc_now(), runtime.make_desk(chosen=chosen)
    put_policy_in_force(policy=desk.policy, text=runtime.policy_text(chosen=chosen), now=now, pretend=True)
    known = next((p for p in platforms(keys=desk.keys).values() if p.name == PLATFORM), None)
    api_key, kladka_key = kept.api_key, kept.kladka_key
    if known is None:
        host = f"{HOST}:{kept.platform_port}"
        new = enrol_platform(name=PLATFORM, hosts=[host], webhook=f"http://{host}/webhooks", allow_private=True, desk=desk, now=now)
        known, api_key = new.platform, new.api_key
        demo_folder.keep(data=folder, kept=replace(kept, api_key=api_key))
    if not kladka_key:
        kladka_key = enrol_program(
            name=f"{PLATFORM}, its own", scopes=PLATFORM_SCOPES, sources=PLATFORM_SOURCES, platform=known.id, limit_per_second=None,
            desk=desk, now=now,
        )  # fmt: skip
    kept = replace(kept, api_key=api_key, kladka_key=kladka_key)
    demo_folder.keep(data=folder, kept=kept)
    here = {p.name: p.id for p in people()}
    for role, name in PEOPLE:
        if name not in here:
            here[name] = enrol_person(name=name, role=role, sign_in_lives=_LIVES, desk=desk, now=now, at_once=True).person.id
    cast = tuple(
        Person(
            role=role,
            name=name,
            key=new_person_key(person=here[name], now=now),
            sign_in=f"{_url(kept.desk_port)}/console/sign-in/{new_sign_in(person=here[name], now=now, lives=_LIVES)}",
        )
        for role, name in PEOPLE
    )
    runtime.close_connections()
    return kept, cast, known.secret


def _start(household: Household, kept: demo_folder.Kept, folder: Path, webhook_secret: str) -> None:
    household.start(child=Child(name="web", module="odzew.entrypoints.web"))
    household.start(child=Child(name="worker", module="odzew.entrypoints.worker"))
    words = ("--port", str(kept.platform_port), "--desk", _url(kept.desk_port), "--state", str(folder / "kladka"), "--seed")
    secrets = {"KLADKA_API_KEY": kept.kladka_key, "KLADKA_WEBHOOK_SECRET": webhook_secret}
    household.start(child=Child(name="platform", module="odzew.entrypoints.kladka", words=words, environment=secrets))


# Ready


def _ask(url: str, *, body: dict[str, Any] | None = None, key: str = "") -> tuple[int, Any]:
    """Ask one of our own addresses; 0 if it does not answer."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(url, data=json.dumps(body).encode() if body else None, headers=headers)  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=5) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, ValueError):
        return 0, None


def _all_answer(kept: demo_folder.Kept) -> bool:
    if _ask(f"{_url(kept.desk_port)}/readyz")[0] != 200:
        return False
    status, post = _ask(f"{_url(kept.platform_port)}/posts/{UNWATCHED}.json")
    return status == 200 and bool(post.get("registered"))


def _unwatched(kept: demo_folder.Kept, clock: int) -> datetime | None:
    """Let a stranger report a post that nobody will look at, once in the life of a demo; return when its clock runs out."""
    notice = {
        "external_id": "demo-unwatched",
        "source": "user",
        "concern": {"kind": "csam", "minor": True, "claimant": "other", "flags": []},
        "where": [{"item_id": UNWATCHED}],
    }
    status, _ = _ask(f"{_url(kept.desk_port)}/api/v1/notices", body=notice, key=kept.kladka_key)
    return utc_now() + timedelta(seconds=clock) if status == 201 else None


# Words


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def _tell(ready: Ready, *, as_json: bool, clock: int) -> None:
    if as_json:
        people = [{"role": p.role, "name": p.name, "key": p.key, "sign_in": p.sign_in} for p in ready.people]
        print(  # noqa: T201
            json.dumps({"desk": ready.desk, "platform": ready.platform, "api_key": ready.api_key, "people": people}), flush=True
        )
        return
    print("\n".join(_lines(ready, clock)), flush=True)  # noqa: T201


def _lines(ready: Ready, clock: int) -> list[str]:
    when = f"at {ready.due.astimezone():%H:%M:%S}" if ready.due else "and has done so before"
    return [
        "",
        f"  The desk    {ready.desk}/console/",
        f"  {PLATFORM}      {ready.platform}/   a pretend platform with drawings of bridges",
        "",
        "What to try",
        f"  1. At {PLATFORM}, choose a picture, press Report and say that it shows you. It is gone within seconds.",
        f"  2. Keep the code you are given and read your answer at {ready.desk}/status",
        "  3. Sign in as Ada and find no violation: it stays hidden until Bartek, who does not see her answer, agrees.",
        f"  4. Leave Footbridge no. 214 alone: a stranger reported it, and after {clock} s the clock hides it by itself ({when}).",
        f"  5. Tell {PLATFORM} to lie at {ready.platform}/control and report again: the desk looks for itself.",
        "",
        "Sign in (links and keys last for twelve hours)",
        *(f"  {p.role.replace('_', ' '):15} {p.name:7} {p.sign_in}" for p in ready.people),
        "",
        f"A key for programs: {ready.api_key}",
        "Everything stays on this machine. Ctrl-C stops it.",
    ]
