"""What must hold at any moment, read straight from the tables and judged by rules written here a second time.

Nothing here asks the code under test: neither the policy nor the rooms. What a promise says is written from the promises and the
house practice alone.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from odzew.foundation.writes import fetch_all, fetch_none

CHILD = {
    "csam", "csam_link", "csam_solicitation", "child_sexualised", "grooming", "sextortion_child", "child_trafficking",
    "child_abuse_disclosure", "obscene_to_child", "sadistic_exploitation",
}  # fmt: skip
BRINGS_NEWS = {"child_decide", "ncii_decide", "other_decide", "threat_decide", "repeat"}
UNDECIDED = {"open", "awaiting_second", "disputed", "specialist"}
REFUSED = {403, 404, 410, 451}
HIDING = {"withhold", "remove"}
CLOSING = {"removed", "not_removed", "not_found"}


def empty() -> None:
    """Empty every table but the migrations'."""
    names = fetch_all("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'django_%%'", [])
    fetch_none("TRUNCATE " + ", ".join(f'"{n}"' for (n,) in names) + " CASCADE", [])


def rows(sql: str, *values: Any) -> list[dict[str, Any]]:
    """Return rows as dictionaries."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        names = [c[0] for c in cursor.description]
        return [dict(zip(names, r, strict=True)) for r in cursor.fetchall()]


def notices() -> dict[uuid.UUID, str]:
    """Return every stored notice, whole, as text that can be compared."""
    return {r["id"]: r["whole"] for r in rows("SELECT id, row_to_json(n)::text AS whole FROM notices_notice n")}


def no_silence() -> None:
    """Promise 2: an open notice has a running clock that ends in news to its reporter; a closed one a delivered answer."""
    handlings = rows(
        "SELECT h.notice_id, h.case_id, h.state, c.state AS case_state FROM notices_handling h "
        "JOIN cases_case c ON c.id = h.case_id WHERE h.state <> 'moved'"
    )
    clocks: dict[uuid.UUID, set[tuple[str, uuid.UUID | None]]] = {}
    for r in rows("SELECT case_id, name, subject_id FROM cases_clock WHERE state = 'armed'"):
        clocks.setdefault(r["case_id"], set()).add((r["name"], r["subject_id"]))
    appeals = {(a["case_id"], a["notice_id"]): a["id"] for a in rows("SELECT * FROM decisions_appeal WHERE state = 'open'")}
    answers: dict[tuple[uuid.UUID, uuid.UUID], set[str]] = {}
    for r in rows("SELECT notice_id, case_id, kind FROM answers_answer WHERE delivered_at IS NOT NULL"):
        answers.setdefault((r["notice_id"], r["case_id"]), set()).add(r["kind"])
    for h in handlings:
        case, notice = h["case_id"], h["notice_id"]
        assert h["case_state"] != "merged", f"the notice {notice} waits on a case that is no more"
        if h["state"] == "answered":
            assert answers.get((notice, case), set()) & CLOSING, f"the notice {notice} is closed without a delivered answer"
            continue
        mine = clocks.get(case, set())
        running = {name for name, _ in mine} & BRINGS_NEWS
        running |= {"decision_notice"} if ("decision_notice", notice) in mine else set()
        running |= {"appeal_decide"} if ("appeal_decide", appeals.get((case, notice))) in mine else set()
        assert running, f"the notice {notice} waits on {case} ({h['case_state']}) and no clock runs"


def late_is_hidden(*, now: datetime) -> None:
    """Promise 3: an overdue item of a child or of an intimate image is withheld, unless nothing of it is public yet."""
    late = rows(
        "SELECT c.id, c.state, c.withheld, c.clearances, c.hides_since_clearance, c.reopened_at, min(n.received_at) AS since, "
        "bool_or(n.kind = ANY(%s) OR n.minor) AS child, bool_or(n.kind IN ('ncii', 'sextortion_adult')) AS intimate, "
        "bool_or(n.minor IS NULL) AS unknown, bool_and('threat_to_publish' = ANY(n.flags)) AS threat "
        "FROM cases_case c JOIN notices_handling h ON h.case_id = c.id AND h.state <> 'moved' "
        "JOIN notices_notice n ON n.id = h.notice_id WHERE c.state = ANY(%s) GROUP BY c.id",
        sorted(CHILD), sorted(UNDECIDED),
    )  # fmt: skip
    for c in late:
        if c["threat"] or not (c["child"] or c["intimate"]) or c["hides_since_clearance"]:
            continue
        childlike = c["child"] or c["unknown"]
        limit = timedelta(hours=4) if childlike or c["clearances"] else timedelta(hours=24)
        since = c["reopened_at"] if c["clearances"] else max(c["since"], c["reopened_at"])
        if now - since > limit:
            assert c["withheld"], f"the case {c['id']} is overdue by {now - since - limit} and still up"


def one_fate() -> None:
    """Promise 6: what is hidden or decided for one item holds for every copy, and one item has one measure in force."""
    twice = rows(
        "SELECT item_id FROM enforcement_measure WHERE in_force AND item_id IS NOT NULL GROUP BY item_id HAVING count(*) > 1"
    )
    assert not twice, f"two measures at once on {twice}"
    items = rows(
        "SELECT i.id, i.external_id, g.case_id, c.state, c.withheld, m.measure FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id "
        "JOIN cases_case c ON c.id = g.case_id LEFT JOIN enforcement_measure m ON m.item_id = i.id AND m.in_force WHERE i.registered"
    )
    for i in items:
        assert i["state"] != "merged", f"{i['external_id']} lies under a case that is no more"
        if i["state"] == "removed":
            assert i["measure"] == "remove", f"{i['external_id']} stands under a removal and is {i['measure']}"
        elif i["withheld"]:
            assert i["measure"] in HIDING, f"{i['external_id']} stands under a hidden case and is {i['measure']}"
        else:
            assert i["measure"] in (None, "restore"), f"{i['external_id']} is {i['measure']} though its case is not hidden"
    apart = rows(
        "SELECT encode(m.sha256, 'escape') AS sha FROM cases_media m JOIN cases_item i ON i.id = m.item_id WHERE m.sha256 IS NOT NULL "
        "GROUP BY m.sha256 HAVING count(DISTINCT i.copyset_id) > 1"
    )
    assert not apart, f"equal bytes stand apart: {apart}"


def done_was_seen() -> None:
    """Promise 7: `done` only with a look after the order that refused (200 for a restore) and none later that did not."""
    for m in rows("SELECT id, measure, ordered_at FROM enforcement_measure WHERE state = 'done' AND in_force"):
        looks = rows(
            "SELECT at, status FROM enforcement_probe WHERE measure_id = %s AND purpose = 'verify' ORDER BY at, id", m["id"]
        )
        wanted = REFUSED if m["measure"] in HIDING else {200}
        seen = [p["at"] for p in looks if p["status"] in wanted and p["at"] >= m["ordered_at"]]
        assert seen, f"the measure {m['id']} is done and nobody saw it"
        against = [p for p in looks if 0 < p["status"] < 500 and p["status"] not in wanted and p["at"] > max(seen)]
        assert not against, f"the measure {m['id']} is done though a later look says otherwise"


def on_record() -> None:
    """Promise 9: every act has its event."""
    kinds: dict[str, set[str]] = {}
    for r in rows("SELECT kind, data FROM ledger_event"):
        facts = json.loads(r["data"]).get("facts", {})
        for name in ("notice", "decision", "measure", "appeal", "answer"):
            if name in facts:
                kinds.setdefault(r["kind"], set()).add(facts[name])
    for table, event in (
        ("notices_notice", "notice.received"), ("decisions_decision", "case.decided"), ("enforcement_measure", "measure.ordered"),
        ("decisions_appeal", "appeal.lodged"),
    ):  # fmt: skip
        missing = {str(r["id"]) for r in rows(f"SELECT id FROM {table}")} - kinds.get(event, set())  # noqa: S608 - names above
        assert not missing, f"{table} has acts that are not on record: {missing}"
    told = {str(r["id"]) for r in rows("SELECT id FROM answers_answer")}
    assert told <= set().union(*(kinds.get(f"answer.{k}", set()) for k in ("receipt", "hidden", "update", *CLOSING)))


def clocks() -> dict[uuid.UUID, datetime]:
    """Return when each running clock is due."""
    return {r["id"]: r["due_at"] for r in rows("SELECT id, due_at FROM cases_clock WHERE state = 'armed'")}


def covered(*, case: uuid.UUID) -> frozenset[str]:
    """Return what a case covers: the bytes of its files, and addresses where no file is known."""
    found = rows(
        "SELECT coalesce(encode(m.sha256, 'hex'), i.url) AS what FROM cases_item i JOIN cases_copyset g ON g.id = i.copyset_id "
        "LEFT JOIN cases_media m ON m.item_id = i.id WHERE g.case_id = %s",
        case,
    )
    return frozenset(r["what"] for r in found)
