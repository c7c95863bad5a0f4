"""From a mail's header and words to the letter that the desk reads: who it is from, who says so, and whether a program sent it."""

from __future__ import annotations

import hashlib
import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import Final

from odzew.entrypoints.mail.words import decode, tidy
from odzew.notices.letters import Letter

_ADDRESS: Final = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_ID: Final = re.compile(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,200}@[A-Za-z0-9.\[\]:_-]{1,200}>")
_TICKET: Final = re.compile(
    r"[\[(](?:(?:ref|case|ticket|sprawa|zgłoszenie|nr|no|id)[ .:]{0,2})?#?[A-Za-z]{0,10}[#:/-]?[0-9][A-Za-z0-9._/-]{0,30}[\])]",
    re.IGNORECASE,
)
_TICKET_HEADERS: Final = (
    "X-Ticket-ID",
    "X-Ticket",
    "X-Ticket-Number",
    "X-OTRS-TicketNumber",
    "X-RT-Ticket",
    "X-Case-ID",
    "X-Report-ID",
)
_TICKET_VALUE: Final = re.compile(r"[A-Za-z0-9 ._#/:-]{1,40}")
_ECHOES: Final = ("", "delivery-status", "disposition-notification")
_MOST_SUBJECT: Final = 300
_MOST_FROM: Final = 1000
# Names in quotes and remarks beside an address.
_ASIDE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\([^()]*\)')


def letter_of(*, head: Message, text: str, files: bool, cut: bool, envelope: str | None, authserv: str, unique: str = "") -> Letter:
    """Return what is read of a mail. `envelope`: the sender that its server was told, "" for none, None if that is not known.

    `authserv`: by which name the operator's own server says whose mail it is. `unique` names a mail that has neither an id nor a date.
    """
    sender = _sender(head)
    subject = tidy(text=re.sub(r"[\r\n]+", " ", words_of(head=head, name="Subject")))[:_MOST_SUBJECT]
    message_id = (_ID.findall(_plain(head, "Message-ID")) or [""])[0]
    domain, forged = _vouched(head, sender, authserv)
    path = envelope if envelope is not None else _return_path(head)
    report = head.get_content_type() == "multipart/report" and _kind_of_report(head) in _ECHOES
    marks = (sender, subject, text, message_id, _plain(head, "Date"))
    named = message_id or _plain(head, "Date")
    return Letter(
        key=hashlib.sha256(repr((*marks, "" if named else unique)).encode("utf-8", "backslashreplace")).hexdigest(),
        sender=sender,
        domain=domain,
        forged=forged,
        automatic=_automatic(head, path),
        bounce=report or (path == "" and _plain(head, "Auto-Submitted").lower().startswith("auto-replied")) or _daemon(sender),
        subject=subject,
        text=text,
        message_id=message_id,
        replies_to=tuple(_ID.findall(_plain(head, "In-Reply-To"))[:5] + _ID.findall(_plain(head, "References"))[-20:]),
        ticket=_ticket(head, subject),
        cut=cut,
        files=files,
    )


def _plain(head: Message, name: str) -> str:
    """A header as it stands, on one line; the first of several."""
    return re.sub(r"[\r\n\x00]+", " ", _raw(head, name))[:4000].strip()


def _raw(head: Message, name: str) -> str:
    """A header as it came, the first of several; bytes that are no plain letters as surrogates."""
    return next((str(value) for known, value in head.raw_items() if known.lower() == name.lower()), "")


def words_of(*, head: Message, name: str) -> str:
    """Return a header in words (RFC 2047); what cannot be read stays as it is written."""
    line = re.sub(r"[\r\n]+[ \t]*", " ", _raw(head, name))[:4000]
    try:
        found = decode_header(line)
    except (HeaderParseError, ValueError):
        return line.encode("utf-8", "replace").decode()
    parts = []
    for value, charset in found:
        if isinstance(value, bytes):
            parts.append(decode(data=value, charset=charset or "utf-8"))
        else:
            parts.append(decode(data=value.encode("utf-8", "surrogateescape"), charset="utf-8"))
    return "".join(parts)


def _sender(head: Message) -> str:
    """The one address in From, in small letters; none if there are several or it is odd: then nobody is answered."""
    if len(head.get_all("From", [])) != 1:
        return ""
    line = _ASIDE.sub(" ", _plain(head, "From")[:_MOST_FROM]).strip()
    found = re.fullmatch(r"[^<>,;]*<([^<>\s]+)>|([^<>,;\s]+)", line)
    address = (found[1] or found[2]).lower() if found else ""
    return address if len(address) <= 254 and _ADDRESS.fullmatch(address) else ""


def _kind_of_report(head: Message) -> str:
    """What a `multipart/report` says it is (RFC 6522): of a delivery, of a reading, or somebody's report of abuse (RFC 5965)."""
    found = re.search(r'report-type\s*=\s*"?([a-z-]*)', _plain(head, "Content-Type").lower())
    return found[1] if found else ""


def _return_path(head: Message) -> str | None:
    path = _plain(head, "Return-Path")
    return path.strip("<> ") if path else None


def _daemon(sender: str) -> bool:
    return sender.partition("@")[0] == "mailer-daemon"


def _automatic(head: Message, path: str | None) -> bool:
    """Did a program send it, or did a list pass it on (RFC 3834)? A ticket system's mail is one too, and is a report all the same."""
    submitted = _plain(head, "Auto-Submitted").lower().partition(";")[0].strip()
    return (
        path == ""
        or submitted not in ("", "no")
        or _plain(head, "Precedence").lower() in ("bulk", "list", "junk", "auto_reply")
        or any(head.get(name) is not None for name in ("List-Id", "List-Unsubscribe", "X-Autoreply", "X-Autorespond", "X-Loop"))
        or re.match(r"(?:no-?reply|do-?not-?reply|mailer-daemon|postmaster)\b", _sender(head)) is not None
    )


def _vouched(head: Message, sender: str, authserv: str) -> tuple[str, bool]:
    """Whose mail it is by the operator's own server (RFC 8601), and whether that says it is not the sender's.

    The topmost header under that name counts: the server puts its own above all others. DMARC, or a DKIM signature of the very domain.
    """
    domain = sender.rpartition("@")[2]
    if not authserv or not domain:
        return "", False
    for value in head.get_all("Authentication-Results", [])[:20]:
        line = re.sub(r"\([^()]{0,500}\)", " ", re.sub(r"\s+", " ", str(value))[:4000]).lower()
        server, _, rest = line.partition(";")
        if server.split()[:1] != [authserv.lower()]:
            continue
        # What is left of a comment, or a quoted string of more than a name, may hold the sender's own words: then nothing is believed.
        plain = re.sub(r'"[a-z0-9.@_+-]*"', "x", rest)
        if re.search(r'[()"]', plain):
            return "", False
        results = [r.strip() for r in rest.split(";")]
        dmarc = [r for r in results if re.match(r"dmarc\s*=", r)]
        if any(re.match(r"dmarc\s*=\s*fail\b", r) for r in dmarc):
            return "", True
        good = [r for r in dmarc if re.match(r"dmarc\s*=\s*pass\b", r) and _property(r, "header.from") == domain]
        good += [r for r in results if re.match(r"dkim\s*=\s*pass\b", r) and _property(r, "header.d") == domain]
        return (domain if good else ""), False
    return "", False


def _property(result: str, name: str) -> str:
    found = re.search(rf"(?:^|\s){re.escape(name)}\s*=\s*\"?([a-z0-9.-]+)\"?(?:\s|$)", result)
    return found[1] if found else ""


def _ticket(head: Message, subject: str) -> str:
    """The sender's own number: in brackets in the subject, or in a header that ticket systems set."""
    if found := _TICKET.search(subject):
        return found[0]
    for name in _TICKET_HEADERS:
        value = _plain(head, name)
        if value and _TICKET_VALUE.fullmatch(value) and any(c.isdigit() for c in value):
            return f"[{value}]"
    return ""
