"""What an IMAP server says of a mail's parts (BODYSTRUCTURE, RFC 9051): which of them are words, by number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from odzew.entrypoints.mail.mime import MOST_DEEP, MOST_PARTS, SIGNATURES, is_words

_MOST_DEEP_TEXT: Final = 3 * MOST_DEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part that holds words: the number by which it is asked for, and how it is written."""

    number: str
    kind: str
    charset: str
    encoding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that are words, and whether there are others, which nobody asks for."""

    words: tuple[Part, ...]
    files: bool

    @property
    def wanted(self) -> tuple[Part, ...]:
        """The plain ones, or where there are none the first page."""
        plain = tuple(part for part in self.words if part.kind == "text/plain")
        return plain[:5] or self.words[:1]


def parts_of(*, structure: Any) -> Parts:
    """Return what is known of the parts; what cannot be understood is a file."""
    words: list[Part] = []
    files = False
    for count, (number, leaf) in enumerate(_leaves(structure, "", 0), 1):
        found = _leaf(number, leaf) if count <= MOST_PARTS else None
        if found is not None:
            words.append(found)
        elif not _signature(leaf):
            files = True
    return Parts(words=tuple(words), files=files)


def _leaves(node: Any, number: str, deep: int) -> Iterator[tuple[str, Any]]:
    if isinstance(node, list) and node and isinstance(node[0], list) and deep < MOST_DEEP:
        for n, child in enumerate((c for c in node if isinstance(c, list) and c and isinstance(c[0], list | bytes)), 1):
            if n > MOST_PARTS or not _is_part(child):
                return
            yield from _leaves(child, f"{number}.{n}" if number else str(n), deep + 1)
    else:
        yield number or "1", node


def _is_part(node: list[Any]) -> bool:
    """The parts of a multipart stand first, then its subtype; lists after that are its parameters."""
    return isinstance(node[0], list) or (len(node) >= 7 and isinstance(node[0], bytes) and isinstance(node[1], bytes))


def _leaf(number: str, leaf: Any) -> Part | None:
    if not isinstance(leaf, list) or len(leaf) < 7 or not all(isinstance(leaf[n], bytes) for n in (0, 1)):
        return None
    kind = f"{_text(leaf[0])}/{_text(leaf[1])}"
    parameters = _pairs(leaf[2])
    disposition, said = _disposition(leaf)
    name = (
        parameters.get("name", "") or said.get("filename", "") or next((v for k, v in said.items() if k.startswith("filename")), "")
    )
    if not is_words(kind=kind, disposition=disposition, name=name):
        return None
    return Part(number=number, kind=kind, charset=parameters.get("charset", ""), encoding=_text(leaf[5]))


def _signature(leaf: Any) -> bool:
    return isinstance(leaf, list) and len(leaf) > 1 and f"{_text(leaf[0])}/{_text(leaf[1])}" in SIGNATURES


def _disposition(leaf: list[Any]) -> tuple[str, dict[str, str]]:
    """Of a text part: after its size in lines and its MD5."""
    for entry in leaf[7:]:
        if (
            isinstance(entry, list)
            and entry
            and isinstance(entry[0], bytes)
            and (len(entry) == 1 or not isinstance(entry[1], bytes))
        ):
            return _text(entry[0]), _pairs(entry[1] if len(entry) > 1 else None)
    return "", {}


def _pairs(found: Any) -> dict[str, str]:
    if not isinstance(found, list):
        return {}
    return {_text(k): v.decode("latin-1") if isinstance(v, bytes) else "" for k, v in zip(found[::2], found[1::2], strict=False)}


def _text(found: Any) -> str:
    return found.decode("latin-1").lower() if isinstance(found, bytes) else ""


def read_list(*, data: bytes) -> list[Any]:
    """Read a parenthesised list of IMAP: lists, quoted texts, atoms as bytes, NIL as None. Raises `ValueError`."""
    stack: list[list[Any]] = [[]]
    at, end = 0, len(data)
    while at < end:
        byte = data[at : at + 1]
        if byte == b"(":
            if len(stack) > _MOST_DEEP_TEXT:
                raise ValueError("too deep")
            stack.append([])
            at += 1
        elif byte == b")":
            if len(stack) < 2:
                raise ValueError("closes nothing")
            done = stack.pop()
            stack[-1].append(done)
            at += 1
        elif byte == b'"':
            text, at = _quoted(data, at + 1)
            stack[-1].append(text)
        elif byte in b" \r\n":
            at += 1
        else:
            begin = at
            while at < end and data[at : at + 1] not in b' ()"\r\n':
                at += 1
            atom = data[begin:at]
            stack[-1].append(None if atom.upper() == b"NIL" else atom)
    if len(stack) != 1:
        raise ValueError("not closed")
    return stack[0]


def _quoted(data: bytes, at: int) -> tuple[bytes, int]:
    out = bytearray()
    while at < len(data):
        byte = data[at]
        if byte == 0x22:
            return bytes(out), at + 1
        if byte == 0x5C:
            at += 1
            byte = data[at] if at < len(data) else 0x20
        out.append(byte)
        at += 1
    raise ValueError("not closed")
