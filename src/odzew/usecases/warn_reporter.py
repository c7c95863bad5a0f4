"""A reporter whose reports were plainly unfounded is warned, in words they can read."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Final

from odzew.answers.replies import compose_reply
from odzew.answers.wordbook import book
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, record
from odzew.ledger.people import Caller
from odzew.notices.misuse import add_warning, sent_by, warning_of
from odzew.usecases._misuse import only_leads, the_notice
from odzew.usecases._threads import held_thread
from odzew.usecases._writing import Said, write
from odzew.usecases.desk import Desk

OFTEN: Final = 3
LONGEST: Final = 2_000


def warn_reporter(*, case: uuid.UUID, notice: uuid.UUID, reason: str, caller: Caller, desk: Desk, now: datetime) -> uuid.UUID:
    """Warn the reporter of a notice, and return the warning. Nothing else follows: their reports weigh what they weighed.

    At least three of their reports of the last year must stand cleared, for once is no misuse. Raises `Forbidden`, `NotFound` (no such
    notice on the case), `Invalid` (nobody who can be known again, no reason, not often) and `Conflict` (warned already).
    Law: DSA art. 23(2) to (4).
    """
    only_leads(caller=caller)
    said = reason.replace("\x00", "").strip()
    if not 0 < len(said) <= LONGEST:
        raise Invalid(f"Say why in at most {LONGEST} characters.", why="hold_reason", most=LONGEST)

    def work() -> uuid.UUID:
        # 1. The thread is held, then the case; whose reports they are, and what became of them.
        root, row = held_thread(case=case, notice=notice)
        first = the_notice(notice=root)
        if warning_of(reporter=first.reporter, now=now) is not None:
            raise Conflict("This reporter has been warned.", why="misuse_warned")
        if sent_by(reporter=first.reporter, now=now).cleared < OFTEN:
            raise Invalid(
                f"Fewer than {OFTEN} of their reports were cleared; once is no misuse.", why="misuse_seldom", word=str(OFTEN)
            )
        # 2. The warning, its words, and the event, together.
        writes = Writes()
        text_id, salted = keep_text(writes, text=said, now=now)
        made = add_warning(writes, reporter=first.reporter, notice=root, person=caller.id, reason=text_id, now=now)
        language = book(language=first.language or desk.language).code
        words = compose_reply(template="warned", line="", language=language, emergency=desk.emergency)
        once = hashlib.sha256(made.bytes).digest()
        told = Said(text=words, language=language, template="warned", once=once)
        write(writes, root=root, case=row.id, said=told, caller=caller, desk=desk, now=now)
        facts = {"misuse": str(made), "notice": str(root), "reason": salted}
        record(writes, kind="reporter.warned", actor=caller.actor, now=now, case=row.id, facts=facts)
        writes.send()
        return made

    return atomically(work)
