"""A mail's structure, from its bytes: which parts are words, and whether anything else is in it. Nothing else is unpacked.

It is read with limits, and never by going into itself without end; what is beyond them counts as a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import Final

from odzew.entrypoints.mail.words import MOST_BYTES, decode, looks_like_a_file, of_html, tidy, unpack

MOST_DEEP: Final = 8
MOST_PARTS: Final = 60
MOST_HEADER: Final = 16 * 1024
_MOST_PARAMETERS: Final = 4096
# Signatures of the mail itself: small, never shown, and what hotlines send.
SIGNATURES: Final = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})


@dataclass(slots=True, kw_only=True)
class Body:
    """What was found: the plain words, those of pages, and whether there is anything that is not words."""

    plain: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    files: bool = False
    parts: int = 0

    @property
    def text(self) -> str:
        """The words: the plain ones, or where there are none those of the page."""
        return "\n\n".join(part for part in (self.plain if any(self.plain) else self.pages) if part)


def is_words(*, kind: str, disposition: str, name: str) -> bool:
    """Is this part words that its sender wrote, and no file that they added?"""
    return kind in ("text/plain", "text/html") and disposition != "attachment" and not name


def read_body(*, head: Message, data: bytes) -> Body:
    """Read the body of a mail whose header is `head`."""
    body = Body()
    _read(head, data, body, 0)
    return body


def _read(head: Message, data: bytes, body: Body, deep: int) -> None:
    body.parts += 1
    if deep > MOST_DEEP or body.parts > MOST_PARTS or _long(head):
        body.files = True
        return
    kind = head.get_content_type().lower()
    if kind.startswith("multipart/"):
        boundary = head.get_boundary() or ""
        if not boundary or len(boundary) > 200:
            body.files = True
            return
        for part in _split(data, boundary.encode("utf-8", "surrogateescape")):
            inner, rest = _head_and_rest(part)
            _read(inner, rest, body, deep + 1)
        return
    name, disposition = _said(head)
    if kind in SIGNATURES and len(data) <= MOST_HEADER:
        return
    if not is_words(kind=kind, disposition=disposition, name=name):
        body.files = True
        return
    _words(kind, head, data, body)


def _long(head: Message) -> bool:
    """Is a header with parameters longer than anybody needs? Reading those takes as long as the square of their length."""
    return any(len(str(v)) > _MOST_PARAMETERS for k, v in head.raw_items() if k.lower().startswith("content-"))


def _said(head: Message) -> tuple[str, str]:
    """The name that a part has, if any, and its disposition."""
    name = head.get_param("filename", "", "content-disposition") or head.get_param("name", "")
    return str(name or ""), (head.get_content_disposition() or "").lower()


def _words(kind: str, head: Message, data: bytes, body: Body) -> None:
    raw = unpack(data=data, encoding=str(head.get("content-transfer-encoding", "")))
    charset = head.get_param("charset", "")
    text = decode(data=raw[:MOST_BYTES], charset=charset if isinstance(charset, str) else "utf-8")
    if looks_like_a_file(text=text):
        body.files = True
    elif kind == "text/plain":
        body.plain.append(tidy(text=text))
    else:
        words, pictures = of_html(html=text)
        body.pages.append(words)
        body.files |= pictures


def _split(data: bytes, boundary: bytes) -> list[bytes]:
    """The parts between the lines of a boundary; what stands before the first and after the last is no part."""
    line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|$)")
    found: list[bytes] = []
    begin: int | None = None
    for match in line.finditer(data):
        if begin is not None:
            found.append(data[begin : match.start()])
        begin = None if match[1] else match.end()
        if match[1] or len(found) > MOST_PARTS:
            break
    if begin is not None:
        found.append(data[begin:])
    return found


def _head_and_rest(part: bytes) -> tuple[Message, bytes]:
    part = re.sub(rb"^\r?\n", b"", part, count=1)
    if part[:1] in (b"\r", b"\n"):
        return Message(policy=compat32), part
    end = re.search(rb"\r?\n\r?\n", part[:MOST_HEADER])
    cut = end.end() if end else len(part)
    return head_of(data=part[: min(cut, MOST_HEADER)]), part[cut:]


def head_of(*, data: bytes) -> Message:
    """Return the header in these bytes."""
    return BytesHeaderParser(policy=compat32).parsebytes(data)
