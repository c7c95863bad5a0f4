"""The threads of a case with its reporters, as the desk sees them: each apart, and who of the desk wrote told to the auditor alone."""

from __future__ import annotations

import uuid
from typing import Any, Final

from odzew.answers.replies import offered
from odzew.answers.wordbook import book, say
from odzew.cases.rows import CaseRow
from odzew.entrypoints.console.reporter_record import record_shown
from odzew.entrypoints.console.rights import may
from odzew.entrypoints.console.said import Said
from odzew.ledger.outbox import attempts_of
from odzew.ledger.people import Caller, pseudonyms
from odzew.notices.api import NoticeView, thread, views
from odzew.notices.messages import MessageView, Unread, messages_of, messages_on, on_case, thread_of, threads_on
from odzew.usecases.desk import Desk
from odzew.usecases.reply_to_reporter import standing_of

_THREADS: Final = 20
_LAST: Final = 3
_MOST: Final = 200
_UNREAD: Final = 20


def threads_of(*, case: uuid.UUID, caller: Caller, said: Said) -> list[dict[str, Any]]:
    """Return the threads of a case, what is unread first, each with its newest messages and all that are unread."""
    notices = threads_on(case=case, most=_THREADS)
    if not notices:
        return []
    first, every = {one.id: one for one in views(notices=notices)}, messages_on(notices=notices, most=_MOST)
    shown = [m for said_there in every.values() for n, m in enumerate(said_there) if m.unread or n >= len(said_there) - _LAST]
    rows = dict(zip([m.id for m in shown], _shown(shown, caller, said), strict=True))
    return [
        {
            "notice": notice,
            "who": _who(first[notice], said),
            **_counts(every[notice], said),
            "messages": [rows[m.id] for m in every[notice] if m.id in rows],
        }
        for notice in notices
    ]


def _who(first: NoticeView, said: Said) -> str:
    return f"{said.label('kind', first.kind)} · {said.label('claimant', first.claimant)}"


def _counts(every: list[MessageView], said: Said) -> dict[str, Any]:
    waiting = [m for m in every if m.unread]
    return {
        "unread": said.text("thread_unread", count=len(waiting)) if waiting else "",
        "danger": any(m.danger for m in waiting),
    }


def _shown(messages: list[MessageView], caller: Caller, said: Said) -> list[dict[str, Any]]:
    ours = [m for m in messages if m.by == "desk"]
    names = pseudonyms(people=[m.person for m in ours if m.person]) if caller.role == "auditor" else {}
    tries = attempts_of(subjects=[m.id for m in ours])

    def by(m: MessageView) -> str:
        if m.by == "reporter":
            return said.words["thread_from"]
        if m.person == caller.id:
            return said.words["you"]
        return names.get(m.person, said.words["thread_desk"]) if m.person else said.words["thread_desk"]

    return [
        {
            "id": m.id,
            "by": by(m),
            "ours": m.by == "desk",
            "at": said.time(m.at),
            "lang": m.language,
            "danger": m.danger,
            "unread": m.unread,
            "text": m.text,
            "tries": said.tries(tries.get(m.id, [])),
        }
        for m in messages
    ]


def thread_page(*, row: CaseRow, notice: uuid.UUID, caller: Caller, desk: Desk, said: Said) -> dict[str, Any] | None:
    """Return one thread with the form of a reply, or None if no notice of that reporter is on the case."""
    root = thread_of(notice=notice)
    if root is None or not on_case(case=row.id, notice=root):
        return None
    every, told = messages_of(notice=root, most=_MOST), thread(notice=root)
    first = next(one for one in told if one.id == root)
    language = book(language=first.language or desk.language).code
    names = offered(standing=standing_of(row=row, told=told, said=every))
    return {
        "case": row.id,
        "short": str(row.id)[-12:],
        "notice": root,
        "who": _who(first, said),
        "language": language,
        **_counts(every, said),
        "messages": _shown(every, caller, said),
        "seen": every[-1].id if every else "",
        "waiting": " ".join(str(m.id) for m in every if m.unread),
        "writes": may(role=caller.role, page="messages", method="POST"),
        "record": record_shown(first=first, caller=caller, said=said),
        "templates": [(name, _sample(name, language, desk)) for name in names],
    }


def _sample(name: str, language: str, desk: Desk) -> str:
    return say(key=f"reply.{name}", language=language, emergency=desk.emergency, helplines="").strip()


def unread_page(*, found: list[Unread], said: Said) -> dict[str, Any] | None:
    """Return the cases with messages that nobody has read, decided ones too, or None where there are none."""
    if not found:
        return None
    return {
        "title": said.text("unread_title", count=sum(u.count for u in found)),
        "cases": [
            {
                "id": u.case,
                "short": str(u.case)[-12:],
                "count": said.text("chip_unread", count=u.count),
                "danger": u.danger,
                "since": said.time(u.since),
            }
            for u in found[:_UNREAD]
        ],
        "more": said.text("more", count=len(found) - _UNREAD) if len(found) > _UNREAD else "",
    }
