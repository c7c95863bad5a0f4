"""A reporter comes back with the code: it is back, or there is one more link. A new notice that joins."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from odzew.cases.data import Place
from odzew.cases.items import items_of
from odzew.foundation.errors import Invalid, NotFound
from odzew.ledger.people import enrolled_hosts, platform_of
from odzew.notices.api import NoticeView, by_receipt, thread
from odzew.notices.data import Concern, NewNotice, Receipt
from odzew.notices.form import FormAnswers, links_in, places_of, text_of
from odzew.notices.formal import signed_on
from odzew.notices.receipt import clean
from odzew.usecases.desk import Desk
from odzew.usecases.file_report import LONGEST_WHERE, external_id, form_caller
from odzew.usecases.receive_notice import MOST_PLACES, receive_notice


def add_to_report(*, code: str, where: str, once: str, danger: bool, desk: Desk, now: datetime) -> Receipt:
    """Store what a reporter adds as a notice of their own that follows the first; the same under the same `once` is stored once.

    It says of the same places, and of those named now, what the first notice said, so it joins its case, opens it again or raises
    it; nothing is lowered. What they signed as a formal request holds for it too. An empty `where` says that it is back. What is
    answered is read with the code of the first one.
    Raises `NotFound` (a code that opens nothing) and `Invalid` (too long, too many addresses).
    """
    digits = clean(typed=code)
    first = by_receipt(lookup=desk.keys.receipt_lookup(code=digits)) if digits else None
    told = thread(notice=first) if first else []
    if not told:
        raise NotFound("This code opens no report.")
    links = links_in(text=where, hosts=enrolled_hosts())
    if len(where) > LONGEST_WHERE or len(links) > MOST_PLACES:
        raise Invalid("That is too long for us.", what="too_long")
    root = next(one for one in told if one.id == first)
    places = _places(told, links)
    laws = frozenset(one.law for one in signed_on(notices=[root.id]))
    notice = NewNotice(
        external_id=external_id(once=once, content=[str(root.id), where, danger, *sorted(laws)]),
        source="user",
        concern=_concern(root, danger=danger),
        places=places,
        case=None if places else root.cases[0],
        text=text_of(answers=FormAnswers(where=where), links=links),
        language=root.language,
        regimes=laws,
        follows=root.id,
    )
    # Item ids mean those of the first notice's platform. Its voice is the first one's: whoever adds to a report is nobody new.
    caller = replace(form_caller(now=now), platform=_platform(root))
    return receive_notice(notice=notice, caller=caller, desk=desk, now=now, voice=lambda _case: root.reporter)


def _platform(root: NoticeView) -> uuid.UUID | None:
    """Whose item ids the first notice means: its program's platform; of a form that was opened from a post, the post's."""
    known = platform_of(program=root.program) if root.program else None
    named = {place["item_id"] for place in root.places if place["item_id"]}
    if known is not None or not named:
        return known
    return next((i.platform_id for case in root.cases for i in items_of(case=case) if i.external_id in named), None)


def _places(told: list[NoticeView], links: list[str]) -> tuple[Place, ...]:
    """The new addresses first, then what was reported before, as far as there is room."""
    before = (Place(item_id=place["item_id"], url=place["url"]) for one in told for place in one.places)
    return tuple(dict.fromkeys([*places_of(links=links), *before]))[:MOST_PLACES]


def _concern(root: NoticeView, *, danger: bool) -> Concern:
    flags = frozenset(root.flags) - {"imminent", "threat_to_publish"}
    return Concern(
        kind=root.kind, minor=root.minor, claimant=root.claimant, flags=flags | ({"imminent"} if danger else frozenset())
    )
