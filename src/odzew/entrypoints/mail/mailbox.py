"""A mailbox that reports are fetched from: header and words of each mail, never a file; a notice first, then the mail is gone."""

from __future__ import annotations

import imaplib
import ipaddress
import logging
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.db import InterfaceError, OperationalError

from odzew.entrypoints.mail.mime import head_of
from odzew.entrypoints.mail.reading import letter_of
from odzew.entrypoints.mail.structure import Part, Parts, parts_of, read_list
from odzew.entrypoints.mail.words import MOST_BYTES, MOST_LETTERS, decode, looks_like_a_file, of_html, tidy, unpack
from odzew.foundation.errors import Unsafe
from odzew.foundation.settings import Settings
from odzew.notices.letters import Letter

log = logging.getLogger(__name__)

SECONDS: Final = 20.0
MOST_AT_ONCE: Final = 200
_TALKS: Final = 5  # with the mail server in one visit, if single mails break them
_stuck: Final[set[str]] = set()  # what this process could not read before: it comes after the others
_HEADER: Final = 64 * 1024
Keep = Callable[[Letter], object]
Failure = (OSError, imaplib.IMAP4.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a visit did: mails taken, mails that could not be read (they stay), and whether nothing was left."""

    taken: int
    failed: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a mailbox is."""

    host: str
    port: int
    secure: bool
    user: str
    password: str
    folder: str

    @property
    def name(self) -> str:
        """What it is called among others."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


def place_of(*, url: str) -> Place:
    """Return the mailbox that an address names. Raises `Unsafe` for one without TLS that is not on this machine."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "imaps"
    if not secure and not on_this_machine(host=host):
        raise Unsafe("ODZEW_MAIL_IMAP_URL must begin with imaps://: mail would be readable on the way.")
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    if re.search(r"[\r\n\x00\"\\]", folder):
        raise Unsafe("ODZEW_MAIL_IMAP_URL names a folder that no mailbox has.")
    return Place(
        host=host,
        port=parts.port or (993 if secure else 143),
        secure=secure,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=folder,
    )


def on_this_machine(*, host: str) -> bool:
    """Is this host the machine itself?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def fetch(*, chosen: Settings, keep: Keep, context: ssl.SSLContext | None = None) -> Fetched:
    """Turn every mail in the mailbox into a notice with `keep`, and delete each as soon as it is one; then empty the trash.

    A mail is deleted only after `keep` has come back, so a crash may only let the same mail be read twice, which is one notice. One over
    which the mail server falls silent or the talk with it breaks stays, and comes last at the next visit; the others are read all the
    same. Raises what a mail server that is away raises (`Failure`), and whatever `keep` raises of a database that is.
    """
    place = place_of(url=chosen.mail_imap_url)
    taken, odd, whole = 0, set[str](), False
    for _ in range(_TALKS):
        try:
            with _opened(place, context) as server:
                _select(server, place.folder)
                about = f"{place.name} {_validity(server)}"
                numbers = sorted((n for n in _all(server) if n not in odd), key=lambda n: f"{about} {n}" in _stuck)
                for number in numbers[:MOST_AT_ONCE]:
                    unique = f"{about} {number}"
                    if not _kept(keep, partial(_letter, server, number, unique, chosen.mail_authserv), number, odd):
                        _stuck.add(unique)
                        continue
                    _delete(server, number)
                    _stuck.discard(unique)
                    taken += 1
                whole = not odd and len(numbers) <= MOST_AT_ONCE
                _empty(server, chosen.mail_trash)
            break
        except _Broken:
            continue
    return Fetched(taken=taken, failed=len(odd), whole=whole)


class _Broken(Exception):
    """Over one mail the talk with the mail server broke; nothing it says afterwards is to be believed."""


class _Refused(imaplib.IMAP4.error):
    """The mail server said no to one wish; the talk goes on."""


def _kept(keep: Keep, read: Callable[[], Letter | None], number: str, odd: set[str]) -> bool:
    """Read and keep one; a fault over one mail leaves it in the mailbox and holds up no other. Where nothing can be kept, nothing is."""
    odd.add(number)
    try:
        letter = read()
    except _Refused:
        return False
    except Failure as error:
        raise _Broken from error
    except Exception as error:
        log.error("a mail could not be read and stays in the mailbox", exc_info=error)
        return False
    if letter is None:
        return False
    try:
        keep(letter)
    except (*Failure, OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.error("a mail could not become a notice and stays in the mailbox", exc_info=error)
        return False
    odd.discard(number)
    return True


def _empty(server: imaplib.IMAP4, folder: str) -> None:
    if folder:
        _select(server, folder)
        for number in _all(server):
            _delete(server, number)


@contextmanager
def _opened(place: Place, context: ssl.SSLContext | None) -> Iterator[imaplib.IMAP4]:
    if place.secure:
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            place.host, place.port, ssl_context=context or ssl.create_default_context(), timeout=SECONDS
        )
    else:
        server = imaplib.IMAP4(place.host, place.port, timeout=SECONDS)
    try:
        server.login(place.user, place.password)
        yield server
    finally:
        with suppress(*Failure):
            server.logout()
        with suppress(*Failure):
            server.shutdown()


def _good(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise _Refused("the mail server said no")
    return answer[1]


def _select(server: imaplib.IMAP4, folder: str) -> None:
    _good(server.select(f'"{folder}"'))


def _validity(server: imaplib.IMAP4) -> str:
    found = server.response("UIDVALIDITY")[1]
    return found[0].decode("ascii", "replace") if found and isinstance(found[0], bytes) else ""


def _all(server: imaplib.IMAP4) -> list[str]:
    """Every mail that is there, also one that was marked and not expunged when somebody was killed."""
    found = _good(server.uid("SEARCH", "ALL"))
    words = found[0].split() if found and isinstance(found[0], bytes) else []
    return [word.decode("ascii") for word in words if word.isdigit()]


def _delete(server: imaplib.IMAP4, number: str) -> None:
    """Gone at once: marked and expunged. Two fetchers may do it both."""
    _good(server.uid("STORE", number, "+FLAGS.SILENT", r"(\Deleted)"))
    if "UIDPLUS" in server.capabilities:
        _good(server.uid("EXPUNGE", number))
    else:
        _good(server.expunge())


def _letter(server: imaplib.IMAP4, number: str, unique: str, authserv: str) -> Letter | None:
    """Read one mail; None if it is not there any more or cannot be understood: it stays where it is, and an alarm will say so."""
    header = _literal(_good(server.uid("FETCH", number, f"(BODY.PEEK[HEADER]<0.{_HEADER}>)")))
    described = _good(server.uid("FETCH", number, "(BODYSTRUCTURE)"))
    if header is None:
        return None
    parts = _described(described)
    texts, files, cut = _words(server, number, parts)
    text = "\n\n".join(t for t in texts if t)
    return letter_of(
        head=head_of(data=header),
        text=text[:MOST_LETTERS],
        files=files,
        cut=cut or len(text) > MOST_LETTERS,
        envelope=None,
        authserv=authserv,
        unique=unique,
    )


def _words(server: imaplib.IMAP4, number: str, parts: Parts) -> tuple[list[str], bool, bool]:
    texts, files, cut = [], parts.files, False
    for part in parts.wanted:
        data = _literal(_good(server.uid("FETCH", number, f"(BODY.PEEK[{part.number}]<0.{MOST_BYTES}>)"))) or b""
        cut |= len(data) >= MOST_BYTES
        text, odd = _text(part, data)
        texts.append(text)
        files |= odd
    return texts, files, cut


def _text(part: Part, data: bytes) -> tuple[str, bool]:
    text = decode(data=unpack(data=data, encoding=part.encoding), charset=part.charset)
    if looks_like_a_file(text=text):
        return "", True
    return of_html(html=text) if part.kind == "text/html" else (tidy(text=text), False)


def _described(answer: list[Any]) -> Parts:
    """The structure that the server told of; one that cannot be understood has no words that could be asked for."""
    told = bytearray()
    for piece in answer:
        if isinstance(piece, tuple):
            told += re.sub(rb"\{\d+\+?\}$", b"", piece[0]) + b'"' + re.sub(rb'(["\\])', rb"\\\1", piece[1]) + b'"'
        elif isinstance(piece, bytes):
            told += piece
    begin = told.upper().find(b"BODYSTRUCTURE ")
    if begin < 0:
        return Parts(words=(), files=True)
    try:
        listed = read_list(data=b"(" + bytes(told[begin + len(b"BODYSTRUCTURE ") :]))
    except ValueError:
        return Parts(words=(), files=True)
    inner = listed[0] if listed else []
    return parts_of(structure=inner[0] if isinstance(inner, list) and inner else None)


def _literal(answer: list[Any]) -> bytes | None:
    for piece in answer:
        if isinstance(piece, tuple) and len(piece) > 1 and isinstance(piece[1], bytes):
            return piece[1]
    quoted = b"".join(p for p in answer if isinstance(p, bytes))
    found = re.search(rb'\]<?\d*>? "((?:[^"\\]|\\.)*)"', quoted)
    if found:
        return re.sub(rb"\\(.)", rb"\1", found[1])
    return b"" if re.search(rb"\] NIL", quoted) else None
