"""Mails of the tests: bridges and benches only."""

from __future__ import annotations

import struct
from email.message import EmailMessage

from odzew.entrypoints.mail.milter import Session
from odzew.entrypoints.mail.milter_wire import Packet
from odzew.foundation.settings import Settings
from odzew.notices.letters import Letter

POST = "https://kladka.example/posts/post-1"
CHOSEN = Settings(mail_address="report@desk.example", public_url="https://desk.example")


def mail(
    text: str = f"Please look at this: {POST}",
    *,
    sender: str = "Zosia <zosia@school.example>",
    subject: str = "A bridge",
    number: str = "1",
    headers: dict[str, str] | None = None,
    picture: bool = False,
    html: str = "",
) -> EmailMessage:
    """Return a mail to the desk."""
    out = EmailMessage()
    out["From"], out["To"], out["Subject"] = sender, "report@desk.example", subject
    out["Message-ID"], out["Date"] = f"<{number}@school.example>", "Mon, 02 Mar 2026 09:00:00 +0100"
    for name, value in (headers or {}).items():
        out[name] = value
    out.set_content(text)
    if html:
        out.add_alternative(html, subtype="html")
    if picture:
        out.add_attachment(b"\x89PNG a bridge", maintype="image", subtype="png", filename="bridge.png")
    return out


def raw(message: EmailMessage) -> bytes:
    """Return a mail as it goes over the wire."""
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def packets(
    message: bytes, *, envelope: str = "zosia@school.example", to: tuple[str, ...] = ("report@desk.example",)
) -> list[Packet]:
    """Return what a mail server tells a milter of a mail."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = head.replace(b"\r\n ", b"\n ").replace(b"\r\n\t", b"\n\t").split(b"\r\n")
    told = [
        Packet(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF)),
        Packet(b"D", b"Mi\0QUEUE1\0"),
        Packet(b"M", f"<{envelope}>\0".encode()),
    ]
    told += [Packet(b"R", f"<{one}>\0".encode()) for one in to]
    told += [Packet(b"L", line.replace(b": ", b"\0", 1) + b"\0") for line in lines if b": " in line]
    told += [Packet(b"N", b"")]
    told += [Packet(b"B", body[n : n + 65535]) for n in range(0, len(body), 65535)]
    return [*told, Packet(b"E", b"")]


class Server:
    """A mail server that passes mails through a milter; `letters` is what was kept."""

    def __init__(self, *, chosen: Settings = CHOSEN, broken: bool = False, language: str = "en") -> None:
        self.letters: list[Letter] = []
        self._broken = broken
        self.session = Session(chosen=chosen, language=language, keep=self._keep)

    def _keep(self, letter: Letter) -> None:
        if self._broken:
            raise OSError("the database is away")
        self.letters.append(letter)

    def send(
        self, message: bytes, *, envelope: str = "zosia@school.example", to: tuple[str, ...] = ("report@desk.example",)
    ) -> bytes:
        """Pass a mail; return the last answer, or the first that ends it."""
        last = b""
        for packet in packets(message, envelope=envelope, to=to):
            reply = self.session.answer(packet)
            if reply is not None:
                last = reply[4:]
                if last[:1] not in (b"c", b"O"):
                    return last
        return last
