"""Hash lists as files: CSV and JSON lines, read line by line and written line by line.

Columns (the names of the generic list form): `hash` and `hash_type` are needed; `category`, `list`, `entry`, `opinion`, `quality`,
`added` and `withdrawn` may be there; others are ignored. `list` is who gave the entry, `entry` its id there. One line is one hash.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Final, cast

import orjson

from odzew.banks.data import OPINIONS, SIZES, BankOpinion, EntryView, HashType, NewHash
from odzew.foundation.errors import Invalid

COLUMNS: Final = ("hash", "hash_type", "category", "list", "entry", "opinion", "quality", "added", "withdrawn")
LONGEST_LINE: Final = 65_536
LONGEST_WORD: Final = 255
_HEX: Final = re.compile(r"[0-9a-f]+")
_WHOLE: Final = re.compile(r"[0-9]{1,3}")
_NO: Final = frozenset({"", "0", "false", "no", "null"})
_YES: Final = frozenset({"1", "true", "yes"})
_FIRST_YEAR: Final = 1971
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a list: a hash, or why it cannot be used. `bytes_read`: how much of the file has been read with it."""

    number: int
    bytes_read: int
    given: NewHash | None = None
    withdrawn: bool = False
    wrong: str = ""


class ListFile:
    """A hash list that is being read; `names_lists` says whether its lines say which list they are from.

    Raises `Invalid` if the first line does not begin a list: then nothing of it can be used.
    """

    def __init__(self, *, stream: IO[bytes], now: datetime) -> None:
        self._stream = stream
        self._now = now
        self._read = 0
        self._number = 0
        self._columns: list[str] | None = None
        self._delimiter = ","
        self._first = self._open()
        self.names_lists = self._columns is None or "list" in self._columns

    def _open(self) -> tuple[int, bytes, str] | None:
        """Read the header of CSV; of JSON lines return the first line, which is data."""
        for raw, wrong in self._raw():
            if not raw.strip() and not wrong:
                continue
            if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise Invalid("The file is UTF-16; save it as UTF-8.")
            if raw.lstrip().startswith(b"{"):
                return self._number, raw, wrong
            self._header(raw)
            return None
        raise Invalid("The file is empty: its first line must name the columns hash and hash_type.")

    def _header(self, raw: bytes) -> None:
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            raise Invalid("The file is not UTF-8 text; save it as UTF-8.") from error
        self._delimiter = max(",;\t", key=text.count)
        names = [n.strip().lower() for n in next(csv.reader([text], delimiter=self._delimiter), [])]
        if missing := [n for n in ("hash", "hash_type") if n not in names]:
            raise Invalid(f"The first line must name the columns hash and hash_type; {' and '.join(missing)} is not there.")
        if doubled := [n for n in COLUMNS if names.count(n) > 1]:
            raise Invalid(f"The first line names the column {doubled[0]} twice.")
        self._columns = names

    def _raw(self) -> Iterator[tuple[bytes, str]]:
        """Yield each line without its end, or a sentence for one that is too long; count lines and bytes."""
        while raw := self._stream.readline(LONGEST_LINE + 1):
            self._number += 1
            self._read += len(raw)
            wrong = ""
            if len(raw) > LONGEST_LINE:
                wrong = f"is longer than {LONGEST_LINE} bytes"
                while raw and not raw.endswith(b"\n"):
                    raw = self._stream.readline(LONGEST_LINE + 1)
                    self._read += len(raw)
                raw = b""
            if self._number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            yield raw.rstrip(b"\r\n"), wrong

    def __iter__(self) -> Iterator[Line]:
        """Yield every line that is not blank."""
        if self._first is not None:
            number, raw, wrong = self._first
            yield self._line(number, raw, wrong)
        for raw, wrong in self._raw():
            if wrong or raw.strip():
                yield self._line(self._number, raw, wrong)

    def _line(self, number: int, raw: bytes, wrong: str) -> Line:
        if not wrong:
            try:
                given, withdrawn = _hash(self._fields(raw), now=self._now)
                return Line(number=number, bytes_read=self._read, given=given, withdrawn=withdrawn)
            except ValueError as error:
                wrong = str(error)
        return Line(number=number, bytes_read=self._read, wrong=wrong)

    def _fields(self, raw: bytes) -> dict[str, str]:
        if self._columns is None:
            return _json_fields(raw)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise ValueError("is not UTF-8 text") from None
        if '"' in text:
            try:
                values = next(csv.reader([text], delimiter=self._delimiter, strict=True))
            except csv.Error:
                raise ValueError("has quotes that do not close") from None
        else:
            values = text.split(self._delimiter)
        if len(values) > len(self._columns):
            raise ValueError(f"has {len(values)} fields, the first line {len(self._columns)}")
        return dict(zip(self._columns, values, strict=False))


def _json_fields(raw: bytes) -> dict[str, str]:
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise ValueError("is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("is not a JSON object")
    return {k: _word(k, v) for k, v in found.items() if k in COLUMNS}


def _word(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise ValueError(f"has something else than text in {name}")


def _hash(fields: dict[str, str], *, now: datetime) -> tuple[NewHash, bool]:
    """Return what a line says. Raises `ValueError` with the end of a sentence that begins with the line."""
    type_ = fields.get("hash_type", "").strip().lower().replace("-", "")
    if type_ not in SIZES:
        raise ValueError(f"has the hash type {fields.get('hash_type', '').strip()[:20]!r}; there are {', '.join(SIZES)}")
    opinion = fields.get("opinion", "").strip().lower()
    if opinion and opinion not in OPINIONS:
        raise ValueError(f"has the opinion {opinion[:20]!r}; there are {', '.join(OPINIONS)}")
    added = _moment(fields.get("added", ""), "added")
    given = NewHash(
        type=cast("HashType", type_),
        value=read_hash(text=fields.get("hash", ""), size=SIZES[type_]),
        member=_text(fields, "list"),
        entry_id=_text(fields, "entry"),
        category=_text(fields, "category"),
        opinion=cast("BankOpinion", opinion) if opinion else None,
        quality=_quality(fields.get("quality", "").strip()),
        first_seen=min(added, now) if added else None,
    )
    return given, _withdrawn(fields.get("withdrawn", "").strip(), now)


def read_hash(*, text: str, size: int | None = None) -> bytes:
    """Return the bytes of a hash in hexadecimal digits, small or capital; `size` in bytes, None for any that a type has.

    Raises `ValueError` with the end of a sentence.
    """
    digits = text.strip().lower()
    sizes = {size} if size else set(SIZES.values())
    if len(digits) // 2 not in sizes or len(digits) % 2 or not _HEX.fullmatch(digits):
        wanted = " or ".join(str(2 * s) for s in sorted(sizes))
        raise ValueError(f"has no hash of {wanted} hexadecimal digits")
    return bytes.fromhex(digits)


def _text(fields: dict[str, str], name: str) -> str:
    value = fields.get(name, "").strip()
    if len(value) > LONGEST_WORD or _CONTROL.search(value):
        raise ValueError(f"has more than {LONGEST_WORD} characters or a control character in {name}")
    return value


def _quality(value: str) -> int | None:
    if not value:
        return None
    if not _WHOLE.fullmatch(value) or int(value) > 100:
        raise ValueError("has a quality that is not a whole number from 0 to 100")
    return int(value)


def _withdrawn(value: str, now: datetime) -> bool:
    if value.lower() in _NO:
        return False
    if value.lower() in _YES:
        return True
    moment = _moment(value, "withdrawn")
    if moment is not None and moment > now:
        raise ValueError("is to be withdrawn at a time that has not come")
    return True


def _moment(value: str, name: str) -> datetime | None:
    value = value.strip()
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"has no date (ISO 8601, for example 2026-03-02) in {name}") from None
    if found.year < _FIRST_YEAR:
        raise ValueError(f"has a date before {_FIRST_YEAR} in {name}")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def csv_lines(*, entries: Iterable[EntryView]) -> Iterator[str]:
    """Yield the lines of a CSV file that `ListFile` reads, the first names the columns."""
    yield ",".join(COLUMNS) + "\n"
    for e in entries:
        yield ",".join(_quoted(v) for v in _out(e).values()) + "\n"


def json_lines(*, entries: Iterable[EntryView]) -> Iterator[str]:
    """Yield one JSON object a line that `ListFile` reads; what is not known is left out."""
    for e in entries:
        yield orjson.dumps({k: v for k, v in _out(e).items() if v != ""}).decode() + "\n"


def _out(e: EntryView) -> dict[str, str]:
    quality = "" if e.quality is None else str(e.quality)
    words = (e.value.hex(), e.type, e.category, e.member, e.entry_id, e.opinion, quality, e.first_seen.isoformat(), "")
    return dict(zip(COLUMNS, words, strict=True))


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if set(value) & set('",;\t') else value
