"""A mail comes in: its words become a notice like any other."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from odzew.answers.danger import speaks_of_danger
from odzew.foundation.errors import Conflict
from odzew.ledger.people import MAIL, Caller, enrolled_hosts, trusted_sender
from odzew.notices.api import NoticeView, thread
from odzew.notices.contacts import contact_of, written_today
from odzew.notices.data import Concern, Contact, NewNotice, Receipt
from odzew.notices.form import FormAnswers, concern_of, links_in, on_one_of, places_of
from odzew.notices.letters import Letter, notice_of
from odzew.notices.receipt import without_codes
from odzew.policy.vocabulary import TRUSTED_SOURCES
from odzew.usecases._own_programs import own_caller
from odzew.usecases.desk import Desk
from odzew.usecases.receive_notice import MOST_PLACES, Voice, receive_notice

LONGEST: Final = 10_000
MOST_A_DAY: Final = 20
_POLISH: Final = re.compile(r"[ąćęłńśźż]|\b(?:nie|jest|się|sie|prosze|zdjecie|dzien dobry|czesc)\b", re.IGNORECASE)
_ENGLISH: Final = re.compile(r"\b(?:the|is|and|please|hello|picture|this|my)\b", re.IGNORECASE)
# Hotlines write addresses so that nobody opens one by mistake.
_DISARMED: Final = ((re.compile(r"\bhxxp(s?)://", re.IGNORECASE), r"http\1://"), (re.compile(r"\[(?:\.|dot)\]|\(dot\)"), "."))


def receive_mail(*, letter: Letter, desk: Desk, now: datetime) -> Receipt | None:
    """Store a mail as a notice and return its receipt; None for what is only an echo of a mail of ours.

    When this returns, the mail need not be kept: the notice is durable. The same mail again is the same notice. No address in it is
    fetched. What a person answers to a mail of ours follows their first notice; what a program answers to it is dropped.
    """
    # 1. Echoes: a bounce, an absence note or a loop ends here, or two programs would write to each other for ever.
    ours = notice_of(ids=letter.replies_to, keys=desk.keys)
    if letter.bounce or notice_of(ids=(letter.message_id,), keys=desk.keys) or (ours and letter.automatic):
        return None
    # 2. Who says so: somebody whose mail the operator trusts, if the operator's own mail server says that it is theirs.
    trusted = _trusted(letter, now)
    caller = trusted or own_caller(program=MAIL, now=now)
    root = _root(letter, ours, desk)
    # 3. What they say.
    notice = _notice(letter, caller, root, desk, now)
    voice: Voice | None = None if trusted else _voice(letter, root, desk)
    # 4. A notice like any other.
    try:
        return receive_notice(notice=notice, caller=caller, desk=desk, now=now, voice=voice)
    except Conflict:
        # This very mail is stored already; only what the operator says of its sender has changed since.
        return None


def _trusted(letter: Letter, now: datetime) -> Caller | None:
    if not letter.sender or letter.forged or letter.domain != letter.sender.rpartition("@")[2]:
        return None
    found = trusted_sender(address=letter.sender, now=now)
    return found if found and found.sources & TRUSTED_SOURCES else None


def _root(letter: Letter, ours: uuid.UUID | None, desk: Desk) -> NoticeView | None:
    """The notice that a mail follows: the one it answers to, if it comes from the address that we wrote to."""
    known = contact_of(notice=ours, keys=desk.keys) if ours else None
    if ours is None or known is None or known.contact.address.lower() != letter.sender:
        return None
    return next((one for one in thread(notice=ours) if one.id == ours), None)


def _notice(letter: Letter, caller: Caller, root: NoticeView | None, desk: Desk, now: datetime) -> NewNotice:
    # An answer to a mail of ours quotes it, and the receipt in it; nobody of the desk may read the code.
    words, hosts = without_codes(text=letter.words.replace("\x00", "")), enrolled_hosts()
    places = places_of(links=_links(words, hosts)[:MOST_PLACES])
    danger = speaks_of_danger(text=words)
    cut = letter.cut or len(words) > LONGEST
    sources = caller.sources & TRUSTED_SOURCES
    return NewNotice(
        external_id=f"mail {letter.key}",
        source=min(sources) if sources else "user",
        concern=_concern(root, danger=danger),
        places=places,
        text=words[:LONGEST],
        language=_language(words, desk),
        case=root.cases[0] if root and not places else None,
        in_words=not places,
        follows=root.id if root else None,
        contact=None if root else _contact(replace(letter, cut=cut), desk, now, trusted=bool(sources)),
    )


def _links(words: str, hosts: Collection[str]) -> list[str]:
    """The addresses on what this desk looks after. Others stay words: footers of mail programs would make one case of strangers."""
    for pattern, armed in _DISARMED:
        words = pattern.sub(armed, words)
    return [link for link in links_in(text=words, hosts=hosts) if on_one_of(link=link, hosts=hosts)]


def _concern(root: NoticeView | None, *, danger: bool) -> Concern:
    """What nobody asked is not known: like the form without an answer, so that the clocks of a child run (practice 2)."""
    plain = concern_of(answers=FormAnswers(what=frozenset({"danger"} if danger else ())))
    return plain if root is None else replace(plain, kind=root.kind, minor=root.minor, claimant=root.claimant)


def _language(words: str, desk: Desk) -> str:
    if _POLISH.search(words):
        return "pl"
    return "en" if len(_ENGLISH.findall(words)) > 2 else desk.language


def _contact(letter: Letter, desk: Desk, now: datetime, *, trusted: bool) -> Contact | None:
    """Where it is answered to: never a program or a list, never an address that did not send it, and not without end."""
    if not letter.sender or letter.automatic or letter.forged:
        return None
    if not trusted and written_today(address=letter.sender, keys=desk.keys, now=now) >= MOST_A_DAY:
        return None
    return Contact(address=letter.sender, ticket=letter.ticket, thread=letter.message_id, cut=letter.cut, files=letter.files)


def _voice(letter: Letter, root: NoticeView | None, desk: Desk) -> Voice:
    """Anybody can write any sender: all mail that no server vouches for is one voice on a case, and else each domain is one."""
    if root is not None:
        return lambda _case: root.reporter
    return lambda case: desk.keys.reporter_key(of=f"mail from {letter.domain} on {case}")
