"""The file in which the record leaves the house, and the search for tampering in a file or in the stored rows.

One JSON object per line. The header: `{"format":"odzew-record-1","origin":...,"public_key":"name+hexid+base64"}`. Then
`{"seq":0,"leaf":"base64 of the exact bytes"}` for each event from 0 up, and `{"checkpoint":"the signed note"}` after the events
it is signed for. The last line is a checkpoint of all events. `verify_export.py` beside this file checks the same with nothing but
Python's standard library.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from odzew.ledger.audit import Audit, Finding, Kind
from odzew.ledger.canonical import canonical
from odzew.ledger.checkpoint import BadKey, VerifierKey, parse_verifier_key

FORMAT = "odzew-record-1"
VERIFIER_SCRIPT = Path(__file__).with_name("verify_export.py")
"""The standalone checker; hand it out with every export."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: which record, and the key (verifier key string) its checkpoints are signed with."""

    origin: str
    public_key: str
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of an export found; good when `ok`.

    `events` and `checkpoints` are those read, `covered` the size of the last good checkpoint, `root` the root of all events (None
    where it cannot be computed), `public_key` the verifier key used, `unlisted` how many findings were counted but not listed.
    """

    origin: str | None
    public_key: str | None
    events: int
    checkpoints: int
    covered: int | None
    root: bytes | None
    findings: tuple[Finding, ...]
    unlisted: int

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.findings


def write_export(*, header: Header, events: Iterable[tuple[int, bytes]], checkpoints: Iterable[str], out: BinaryIO) -> None:
    """Write a record: `events` are (seq, exact bytes) by seq, `checkpoints` signed notes by size; both may be streams.

    It writes what it is given, tampered or not: telling is the verifier's part. Sign a checkpoint of all events before exporting,
    otherwise the verifier says that nothing vouches for the end.
    """
    first = {"format": header.format, "origin": header.origin, "public_key": header.public_key}
    out.write(canonical(value=first) + b"\n")
    rows = ((seq, data, b"") for seq, data in events)
    for item in _interleaved(rows, checkpoints):
        if isinstance(item, str):
            out.write(canonical(value={"checkpoint": item}) + b"\n")
        else:
            out.write(b'{"seq":%d,"leaf":"%s"}\n' % (item[0], binascii.b2a_base64(item[1], newline=False)))


def verify_export(
    *,
    lines: Iterable[bytes],
    verifier: VerifierKey | None = None,
    trusted: Sequence[bytes] | None = None,
    older: Iterable[str] = (),
) -> Verdict:
    """Check an export as it streams by: numbering, every root, every signature, and what is known from elsewhere.

    `verifier` is the key you know to be the record's (without it the file's own key is used, and only `older` notes, signed by
    it before, or a comparison of `public_key` can unmask a wholly rewritten record); `trusted` are leaf hashes by seq from another
    copy, against which a changed event is named; `older` are checkpoint notes from before. Never raises on content; memory is
    bounded by the longest line.
    """
    rest = iter(lines)
    header, problem = _header(next(rest, b""))
    own = _own_key(header)
    audit = Audit(verifier=verifier or own, older=older)
    if problem or own is None:
        audit.note(Kind.BAD_HEADER, problem or "The key in the header is not a verifier key of its origin.")
    elif verifier is not None and verifier != own:
        audit.note(Kind.OTHER_KEY, "The export names another key than the one you trust.")
    events = _read(rest, audit, trusted)
    if trusted is not None and events < len(trusted):
        audit.note(Kind.ROLLED_BACK, f"The trusted list has {len(trusted)} events, the export only {events}.", seq=events)
    audit.finish(must_be_signed=True)
    used = verifier or own
    return Verdict(
        origin=header.origin if header else None,
        public_key=str(used) if used else None,
        events=events,
        checkpoints=audit.checkpoints,
        covered=audit.covered,
        root=audit.root,
        findings=tuple(audit.findings),
        unlisted=audit.unlisted,
    )


def find_tampering(
    *,
    stored: Iterable[tuple[int, bytes, bytes]],
    checkpoints: Iterable[str],
    verifier: VerifierKey,
    older: Iterable[str] = (),
) -> list[Finding]:
    """Check the stored rows: (seq, exact bytes, leaf hash) by seq, against the signed notes by size.

    Names the event whose bytes no longer give its leaf hash; the first checkpoint whose root the leaf hashes no longer give, or
    whose signature does not hold; missing, repeated and reordered numbers; a cut-off end; a record that does not extend the `older`
    notes held elsewhere. Events newer than the last checkpoint are not a finding. At most 100 findings. One pass, bounded memory;
    about two hashes per event.
    """
    audit = Audit(verifier=verifier, older=older)
    event = audit.event
    for item in _interleaved(stored, checkpoints):
        if isinstance(item, str):
            audit.checkpoint(item)
            continue
        seq, data, leaf = item
        if sha256(b"\x00" + data).digest() != leaf:
            audit.note(Kind.CHANGED, f"Event {seq} was changed: its bytes no longer give its leaf hash.", seq=seq)
            leaf = leaf if len(leaf) == 32 else sha256(leaf).digest()
        event(seq, leaf)
    audit.finish(must_be_signed=False)
    return audit.findings


def _interleaved(
    events: Iterable[tuple[int, bytes, bytes]], checkpoints: Iterable[str]
) -> Iterator[tuple[int, bytes, bytes] | str]:
    """Both streams in one: each note before the first event it does not cover, by count and by the highest number so far."""
    notes = iter(checkpoints)
    note = next(notes, None)
    size = _stated_size(note)
    highest = 0
    for count, event in enumerate(events):
        highest = max(highest, event[0])
        while note is not None and size <= count and size <= highest:
            yield note
            note = next(notes, None)
            size = _stated_size(note)
        yield event
    while note is not None:
        yield note
        note = next(notes, None)


def _stated_size(note: str | None) -> int:
    """The size a note states, 0 when it states none: what is no checkpoint goes out at once."""
    text = note.split("\n", 2)[1] if note is not None and note.count("\n") > 1 else ""
    return int(text) if text.isdecimal() and len(text) < 20 else 0


def _read(lines: Iterable[bytes], audit: Audit, trusted: Sequence[bytes] | None) -> int:
    """Feed every line after the header to the audit; return the number of events."""
    events, event = 0, audit.event
    for number, line in enumerate(lines, start=2):
        seq, data = -1, None
        if line.startswith(b'{"seq":') and line.endswith(b'"}\n'):
            before, _, encoded = line[7:-3].partition(b',"leaf":"')
            if before.isdigit() and len(before) < 20 and (before[:1] != b"0" or before == b"0"):
                seq, data = int(before), _unbase64(encoded)
        if data is None:
            parsed = _slow_line(line)
            if isinstance(parsed, str):
                audit.checkpoint(parsed)
                continue
            if parsed is None:
                sentence = f"Line {number} is neither an event nor a checkpoint (after event {audit.size - 1})."
                audit.note(Kind.BAD_LINE, sentence, seq=audit.size)
                continue
            seq, data = parsed
        leaf = sha256(b"\x00" + data).digest()
        if trusted is not None and seq < len(trusted) and trusted[seq] != leaf:
            audit.note(Kind.CHANGED, f"Event {seq} was changed: it differs from the trusted list.", seq=seq)
        event(seq, leaf)
        events += 1
    return events


def _slow_line(line: bytes) -> tuple[int, bytes] | str | None:
    """A line however it is spaced: an event, a note, or None."""
    value = _json(line)
    if set(value) == {"checkpoint"} and isinstance(value["checkpoint"], str):
        return value["checkpoint"]
    if set(value) != {"seq", "leaf"}:
        return None
    seq, leaf = value["seq"], value["leaf"]
    if type(seq) is not int or not 0 <= seq < 10**19 or not isinstance(leaf, str):
        return None
    data = _unbase64(leaf.encode("utf-8", "replace"))
    return None if data is None else (seq, data)


def _unbase64(encoded: bytes) -> bytes | None:
    """The bytes of standard base64 in its one canonical form (RFC 4648 4), or None."""
    try:
        data = binascii.a2b_base64(encoded)
    except binascii.Error:
        return None
    return data if binascii.b2a_base64(data, newline=False) == encoded else None


def _json(line: bytes) -> dict[str, object]:
    """The object on a line; an empty one for what is no object, names a key twice, or is no ended line."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key stands twice")
        return found

    try:
        value = json.loads(line.decode(), object_pairs_hook=once) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _header(line: bytes) -> tuple[Header | None, str | None]:
    value = _json(line)
    origin, public_key, name = value.get("origin"), value.get("public_key"), value.get("format")
    if not (isinstance(origin, str) and isinstance(public_key, str)) or len(value) != 3:
        return None, "The first line is not the header of an export."
    problem = None if name == FORMAT else f"The format is not {FORMAT}."
    return Header(origin=origin, public_key=public_key, format=str(name)), problem


def _own_key(header: Header | None) -> VerifierKey | None:
    if header is None:
        return None
    try:
        key = parse_verifier_key(text=header.public_key)
    except BadKey:
        return None
    return key if key.name == header.origin else None
