"""A person of the desk writes to a reporter: a template, and at most one plain line that asks for nothing."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from odzew.answers.helplines import helplines
from odzew.answers.replies import LONGEST_LINE, Standing, compose_reply, never_said, offered, plain, reveals
from odzew.answers.wordbook import book
from odzew.cases.rows import CaseRow
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.people import Caller
from odzew.notices.api import NoticeView, thread
from odzew.notices.messages import MessageView, messages_of, sent_before
from odzew.usecases._threads import held_thread, note_read, only_writers
from odzew.usecases._writing import Said, write
from odzew.usecases.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a person chose and typed, and the newest message that they had before their eyes (None in an empty thread)."""

    template: str
    line: str = ""
    seen: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """What was sent: its words as the reporter reads them, and the message; None as long as it is only looked at."""

    text: str
    language: str
    message: uuid.UUID | None = None


def reply_to_reporter(
    *, case: uuid.UUID, notice: uuid.UUID, reply: Reply, caller: Caller, desk: Desk, now: datetime, send: bool = True
) -> Replied:
    """Send a reply to the reporter of a notice on a case, or with `send=False` return what it would say; both are held to one rule.

    What it answers counts as read. Raises `Forbidden` (a role that does not write), `NotFound` (no such notice on this case),
    `Invalid` (a template that is not true of this report, a line that asks for something, gives a way, or tells too much) and
    `Conflict` when the thread has got a message that the writer had not seen: they read it first.
    """
    only_writers(caller=caller)
    line = _line(reply.line)

    def work() -> Replied:
        # 1. Whose thread it is, on a case that is held; the thread is held before the case, as everybody does.
        root, row = held_thread(case=case, notice=notice)
        said, told = messages_of(notice=root), thread(notice=root)
        # 2. Is the template true of the report as it stands?
        if reply.template not in offered(standing=standing_of(row=row, told=told, said=said)):
            raise Invalid("This reply does not fit the report as it stands.", why="reply_untrue")
        first = next(one for one in told if one.id == root)
        language = book(language=first.language or desk.language).code
        near = helplines(country=desk.country, today=now.date()).numbers
        text = compose_reply(template=reply.template, line=line, language=language, emergency=desk.emergency, helplines=near)
        # 3. Sent before by this person from this very page? Written to meanwhile?
        mark = hashlib.sha256(json.dumps([str(caller.id), str(reply.seen), reply.template, line]).encode()).digest()
        known = sent_before(notice=root, once=mark)
        if known is not None:
            return Replied(text=text, language=language, message=known)
        if (said[-1].id if said else None) != reply.seen:
            raise Conflict("Somebody has written in this thread since. Read it, then send yours.", why="thread_moved")
        if not send:
            return Replied(text=text, language=language)
        # 4. The message, that it was sent, and what it answers is read.
        writes = Writes()
        message = write(
            writes,
            root=root,
            case=row.id,
            said=Said(text=text, language=language, template=reply.template, once=mark),
            caller=caller,
            desk=desk,
            now=now,
        )
        note_read(writes, root=root, case=row.id, messages=[m.id for m in said if m.unread], caller=caller, now=now)
        writes.send()
        return Replied(text=text, language=language, message=message)

    return atomically(work)


def standing_of(*, row: CaseRow, told: list[NoticeView], said: list[MessageView]) -> Standing:
    """Return how a report stands, for what may be said of it."""
    return Standing(
        written=any(m.by == "reporter" for m in said), open=row.undecided, answered=all(one.state == "answered" for one in told)
    )


def _line(typed: str) -> str:
    line = plain(typed=typed)
    if len(line) > LONGEST_LINE:
        raise Invalid(f"The line has at most {LONGEST_LINE} characters.", why="reply_long", most=LONGEST_LINE)
    if word := never_said(line=line):
        raise Invalid(f"{word!r} is never written to a reporter.", why="reply_never", word=word)
    if word := reveals(line=line):
        raise Invalid(f"{word!r} may tell too much.", why="reply_reveals", word=word)
    return line
