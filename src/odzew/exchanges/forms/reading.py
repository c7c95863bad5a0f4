"""What the forms share: strangers' XML and JSON read safely, words and hashes taken out of them, HTTP Basic."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from xml.parsers import expat

from odzew.banks.data import SIZES, HashType
from odzew.banks.files import read_hash
from odzew.exchanges.data import EPOCH, LONGEST_ID, Unreadable

DEEPEST: Final = 32
MOST_ELEMENTS: Final = 300_000
LONGEST_TOKEN: Final = 4096
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True)
class Element:
    """An XML element without its namespace."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> Element | None:
        """Return the first child of this name."""
        return next((c for c in self.children if c.name == name), None)

    def words(self, name: str) -> str:
        """Return the text of the first child of this name, trimmed; empty if there is none."""
        found = self.child(name)
        return found.text.strip() if found else ""


def read_xml(*, body: bytes) -> Element:
    """Return the root of a document. Raises `Unreadable`.

    A document type is refused, so that no entity can be declared: neither one that grows without end nor one that names a file.
    """
    top = Element("", {})
    path = [top]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(path) > DEEPEST or count > MOST_ELEMENTS:
            raise Unreadable("too deep or too long")
        new = Element(_plain(name), {_plain(k): v for k, v in attributes.items()})
        path[-1].children.append(new)
        path.append(new)

    def characters(text: str) -> None:
        path[-1].text += text

    def refuse(*_: object) -> None:
        raise Unreadable("document type")

    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.buffer_size = 1 << 20
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: path.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, UnicodeError, LookupError) as error:
        raise Unreadable("not XML") from error
    return top.children[0]


def _plain(name: str) -> str:
    return name.rpartition("}")[2]


def read_json(*, body: bytes) -> dict[str, Any]:
    """Return a JSON object. Raises `Unreadable`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("no object")
    return found


def objects(*, value: object) -> Iterator[dict[str, Any]]:
    """Yield what should be a list of objects; another thing in its place is an empty object, which no record is."""
    if not isinstance(value, list):
        raise Unreadable("no list")
    for one in value:
        yield one if isinstance(one, dict) else {}


def word(*, value: object) -> str:
    """Return a source's own word or number as it can be stored, at most 200 characters. Raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("no word")
    text = str(value).strip()
    text.encode()  # half of a surrogate pair cannot be stored
    if len(text) > LONGEST_ID or _CONTROL.search(text):
        raise ValueError("too long, or with a control character")
    return text


def shown(*, value: object) -> str:
    """Return the id of a malformed record, as far as it can be shown at all."""
    try:
        return word(value=value) or "(no id)"
    except ValueError:
        return "(no id)"


def moment(*, text: str) -> datetime | None:
    """Return an ISO 8601 time in UTC, None for an empty one. Raises `ValueError`."""
    if not text:
        return None
    found = datetime.fromisoformat(text)
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if not EPOCH <= found.astimezone(UTC) < EPOCH.replace(year=2200):
        raise ValueError("no time of ours")
    return found.astimezone(UTC)


def seconds(*, value: object) -> datetime | None:
    """Return a time given in seconds since 1970, None where there is none. Raises `ValueError`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("no number")
    number = int(value)
    if not 0 <= number < 7_258_118_400:  # the year 2200
        raise ValueError("no time of ours")
    return datetime.fromtimestamp(number, UTC)


def before(*, at: datetime) -> datetime:
    """Return a second earlier, where there is one: whether a stretch includes its first moment, the services do not say."""
    return max(EPOCH, at - timedelta(seconds=1))


def token(*, value: object) -> str:
    """Return the name of the next page. Raises `Unreadable`: without it the list cannot be read on."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TOKEN or _CONTROL.search(value):
        raise Unreadable("no name of the next page")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("no name of the next page") from error
    return value


def hash_of(*, type_: HashType, text: object) -> bytes:
    """Return the bytes of a hash. Raises `ValueError`."""
    if not isinstance(text, str):
        raise ValueError("no hash")
    return read_hash(text=text, size=SIZES[type_])


def basic(*, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the header that lets a user in by name and password (RFC 7617, UTF-8)."""
    pair = f"{secrets['user']}:{secrets['password']}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
