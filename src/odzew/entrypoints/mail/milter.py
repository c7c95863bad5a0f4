"""The milter: a mail to the desk's address is stored as a notice before the mail server accepts it, or it is not accepted.

Mail with files or pictures is refused with one sentence, so that none of it lies anywhere. All other mail passes untouched.
`python -m odzew.entrypoints.mail.milter`; the settings and the database's address come from the environment.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import stat
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from types import FrameType
from typing import Final

from odzew.answers.wordbook import say
from odzew.entrypoints import logs, runtime
from odzew.entrypoints.mail import milter_wire as wire
from odzew.entrypoints.mail.mime import Body, head_of, read_body
from odzew.entrypoints.mail.reading import letter_of
from odzew.entrypoints.mail.words import MOST_LETTERS
from odzew.foundation.errors import Unsafe
from odzew.foundation.settings import Settings
from odzew.notices.letters import Letter

log = logging.getLogger(__name__)

MOST_BODY: Final = 1 << 20
MOST_HEADER: Final = 128 * 1024
SECONDS: Final = 120.0
AT_ONCE: Final = 32
Keep = Callable[[Letter], object]


@dataclass(slots=True)
class _Mail:
    envelope: str = ""
    ours: bool = False
    others: bool = False
    header: bytearray = field(default_factory=bytearray)
    body: bytearray = field(default_factory=bytearray)
    large: bool = False
    queue_id: str = ""


class Session:
    """One connection of a mail server: packets in, what to answer out (None: nothing is waited for)."""

    def __init__(self, *, chosen: Settings, language: str, keep: Keep) -> None:
        self._chosen, self._language, self._keep = chosen, language, keep
        self._mail, self._each_header = _Mail(), True

    def answer(self, packet: wire.Packet) -> bytes | None:
        """Return what a packet is answered with. Raises `Broken` for one that is none of the protocol."""
        mail, go_on = self._mail, wire.packet(command=wire.CONTINUE)
        match packet.command:
            case b"O":
                reply, self._each_header = wire.negotiated(offer=packet.data)
                return reply
            case b"D":
                words = packet.words
                pairs = [w.decode("latin-1") for w in ([words[0][1:], *words[1:]] if words else [])]
                mail.queue_id = dict(zip(pairs[::2], pairs[1::2], strict=False)).get("i", mail.queue_id)[:100]
                return None
            case b"A":
                self._mail = _Mail()
                return None
            case b"M":
                self._mail = _Mail(envelope=_address(packet.words))
                return go_on
            case b"R":
                return self._recipient(_address(packet.words))
            case b"L":
                self._header(packet.words)
                return go_on if self._each_header else None
            case b"N":
                return self._end_of_header()
            case b"B":
                self._take(packet.data)
                return go_on
            case b"E":
                self._take(packet.data)
                reply, self._mail = self._end(), _Mail()
                return reply
            case b"C" | b"H" | b"T" | b"U":
                return go_on
            case b"K":
                self._mail = _Mail()
                return None
            case _:
                raise wire.Broken("no command")

    def _recipient(self, address: str) -> bytes:
        """The desk's address is alone with its mails: what is taken as a notice is delivered to nobody else."""
        mail, ours = self._mail, is_ours(address=address, own=self._chosen.mail_address)
        if (mail.ours and not ours) or (mail.others and ours):
            return wire.refusal(code="452 4.5.3", sentence="Send this to one of them at a time.")
        mail.ours, mail.others = mail.ours or ours, mail.others or not ours
        return wire.packet(command=wire.CONTINUE)

    def _header(self, words: list[bytes]) -> None:
        mail = self._mail
        if not mail.ours or len(words) < 1:
            return
        line = words[0] + b": " + b" ".join(words[1:]).replace(b"\r\n", b"\n").replace(b"\n", b"\n ") + b"\n"
        if len(mail.header) + len(line) > MOST_HEADER:
            mail.large = True
        else:
            mail.header += line

    def _take(self, data: bytes) -> None:
        mail = self._mail
        if not mail.ours:
            return
        if len(mail.body) + len(data) > MOST_BODY:
            mail.large = True
            mail.body.clear()
        elif not mail.large:
            mail.body += data

    def _end_of_header(self) -> bytes:
        """What is no text by its header alone is refused before its body is sent."""
        mail = self._mail
        if not mail.ours:
            return wire.packet(command=wire.ACCEPT if mail.others else wire.CONTINUE)
        kind = head_of(data=bytes(mail.header)).get_content_type()
        if kind.partition("/")[0] in ("image", "video", "audio", "application"):
            return self._refuse("550 5.7.1", "mail_words_only")
        return wire.packet(command=wire.CONTINUE)

    def _end(self) -> bytes:
        mail = self._mail
        if not mail.ours:
            return wire.packet(command=wire.ACCEPT)
        if mail.large:
            return self._refuse("552 5.3.4", "mail_too_large")
        try:
            head = head_of(data=bytes(mail.header))
            body = read_body(head=head, data=bytes(mail.body))
            letter = self._letter(head, body)
        except Exception as error:  # what cannot be read now cannot be read tomorrow either
            log.error("a mail could not be read and was refused", exc_info=error)
            return self._refuse("554 5.6.0", "mail_words_only")
        if body.files and not letter.bounce:
            return self._refuse("550 5.7.1", "mail_words_only")
        try:
            self._keep(letter)
        except Exception as error:  # nothing is acknowledged that is not stored; the sender's server tries again
            log.error("a mail could not be stored; its server keeps it", exc_info=error)
            return self._refuse("451 4.3.0", "mail_later", form=False)
        return wire.packet(command=wire.DISCARD)

    def _letter(self, head: Message, body: Body) -> Letter:
        text = body.text
        return letter_of(
            head=head,
            text=text[:MOST_LETTERS],
            files=body.files,
            cut=len(text) > MOST_LETTERS,
            envelope=self._mail.envelope,
            authserv=self._chosen.mail_authserv,
            unique=self._mail.queue_id,
        )

    def _refuse(self, code: str, key: str, *, form: bool = True) -> bytes:
        """One plain sentence, and where the form is; mail servers pass on plain letters only."""
        sentence = say(key=f"page.{key}", language=self._language)
        plain = unicodedata.normalize("NFKD", sentence.replace("ł", "l").replace("Ł", "L")).encode("ascii", "ignore").decode()
        where = f" {self._chosen.base_url}/" if form and self._chosen.public_url and self._chosen.report_form else ""
        return wire.refusal(code=code, sentence=plain + where)


def is_ours(*, address: str, own: str) -> bool:
    """Is this the desk's address, with or without a `+` tag?"""
    name, _, domain = address.lower().rpartition("@")
    own_name, _, own_domain = own.lower().rpartition("@")
    return bool(own_name) and (name.partition("+")[0], domain) == (own_name, own_domain)


def _address(words: list[bytes]) -> str:
    text = (words[0] if words else b"").decode("utf-8", "replace").strip()
    return text.removeprefix("<").removesuffix(">").strip()[:512]


class Milter:
    """Listens for mail servers and lets each connection have a session; at most so many at once, the others wait."""

    def __init__(self, *, listener: socket.socket, chosen: Settings, language: str, keep: Keep, seconds: float = SECONDS) -> None:
        self._listener, self._seconds = listener, seconds
        self._chosen, self._language, self._keep = chosen, language, keep
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self.stopping = threading.Event()

    def live(self) -> None:
        """Take connections until told to stop."""
        self._listener.settimeout(0.5)
        while not self.stopping.is_set():
            if not self._free.acquire(timeout=0.5):
                continue
            try:
                connection, _ = self._listener.accept()
            except OSError:
                self._free.release()
                continue
            threading.Thread(target=self._serve, args=(connection,), name="milter", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection:
                session = Session(chosen=self._chosen, language=self._language, keep=self._keep)
                while (packet := wire.read_packet(connection, within=self._seconds)) is not None and packet.command != b"Q":
                    reply = session.answer(packet)
                    if reply is not None:
                        connection.sendall(reply)
        except (wire.Broken, OSError) as error:
            log.warning("a mail server's connection was ended: %s", error)
        except Exception as error:
            log.error("a mail server's connection failed", exc_info=error)
        finally:
            runtime.close_connections()
            self._free.release()


def listen(*, where: str) -> socket.socket:
    """Listen at `127.0.0.1:PORT` or `unix:/PATH`, on this machine only. Raises `Unsafe`."""
    try:
        if where.startswith("unix:"):
            path = Path(where.removeprefix("unix:"))
            if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
                path.unlink()
            listener = socket.socket(socket.AF_UNIX)
            before = os.umask(0o117)
            try:
                listener.bind(str(path))
            finally:
                os.umask(before)
        else:
            host, _, port = where.rpartition(":")
            if host not in ("127.0.0.1", "localhost"):
                raise Unsafe(
                    "ODZEW_MAIL_MILTER must be 127.0.0.1:PORT or unix:/PATH: whoever reaches it can send mail in any name."
                )
            listener = socket.create_server((host, int(port)))
        listener.listen(64)
    except (OSError, ValueError) as error:
        raise Unsafe(f"The milter cannot listen at {where}: {error}") from error
    return listener


def run(*, chosen: Settings) -> None:
    """Serve mail servers with these settings until asked to stop; Django is ready. Raises `Unsafe`."""
    from odzew.foundation.moments import utc_now
    from odzew.usecases.receive_mail import receive_mail

    if not (chosen.mail_milter and chosen.mail_address):
        raise Unsafe(
            "Set ODZEW_MAIL_MILTER and ODZEW_MAIL_ADDRESS: where the milter listens, and the address that reports are mailed to."
        )
    desk = runtime.make_desk(chosen=chosen)

    def keep(letter: Letter) -> object:
        now = utc_now()
        return receive_mail(letter=letter, desk=desk.current(now=now), now=now)

    milter = Milter(listener=listen(where=chosen.mail_milter), chosen=chosen, language=desk.language, keep=keep)

    def stop(_number: int, _frame: FrameType | None) -> None:
        milter.stopping.set()

    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
    milter.live()


def main() -> None:
    """Serve with the settings of the environment."""
    chosen = runtime.adopt()
    logs.configure(level=chosen.log_level)
    runtime.start_django()
    run(chosen=chosen)


if __name__ == "__main__":
    main()
