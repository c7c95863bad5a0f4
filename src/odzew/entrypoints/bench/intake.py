"""`odzew bench intake`: durable notices a second through the real server, against pgbench with the same statements."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from odzew.entrypoints.bench.data import Figure, higher_is_better, median
from odzew.entrypoints.bench.ground import Ground, acting, ground, process
from odzew.entrypoints.bench.load import drive, expect_good, free_port, wait_for
from odzew.foundation.moments import utc_now
from odzew.foundation.postgres import find_binaries

CONNECTIONS: Final = 16
ITEMS: Final = 60_000
SECONDS: Final = 8.0
WARM: Final = 2.0
STORED: Final = 100_000
STORED_FULL: Final = 1_000_000
ROUNDS: Final = 3
# Items that pgbench's notices are about, numbered from here on: more than it sends.
POOL: Final = 200_000
_FIRST: Final = 100_000_000_000
_TAIL: Final = 12


def run(*, full: bool = False) -> list[Figure]:
    """Measure notices a second, in rounds that take turns with pgbench, and again with many notices stored.

    `full`: the second measurement is made with 1,000,000 stored notices instead of 100,000.
    """
    stored = STORED_FULL if full else STORED
    with ground() as desk:
        from odzew.entrypoints.bench.notices import register, requests

        register(desk=desk, items=ITEMS)
        script = _peer_script(desk)
        port = free_port()
        os.environ["ODZEW_PORT"] = str(port)
        with process("serve"):
            wait_for(port=port)
            notices = requests(desk=desk, items=ITEMS)
            drive(host="127.0.0.1", port=port, requests=notices, connections=CONNECTIONS, seconds=WARM)
            ours, peer = _turns(desk, port, notices, script)
            first = median(values=ours)
            figures = [
                higher_is_better(
                    figure="notices_per_second",
                    ours=first,
                    peer=median(values=peer),
                    unit="1/s",
                    peer_name="pgbench, same statements",
                    n=ROUNDS,
                )
            ]
            _fill(desk, stored)
            later, later_peer = _turns(desk, port, notices, script)
        per_notice = (median(values=later_peer) / median(values=later)) / (median(values=peer) / first)
        figures.append(
            Figure(
                figure="notices_per_second_when_full",
                ours=median(values=later),
                peer=first,
                ratio=median(values=later) / first,
                unit="1/s",
                peer_name="the same when empty",
                n=stored,
            )
        )
        figures.append(
            Figure(
                figure="cost_against_pgbench_when_full",
                ours=per_notice,
                peer=1.0,
                ratio=1 / per_notice,
                unit="x",
                peer_name="the same when empty",
                n=stored,
            )
        )
    return figures


def _turns(desk: Ground, port: int, requests: Iterator[bytes], script: Path) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(ROUNDS):
        load = drive(host="127.0.0.1", port=port, requests=requests, connections=CONNECTIONS, seconds=SECONDS)
        expect_good(load=load)
        ours.append(load.rate)
        peer.append(_pgbench(desk, script))
    return ours, peer


# The peer: pgbench runs the very statements of one notice, with fresh ids each time.


def _peer_script(desk: Ground) -> Path:
    """Catch the statements of a real notice on an item made for it, and write them so that pgbench can vary the ids."""
    from django.db import connection

    from odzew.cases.data import Place
    from odzew.entrypoints.bench.notices import TEXT
    from odzew.notices.data import Concern, NewNotice
    from odzew.usecases.receive_notice import receive_notice

    our, caller = acting(desk=desk)
    caught: list[str] = []

    def catch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        caught.append(_rendered(context["connection"].connection, sql, params))
        return execute(sql, params, many, context)

    def one(number: int) -> None:
        notice = NewNotice(
            external_id=f"peer-{uuid.uuid4()}",
            source="user",
            concern=Concern(kind="csam", minor=True, claimant="other"),
            places=(Place(item_id=f"item-{number}"),),
            text=TEXT,
            language="pl",
        )
        receive_notice(notice=notice, caller=caller, desk=our, now=utc_now())

    one(ITEMS - 2)
    with connection.execute_wrapper(catch):
        one(ITEMS - 1)
    statements = [s for s in caught if not s.upper().startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))]
    script = desk.folder / "peer.sql"
    script.write_text(_varied(statements, item=ITEMS - 1), encoding="utf-8")
    return script


def _rendered(raw: Any, sql: str, params: Any) -> str:
    import psycopg

    with psycopg.ClientCursor(raw) as cursor:
        return cursor.mogrify(sql, params) if params else sql


def _varied(statements: list[str], *, item: int) -> str:
    """Let every id that the notice made be fresh, and its item one of a pool that is made for the peer alone."""
    from odzew.foundation.writes import fetch_all, fetch_none

    _key, place, copyset = fetch_all(
        "SELECT encode(a.key, 'hex'), i.id::text, i.copyset_id::text FROM cases_item i JOIN cases_address a ON a.item_id = i.id "
        "WHERE i.external_id = %s LIMIT 1",
        [f"item-{item}"],
    )[0]
    last = _FIRST + POOL - 1
    keys = [r[0] for r in fetch_all("SELECT encode(key, 'hex') FROM cases_address WHERE item_id = %s", [place])]
    fetch_none(
        "INSERT INTO cases_copyset (id, via, searched) SELECT (left(%s, 24) || n)::uuid, '', false "
        "FROM generate_series(%s::bigint, %s::bigint) n",
        [copyset, _FIRST, last],
    )
    fetch_none(
        "INSERT INTO cases_item SELECT (jsonb_populate_record(i, jsonb_build_object('id', left(i.id::text, 24) || n, "
        "'copyset_id', left(i.copyset_id::text, 24) || n, 'external_id', 'peer-' || n))).* "
        "FROM cases_item i, generate_series(%s::bigint, %s::bigint) n WHERE i.id = %s::uuid",
        [_FIRST, last, place],
    )
    for known in keys:
        fetch_none(
            "INSERT INTO cases_address (key, item_id) SELECT decode(left(%s, 20) || n, 'hex'), (left(%s, 24) || n)::uuid "
            "FROM generate_series(%s::bigint, %s::bigint) n",
            [known, place, _FIRST, last],
        )
    text = ";\n".join(s.replace("\n", " ") for s in statements)
    for known in keys:
        text = text.replace(known, known[:-_TAIL] + ":k")
    for known in (place, copyset):
        text = text.replace(known, known[:-_TAIL] + ":k")
    made = dict.fromkeys(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", text))
    platform = {r[0] for r in fetch_all("SELECT id::text FROM ledger_platform UNION SELECT id::text FROM ledger_program", [])}
    sets = [f"\\set k random({_FIRST}, {last})"]
    for n, known in enumerate(u for u in made if u not in platform):
        sets.append(f"\\set u{n} random(100000000000, 999999999999)")
        text = text.replace(known, known[:-_TAIL] + f":u{n}").replace(
            known.replace("-", ""), known.replace("-", "")[:-_TAIL] + f":u{n}"
        )
    sets.append("\\set r random(100000000000, 999999999999)")
    text = re.sub(r'("receipt": ?"\\+x[0-9a-f]{52})[0-9a-f]{12}', r"\g<1>:r", text)
    text = re.sub(r"peer-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "peer-:u0:r", text)
    return "\n".join([*sets, "BEGIN;", text + ";", "COMMIT;"]) + "\n"


def _pgbench(desk: Ground, script: Path) -> float:
    parts = urlsplit(desk.url)
    query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
    tool = next((p for p in (find_binaries().folder / "pgbench", Path("/usr/bin/pgbench")) if p.exists()), None)
    if tool is None:
        raise RuntimeError("pgbench is needed as the peer; on Debian: apt-get install postgresql-contrib")
    env = {
        **os.environ,
        "PGHOST": query.get("host") or unquote(parts.hostname or ""),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
    }
    words = [str(tool), "-n", "-f", str(script), "-c", str(CONNECTIONS), "-j", "1", "-T", str(int(SECONDS))]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    rate = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode or rate is None:
        raise RuntimeError(f"pgbench failed: {done.stderr.strip().splitlines()[-1:]}")
    return float(rate[1])


# Many stored notices


def _fill(desk: Ground, count: int) -> None:
    """Store many more notices with all their rows, patterned on what is there; without the checks that its pattern has passed.

    A million notices come over years: what the filling leaves to be tidied is tidied before anything is measured.
    """
    import psycopg

    tables = {
        "cases_case": ("id",),
        "cases_copyset": ("id", "case_id"),
        "cases_clock": ("id", "case_id"),
        "ledger_event": ("id", "case_id"),
        "ledger_personal_text": ("id",),
        "notices_notice": ("id",),
        "notices_handling": ("id", "notice_id", "case_id"),
        "answers_answer": ("id", "notice_id"),
    }
    with psycopg.connect(desk.admin_url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SELECT count(*) FROM notices_notice")
        (have,) = cursor.fetchone() or (0,)
        per = max(1, -(-count // max(1, have)))
        for table, ids in tables.items():
            moved = ", ".join(
                f"'{c}', (left(md5(t.{c}::text || n), 14) || '7' || substr(md5(t.{c}::text || n), 16))::uuid" for c in ids
            )
            extra = ""
            if table == "notices_notice":
                extra = (
                    ", 'external_id', t.external_id || n, 'receipt', '\\x' || encode(sha256(t.receipt || n::text::bytea), 'hex')"
                )
            if table == "ledger_event":
                extra = ", 'seq', null"
            cursor.execute(
                f"INSERT INTO {table} SELECT r.* "  # noqa: S608
                f"FROM {table} t, generate_series(1, {per}) n, LATERAL jsonb_populate_record(t, jsonb_build_object({moved}{extra})) r "
                f"{'WHERE t.case_id IS NOT NULL ' if table == 'cases_copyset' else ''}"
                "ON CONFLICT DO NOTHING"
            )
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
