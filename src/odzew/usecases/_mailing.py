"""Shared: what a mail to a reporter says. It is looked up when it goes: no address and no words lie in the outbox."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from odzew.answers.api import AnswerView
from odzew.answers.api import answer as answer_by_id
from odzew.answers.wordbook import say
from odzew.cases.resolve import cases_of_places
from odzew.cases.rows import now_named
from odzew.foundation.outgoing import Reply
from odzew.ledger.outbox import Due
from odzew.notices.api import view
from odzew.notices.contacts import Known, contact_of, end_contact, forget_code
from odzew.notices.letters import own_id
from odzew.usecases.desk import Desk

# What stays at `/status`: the words of a person of the desk may name what a mail must not.
_NOT_BY_MAIL: Final = frozenset({"reason"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outmail:
    """A mail to one reporter: plain text, a neutral subject, nothing of what they wrote but their own number."""

    to: str
    subject: str
    text: str
    language: str
    message_id: str
    replies_to: str = ""


MailSender = Callable[[Outmail], Reply]


def send_mail(*, due: Due, desk: Desk, mail: MailSender | None) -> Reply:
    """Send one delivery; return how the mail server took it (status 0: not at all, tried again). No transaction is open."""
    if mail is None:
        return Reply(status=0, error="no-mail-server")
    notice = uuid.UUID(due.payload["notice"])
    known = contact_of(notice=notice, keys=desk.keys)
    if known is None or known.ended:
        return Reply(status=550, error="no-address")
    if language := due.payload.get("news"):
        return mail(_outmail(due, notice, known, language, _news, desk))
    given = answer_by_id(answer=due.subject)
    if given is None:
        return Reply(status=550, error="no-address")
    return mail(_outmail(due, notice, known, given.language, lambda line: _whole(notice, known, given, line), desk))


def mail_taken(*, due: Due, desk: Desk) -> None:
    """The mail server has it: a code that was in it is known to its reporter alone from now on."""
    forget_code(notice=uuid.UUID(due.payload["notice"]), keys=desk.keys)


def give_up_address(*, due: Due, now: datetime) -> None:
    """Write no more to the address of a delivery."""
    end_contact(notice=uuid.UUID(due.payload["notice"]), now=now)


def _outmail(
    due: Due, notice: uuid.UUID, known: Known, language: str, said: Callable[[Callable[..., str]], list[str]], desk: Desk
) -> Outmail:
    contact = known.contact

    def line(key: str, **values: Any) -> str:
        return say(key=f"page.{key}", language=language, **values)

    subject = line("mail_subject") + (f" {contact.ticket}" if contact.ticket else "")
    lines = [f"{line('mail_number')} {contact.ticket}", ""] if contact.ticket else []
    lines += said(line)
    if known.code:
        code = " ".join(known.code[n : n + 4] for n in range(0, 20, 4))
        lines += ["", line("receipt_code"), code, line("receipt_code_help")]
    if desk.public_url:
        lines += ["", line("mail_where"), f"{desk.public_url}/status"]
    return Outmail(
        to=contact.address,
        subject=subject,
        text="\n".join(lines) + "\n",
        language=language,
        message_id=own_id(notice=notice, delivery=due.id, domain=desk.mail_domain, keys=desk.keys),
        replies_to=contact.thread,
    )


def _whole(notice: uuid.UUID, known: Known, given: AnswerView, line: Callable[..., str]) -> list[str]:
    """The answer clause by clause, and which of the reporter's links it is about, by their order."""
    contact, lines = known.contact, list[str]()
    if about := _which(notice, given):
        lines += [line("mail_about", numbers=", ".join(map(str, about))), ""]
    told = [c["text"] for c in given.clauses if not _NOT_BY_MAIL & set(c["facts"])]
    lines += told
    if len(told) < len(given.clauses):
        lines += [line("mail_more")]
    if given.kind == "receipt" and contact.cut:
        lines += ["", line("mail_cut")]
    if given.kind == "receipt" and contact.files:
        lines += ["", line("mail_files")]
    return lines


def _news(line: Callable[..., str]) -> list[str]:
    """That the desk has written: never what, for whoever reads the mail may not be whom it is for."""
    return [line("mail_news")]


def _which(notice: uuid.UUID, given: AnswerView) -> list[int]:
    """Which of several links an answer is about, counted as they stood in the mail: an address may hold an account's name."""
    found = view(notice=notice)
    urls = [place["url"] for place in found.places] if found else []
    if len(urls) < 2:
        return []
    if given.kind == "receipt":
        return list(range(1, len(urls) + 1))
    case, cases = now_named(case=given.case), cases_of_places(urls=urls)
    return [n for n, url in enumerate(urls, 1) if cases.get(url) == case]
