"""The only way in."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.foundation.ids import new_id
from odzew.foundation.secrets import Keys
from odzew.foundation.writes import Writes, fetch_all, fetch_none
from odzew.ledger.events import keep_text
from odzew.notices.contacts import add_contact
from odzew.notices.data import NewNotice, OpenHandling, Receipt
from odzew.notices.models import Handling, Notice, SealedReply
from odzew.policy.vocabulary import TRUSTED_SOURCES

_SEALED_FOR: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A notice that came before under the same `external_id`: its content's hash and, for 24 hours, its reply."""

    body_hash: bytes
    receipt: Receipt


def earlier(*, program: uuid.UUID, external_id: str, keys: Keys, now: datetime) -> Earlier | None:
    """Return the notice that this program sent under this id, or None; its code only while its reply is kept."""
    rows = fetch_all(
        "SELECT n.id, n.body_hash, n.answer_due, h.case_id, s.sealed FROM notices_notice n "
        "JOIN notices_handling h ON h.notice_id = n.id AND h.primary AND h.state <> 'moved' "
        "LEFT JOIN notices_sealed_reply s ON s.notice_id = n.id AND s.until > %s WHERE n.program_id = %s AND n.external_id = %s",
        [now, program, external_id],
    )
    if not rows:
        return None
    notice, body_hash, due, case, sealed = rows[0]
    reply = keys.unseal(sealed=bytes(sealed)) if sealed else None
    code = json.loads(reply)["code"] if reply else None
    if reply:
        kept = json.loads(reply)
        case, due = uuid.UUID(kept["case"]), datetime.fromisoformat(kept["due"])
    return Earlier(body_hash=bytes(body_hash), receipt=Receipt(notice=notice, case=case, code=code, answer_due=due, repeated=True))


def store(
    writes: Writes,
    *,
    notice: NewNotice,
    program: uuid.UUID | None,
    cases: list[uuid.UUID],
    code: str,
    reporter: str,
    answer_due: datetime,
    keys: Keys,
    now: datetime,
    notice_id: uuid.UUID,
) -> str | None:
    """Add the notice as received, its place on each case (the first is the one told to the reporter) and the sealed reply.

    Returns the salted hash of its text for the record, or None if it has no text.
    """
    text_id, text_hash = keep_text(writes, text=notice.text, now=now) if notice.text else (None, None)
    writes.insert(
        Notice,
        {
            "id": notice_id,
            "program_id": program,
            "external_id": notice.external_id,
            "source": notice.source,
            "kind": notice.concern.kind,
            "minor": notice.concern.minor,
            "claimant": notice.concern.claimant,
            "flags": sorted(notice.concern.flags),
            "places": [{"item_id": p.item_id, "url": p.url} for p in notice.places],
            "hashes": list(notice.hashes),
            "language": notice.language,
            "reporter": reporter,
            "account_id": notice.account_id,
            "text_id": text_id,
            "body_hash": notice.body_hash(),
            "receipt": keys.receipt_lookup(code=code),
            "received_at": now,
            "answer_due": answer_due,
            "follows_id": notice.follows,
        },
    )
    for n, case in enumerate(cases):
        writes.insert(Handling, {"id": new_id(now=now), "notice_id": notice_id, "case_id": case, "primary": n == 0})
    if notice.external_id is not None:
        reply = json.dumps({"code": code, "case": str(cases[0]), "due": answer_due.isoformat()}).encode()
        sealed = keys.seal(clear=reply)
        writes.insert(SealedReply, {"notice_id": notice_id, "sealed": sealed, "until": now + _SEALED_FOR})
    if notice.contact is not None:
        add_contact(writes, notice=notice_id, contact=notice.contact, code=code, keys=keys, now=now)
    return text_hash


_OPEN: Final = """
SELECT h.id, n.id, n.language, n.claimant, n.account_id, n.program_id, p.platform_id, n.minor, n.received_at, n.answer_due,
  c.notice_id IS NOT NULL, h.case_id
FROM notices_handling h JOIN notices_notice n ON n.id = h.notice_id LEFT JOIN ledger_program p ON p.id = n.program_id
LEFT JOIN notices_contact c ON c.notice_id = n.id AND c.ended_at IS NULL
WHERE h.case_id = ANY(%s) AND h.state = 'open' ORDER BY h.id
"""
_OPEN_ONE: Final = _OPEN.replace("WHERE ", "WHERE h.notice_id = %s AND ")


def _handling(row: tuple[Any, ...]) -> OpenHandling:
    handling, notice, language, claimant, account, program, platform, minor, at, due, by_mail, _case = row
    return OpenHandling(
        id=handling,
        notice=notice,
        language=language,
        claimant=claimant,
        account_id=account,
        program=program,
        platform=platform,
        minor=minor,
        at=at,
        answer_due=due,
        by_mail=by_mail,
    )


def open_handlings(*, cases: list[uuid.UUID]) -> dict[uuid.UUID, list[OpenHandling]]:
    """Return the notices that still wait for an answer, by case."""
    out: dict[uuid.UUID, list[OpenHandling]] = {case: [] for case in cases}
    for row in fetch_all(_OPEN, [cases]):
        out[row[-1]].append(_handling(row))
    return out


def open_handling(*, case: uuid.UUID, notice: uuid.UUID) -> list[OpenHandling]:
    """Return how one notice waits on a case, or nothing: of a case with thousands of notices no other is read."""
    return [_handling(r) for r in fetch_all(_OPEN_ONE, [notice, [case]])]


def all_handlings(*, case: uuid.UUID) -> list[OpenHandling]:
    """Return all notices of a case, answered ones too."""
    return [_handling(r) for r in fetch_all(_OPEN.replace("AND h.state = 'open'", "AND h.state <> 'moved'"), [[case]])]


def answered(writes: Writes, *, handlings: list[uuid.UUID], now: datetime) -> None:
    """Close notices on a case: each has a delivered answer that is not the receipt."""
    writes.update(Handling, *({"id": h, "state": "answered", "ended_at": now} for h in handlings))


def reopen(*, case: uuid.UUID, notices: list[uuid.UUID] | None = None) -> None:
    """Let notices wait for an answer again: their case was opened anew or their appeal was heard."""
    if notices is None:
        fetch_none("UPDATE notices_handling SET state = 'open', ended_at = NULL WHERE case_id = %s AND state = 'answered'", [case])
    else:
        fetch_none(
            "UPDATE notices_handling SET state = 'open', ended_at = NULL WHERE case_id = %s AND notice_id = ANY(%s) AND state = 'answered'",
            [case, notices],
        )


def move(*, source: uuid.UUID, target: uuid.UUID) -> None:
    """Let all notices of one case be notices of another, without a word to anybody."""
    fetch_none(
        'INSERT INTO notices_handling AS t (id, notice_id, case_id, "primary", state, ended_at) '
        'SELECT gen_random_uuid(), notice_id, %s, "primary", state, ended_at FROM notices_handling WHERE case_id = %s '
        'AND state <> \'moved\' ON CONFLICT (notice_id, case_id) DO UPDATE SET "primary" = t."primary" OR excluded."primary", '
        "state = CASE WHEN 'open' IN (t.state, excluded.state) THEN 'open' ELSE 'answered' END, "
        "ended_at = CASE WHEN 'open' IN (t.state, excluded.state) THEN NULL ELSE greatest(t.ended_at, excluded.ended_at) END",
        [target, source],
    )
    fetch_none("UPDATE notices_handling SET state = 'moved' WHERE case_id = %s", [source])
    fetch_none("UPDATE notices_hold SET case_id = %s WHERE case_id = %s", [target, source])


def with_fingerprint(*, cases: list[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases on which a notice came with a fingerprint."""
    sql = (
        "SELECT DISTINCT h.case_id FROM notices_handling h JOIN notices_notice n ON n.id = h.notice_id "
        "WHERE h.case_id = ANY(%s) AND h.state <> 'moved' AND n.hashes <> '[]'::jsonb"
    )
    return {r[0] for r in fetch_all(sql, [cases])}


def fingerprints_of(*, notice: uuid.UUID) -> list[dict[str, Any]]:
    """Return the hashes that came with a notice, as received."""
    rows = fetch_all("SELECT hashes FROM notices_notice WHERE id = %s", [notice])
    found: list[dict[str, Any]] = (json.loads(rows[0][0]) if isinstance(rows[0][0], str) else rows[0][0]) if rows else []
    return found


def raised_by(*, program: uuid.UUID, cases: list[uuid.UUID], sources: frozenset[str]) -> set[uuid.UUID]:
    """Return those of the cases on which a program sent a notice as one of these sources."""
    sql = (
        "SELECT DISTINCT h.case_id FROM notices_handling h JOIN notices_notice n ON n.id = h.notice_id "
        "WHERE h.case_id = ANY(%s) AND h.state <> 'moved' AND n.program_id = %s AND n.source = ANY(%s)"
    )
    return {r[0] for r in fetch_all(sql, [cases, program, sorted(sources)])}


def by_receipt(*, lookup: bytes) -> uuid.UUID | None:
    """Return the notice of a receipt code's lookup bytes, or None."""
    rows = fetch_all("SELECT id FROM notices_notice WHERE receipt = %s", [lookup])
    return rows[0][0] if rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """A notice for those who may see it. `known`: by an account of its platform, or a trusted program, that is known again."""

    id: uuid.UUID
    program: uuid.UUID | None
    source: str
    kind: str
    minor: bool | None
    claimant: str
    flags: tuple[str, ...]
    places: list[dict[str, str]]
    language: str
    received_at: datetime
    answer_due: datetime
    text_id: uuid.UUID | None
    cases: tuple[uuid.UUID, ...]
    state: str
    reporter: str
    known: bool


def _views(where: str, values: list[Any]) -> list[NoticeView]:
    rows = fetch_all(
        "SELECT n.id, n.program_id, n.source, n.kind, n.minor, n.claimant, n.flags, n.places, n.language, n.received_at, n.answer_due, "
        "n.text_id, array_agg(h.case_id ORDER BY h.\"primary\" DESC, h.id) FILTER (WHERE h.state <> 'moved'), "
        "bool_and(h.state <> 'open'), n.reporter, n.account_id IS NOT NULL FROM notices_notice n JOIN notices_handling h ON h.notice_id = n.id "
        f"WHERE {where} GROUP BY n.id ORDER BY n.id",
        values,
    )
    return [
        NoticeView(
            id=r[0],
            program=r[1],
            source=r[2],
            kind=r[3],
            minor=r[4],
            claimant=r[5],
            flags=tuple(r[6]),
            places=json.loads(r[7]) if isinstance(r[7], str) else r[7],
            language=r[8],
            received_at=r[9],
            answer_due=r[10],
            text_id=r[11],
            cases=tuple(r[12] or ()),
            state="answered" if r[13] else "open",
            reporter=r[14],
            known=bool(r[15]) or r[2] in TRUSTED_SOURCES,
        )
        for r in rows
    ]


def view(*, notice: uuid.UUID) -> NoticeView | None:
    """Return one notice, or None."""
    found = _views("n.id = %s", [notice])
    return found[0] if found else None


def views(*, notices: list[uuid.UUID]) -> list[NoticeView]:
    """Return these notices, oldest first."""
    return _views("n.id = ANY(%s)", [notices])


def thread(*, notice: uuid.UUID) -> list[NoticeView]:
    """Return a notice and those that its reporter added to it, oldest first; empty if there is no such notice."""
    return _views("(n.id = %s OR n.follows_id = %s)", [notice, notice])


def views_of(*, case: uuid.UUID) -> list[NoticeView]:
    """Return the notices of a case, oldest first."""
    return _views("n.id IN (SELECT notice_id FROM notices_handling WHERE case_id = %s AND state <> 'moved')", [case])


def forget_sealed(*, now: datetime) -> int:
    """Delete sealed replies that are older than 24 hours; return how many."""
    return len(fetch_all("DELETE FROM notices_sealed_reply WHERE until <= %s RETURNING 1", [now]))
