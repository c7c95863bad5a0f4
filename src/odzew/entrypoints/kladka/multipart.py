"""Reads `multipart/form-data`, and tells a picture by its first bytes. Nothing is ever decoded."""

from __future__ import annotations

import email.parser
import email.policy
from dataclasses import dataclass
from typing import Final

from odzew.entrypoints.kladka.web import Refused

MAX_PARTS: Final = 50
MAX_HEADER: Final = 4_000


@dataclass(frozen=True)
class Form:
    """The texts and the files of a form, by field name; the first of each name counts."""

    texts: dict[str, str]
    files: dict[str, bytes]


def read(*, content_type: str, body: bytes) -> Form:
    """Read a form; 400 if it is not one."""
    boundary = _boundary(content_type)
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Refused(400, "The form has no end.")
    if len(pieces) > MAX_PARTS:
        raise Refused(400, "The form has too many fields.")
    for piece in pieces[1:-1]:
        head, gap, content = piece.partition(b"\r\n\r\n")
        if not gap or len(head) > MAX_HEADER:
            raise Refused(400, "A field of the form has no headers.")
        name, is_file = _field(head)
        if is_file:
            files.setdefault(name, content)
        else:
            texts.setdefault(name, _text(content))
    return Form(texts=texts, files=files)


def sniff(content: bytes) -> str | None:
    """Return the media type of a PNG, JPEG, GIF, WebP, MP4 or WebM, or nothing."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm"
    return None


def _boundary(content_type: str) -> bytes:
    message = email.parser.HeaderParser(policy=email.policy.compat32).parsestr(f"Content-Type: {content_type}\n\n")
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise Refused(415, "Send multipart/form-data with a picture.")
    if not 1 <= len(boundary) <= 200 or not boundary.isascii():
        raise Refused(400, "The boundary of the form is not usable.")
    return boundary.encode()


def _field(head: bytes) -> tuple[str, bool]:
    lines = head.lstrip(b"\r\n").decode("utf-8", "replace")
    message = email.parser.HeaderParser(policy=email.policy.compat32).parsestr(lines + "\n\n")
    name = message.get_param("name", header="content-disposition")
    if not isinstance(name, str) or not name:
        raise Refused(400, "A field of the form has no name.")
    return name, message.get_param("filename", header="content-disposition") is not None


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, "A field of the form is not valid UTF-8.") from error
