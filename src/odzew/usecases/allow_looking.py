"""An operator completes the legal statement of the desk's country, or ends it: before it and after it nobody is shown anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from odzew.exposures.data import PermitView
from odzew.exposures.permits import complete, end, page
from odzew.foundation.errors import Invalid
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import keep_text, record
from odzew.usecases.desk import Desk


def allow_looking(
    *, country: str, answers: Mapping[str, str], until: datetime, agreed: bool, actor: str, desk: Desk, now: datetime
) -> PermitView:
    """Keep the completed page, and let people look from now on until it ends.

    `answers` are `responsible`, `basis`, `confirmed_by` and `care`. Raises `Invalid` for a page that is not complete or not agreed to,
    or of another country than the desk's; `Conflict` while one stands. The record holds the page's salted hash, not its words.
    """
    if country != desk.country:
        raise Invalid(f"This desk is in {desk.country} (the setting `country`); only the statement of that country lets it look.")
    text = page(language=desk.language, country=country, answers=answers, until=until)
    if not agreed:
        raise Invalid(
            "Nobody has agreed to the statement. Read it as it is printed, and say `--agree` if every word of it is true."
        )

    def work() -> PermitView:
        writes = Writes()
        # 1. The page as it was completed, apart from the record.
        text_id, hashed = keep_text(writes, text=text, now=now)
        care = " ".join(answers["care"].split())
        permit = complete(writes, country=country, text=text, text_id=text_id, care=care, until=until, now=now)
        # 2. The act.
        facts = {
            "permit": str(permit.id),
            "country": country,
            "version": permit.version,
            "form": permit.form,
            "text": hashed,
            "until": until,
        }
        record(writes, kind="looking.on", actor=actor, now=now, facts=facts)
        writes.send()
        return permit

    return atomically(work)


def end_looking(*, country: str, actor: str, now: datetime) -> PermitView:
    """End the statement at once: what is being fetched for somebody at this moment is not shown any more. Raises `Conflict`."""

    def work() -> PermitView:
        writes = Writes()
        permit = end(country=country, now=now)
        record(writes, kind="looking.off", actor=actor, now=now, facts={"permit": str(permit.id), "country": country})
        writes.send()
        return permit

    return atomically(work)
