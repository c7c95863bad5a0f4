#!/usr/bin/env python3
"""Check an export of an Odzew record: python3 verify_export.py FILE [--checkpoint OLDER_NOTE_FILE]... [--key VERIFIER_KEY]

It needs Python 3.8 or newer and nothing else: no network, no packages, no Odzew. It recomputes the Merkle tree over all events
(RFC 6962 2.1), compares it with every signed checkpoint in the file (C2SP tlog-checkpoint, Ed25519 as in RFC 8032 5.1) and, when
you hold an older checkpoint, proves that the record extends it. It says one sentence per finding and ends with 0 when there is
none, with 1 when there is any. Without an older checkpoint or a key that you know, it can only say that the file agrees with
itself.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import time
from typing import Any, Iterator, List, NoReturn, Tuple  # noqa: UP035 - runs on Python 3.8

# ---------------------------------------------------------------- Ed25519 (RFC 8032 5.1), verification only, public data only

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
D2 = 2 * D % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
Point = Tuple[int, int, int, int]  # noqa: UP006 - extended coordinates X, Y, Z, T
Table = List[List[Point]]  # noqa: UP006 - [i][j] is (j * 16**i) times a point
ZERO: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    """Add two points (RFC 8032 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = p[3] * q[3] * D2 % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(raw: bytes) -> Point | None:
    """Read 32 bytes as a point; None when they are not one (RFC 8032 5.1.3)."""
    value = int.from_bytes(raw, "little")
    sign, y = value >> 255, value & ((1 << 255) - 1)
    if len(raw) != 32 or y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == P - u and u:
        x = x * ROOT_OF_MINUS_1 % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def encode_point(p: Point) -> bytes:
    """Write a point as 32 bytes (RFC 8032 5.1.2)."""
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def table_of(p: Point) -> Table:
    """The multiples of a point by which any other is 64 additions away."""
    rows = []
    for _ in range(64):
        row = [ZERO]
        for _ in range(15):
            row.append(add(row[-1], p))
        rows.append(row)
        p = add(row[-1], p)
    return rows


def times(table: Table, scalar: int, start: Point) -> Point:
    """`start` plus scalar (below 2**256) times the table's point."""
    for row in table:
        if scalar & 15:
            start = add(start, row[scalar & 15])
        scalar >>= 4
    return start


class PublicKey:
    """An Ed25519 public key with its tables, so that each further signature costs about a millisecond."""

    base: Table | None = None

    def __init__(self, raw: bytes) -> None:
        point = decode_point(raw)
        if point is None:
            raise ValueError("not a point of the curve")
        if PublicKey.base is None:
            generator = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
            PublicKey.base = table_of(generator or ZERO)
        self.raw, self.table = raw, table_of((P - point[0], point[1], 1, P - point[3]))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether R equals [S]B - [k]A, byte for byte (RFC 8032 5.1.7)."""
        s = int.from_bytes(signature[32:], "little")
        if len(signature) != 64 or s >= L or PublicKey.base is None:
            return False
        k = int.from_bytes(hashlib.sha512(signature[:32] + self.raw + message).digest(), "little") % L
        return encode_point(times(self.table, k, times(PublicKey.base, s, ZERO))) == signature[:32]


# ------------------------------------------------------------------------------------------ keys and notes (C2SP signed-note)


class Wrong(Exception):
    """What is not as it must be, as the end of a sentence."""


def unbase64(text: str) -> bytes:
    """Standard base64 in its one canonical form."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raw = b""
    if base64.b64encode(raw).decode() != text:
        raise Wrong("its base64 is malformed")
    return raw


class Key:
    """A verifier key: name+hexid+base64."""

    def __init__(self, text: str) -> None:
        name, _, rest = text.strip().partition("+")
        stated, _, encoded = rest.partition("+")
        raw = unbase64(encoded)
        self.id = hashlib.sha256(name.encode("utf-8", "replace") + b"\n" + raw).digest()[:4]
        if not re.fullmatch(r"[!-*,-~]{1,200}", name) or len(raw) != 33 or raw[0] != 1 or self.id.hex() != stated:
            raise Wrong("its key is not an Ed25519 verifier key (name+hexid+base64)")
        try:
            self.name, self.text, self.public = name, text.strip(), PublicKey(raw[1:])
        except ValueError as error:
            raise Wrong("its key is not an Ed25519 public key") from error


def open_note(text: str, key: Key) -> tuple[int, bytes]:
    """Return size and root of a checkpoint note signed by the key; raise Wrong otherwise."""
    body, blank, tail = text.rpartition("\n\n")
    lines = body.split("\n")
    if not blank or not tail.endswith("\n") or len(lines) < 3 or "" in lines or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text):
        raise Wrong("it is not a checkpoint note")
    if lines[0] != key.name:
        raise Wrong(f"it is of another record ({lines[0]!r})")
    root = unbase64(lines[2])
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) or len(root) != 32:
        raise Wrong("its size or root is malformed")
    signed = 0
    for line in tail[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014":
            raise Wrong("a signature line is malformed")
        raw = unbase64(parts[2])
        if parts[1] == key.name and raw[:4] == key.id:
            if not key.public.verify((body + "\n").encode("utf-8", "replace"), raw[4:]):
                raise Wrong("its signature does not hold")
            signed += 1
    if not signed:
        raise Wrong("it is not signed by this record's key")
    return int(lines[1]), root


# ------------------------------------------------------------------------------------------------------ the tree (RFC 6962 2.1)


class Tree:
    """Only the peaks: the hashes of the complete subtrees that the leaves so far fall into."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, data: bytes) -> None:
        """Add one entry."""
        value, size = hashlib.sha256(b"\x00" + data).digest(), self.size
        while size & 1:
            value = hashlib.sha256(b"\x01" + self.peaks.pop() + value).digest()
            size >>= 1
        self.peaks.append(value)
        self.size += 1

    def root(self) -> bytes:
        """The hash of the whole."""
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        value = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            value = hashlib.sha256(b"\x01" + peak + value).digest()
        return value


# ------------------------------------------------------------------------------------------------------------------- the check


def parse(line: bytes) -> dict[str, Any]:
    """The JSON object on a line; an empty one when it is not a whole line with one."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a name stands twice")
        return dict(pairs)

    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=once) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


class Check:
    """One walk through the file."""

    def __init__(self, older: list[str], known: str | None) -> None:
        self.older_texts, self.known = older, known
        self.older: list[tuple[int, bytes]] = []
        self.key: Key | None = None
        self.tree, self.expected, self.whole = Tree(), 0, True
        self.checkpoints, self.covered, self.failing, self.findings = 0, -1, "", 0
        self.said = time.monotonic()

    def find(self, sentence: str) -> None:
        """Say one finding (of more than 100 only their number)."""
        self.findings += 1
        if self.findings <= 100:
            sys.stdout.write(f"FOUND: {sentence}\n")

    def header(self, line: bytes) -> None:
        """Read the first line and settle which key is believed."""
        head = parse(line)
        if set(head) != {"format", "origin", "public_key"} or not all(isinstance(v, str) for v in head.values()):
            raise Wrong("the first line is not the header of an export")
        if head["format"] != "odzew-record-1":
            raise Wrong(f"the format {head['format']!r} is not known to this script")
        self.key = Key(self.known or head["public_key"])
        if self.known and self.key.text != head["public_key"].strip():
            self.find("The export names another key than the one you gave.")
        if self.key.name != head["origin"]:
            self.find("The name of the key is not the origin of the record.")
        for text in self.older_texts:
            try:
                self.older.append(open_note(text, self.key))
            except Wrong as wrong:
                self.find(f"Your older checkpoint does not fit this record: {wrong}.")
        self.older.sort(reverse=True)
        self.compare()

    def compare(self) -> None:
        """Compare the tree with the older checkpoints of just this size."""
        while self.older and self.whole and self.older[-1][0] == self.expected:
            size, root = self.older.pop()
            if root != self.tree.root():
                self.find(f"The record does not extend your older checkpoint of {size} events: its past was rewritten.")
            else:
                sys.stdout.write(f"Proved: the record extends your older checkpoint of {size} events.\n")

    def event(self, seq: int, data: bytes) -> None:
        """Take one event."""
        if seq != self.expected:
            self.whole = False
            self.find(
                f"Where event {self.expected} should stand there is event {seq}: events are missing, repeated or out of order."
            )
        if self.whole:
            self.tree.append(data)
        self.expected = seq + 1
        if self.older:
            self.compare()

    def checkpoint(self, text: str, key: Key) -> None:
        """Take one checkpoint; of a run of failing ones only the first is said."""
        self.checkpoints += 1
        try:
            size, root = open_note(text, key)
            if self.whole and size != self.expected:
                raise Wrong(f"it is of {size} events: events were cut off or put in, or it was moved")
            if self.whole and root != self.tree.root():
                raise Wrong(f"something in events {max(self.covered, 0)} to {size - 1} was changed, or the checkpoint was")
            self.covered, self.failing = size, ""
        except Wrong as wrong:
            if not self.failing:
                self.find(f"The checkpoint after {self.expected} events is the first that fails: {wrong}.")
            self.failing = str(wrong)
        if time.monotonic() - self.said > 2:
            self.said = time.monotonic()
            sys.stderr.write(f"... {self.expected} events and {self.checkpoints} checkpoints checked\n")

    def lines(self, lines: Iterator[bytes]) -> None:
        """Check a whole file."""
        self.header(next(lines, b""))
        key = self.key
        for number, line in enumerate(lines, start=2):
            value = parse(line)
            try:
                if set(value) == {"seq", "leaf"} and type(value["seq"]) is int and isinstance(value["leaf"], str):
                    self.event(value["seq"], unbase64(value["leaf"]))
                elif set(value) == {"checkpoint"} and isinstance(value["checkpoint"], str) and key:
                    self.checkpoint(value["checkpoint"], key)
                else:
                    raise Wrong("it is neither an event nor a checkpoint")
            except Wrong as wrong:
                self.find(f"Line {number} (where event {self.expected} may stand) is damaged: {wrong}.")
        for size, _ in reversed(self.older):
            why = f"it has only {self.expected}, so it was rolled back" if self.whole else "its numbering is broken"
            self.find(f"The record does not extend your older checkpoint of {size} events: {why}.")
        if not self.findings and self.covered != self.expected:
            self.find(f"Nothing vouches for the end of the record: no signed checkpoint covers all {self.expected} events.")

    def summary(self) -> None:
        """Say what was checked, and what that is worth."""
        if self.findings:
            sys.stdout.write(f"NOT GOOD: {self.findings} finding(s) in {self.expected} events, {self.checkpoints} checkpoints.\n")
            return
        name = self.key.text if self.key else ""
        sys.stdout.write(f"GOOD: {self.expected} events and {self.checkpoints} signed checkpoints agree.\nKey: {name}\n")
        if not self.known and not self.older_texts:
            sys.stdout.write(
                "The key was taken from the file itself: compare it with the one you know, or give an older checkpoint.\n"
            )


def fail(sentence: str) -> NoReturn:
    """Say why nothing could be checked, and end with 1."""
    sys.stdout.write(f"FOUND: {sentence}\n")
    sys.exit(1)


def read_note(path: str) -> str:
    """The text of a note file, whatever its line ends."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - must run with -S and as it stands
        return file.read()


def main() -> int:
    """Read the arguments, check, and return the exit code."""
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    parser = argparse.ArgumentParser(description="Check an export of an Odzew record.")
    parser.add_argument("file", metavar="FILE", help="the export")
    parser.add_argument("--checkpoint", metavar="NOTE_FILE", action="append", default=[], help="an older checkpoint that you hold")
    parser.add_argument("--key", metavar="VERIFIER_KEY", help="the record's key as you know it: name+hexid+base64")
    options = parser.parse_args()
    try:
        check = Check([read_note(path) for path in options.checkpoint], options.key)
        with open(options.file, "rb") as file:  # noqa: PTH123
            check.lines(iter(file))
    except (OSError, UnicodeDecodeError) as error:
        fail(f"A file cannot be read: {error}.")
    except Wrong as wrong:
        fail(f"The export cannot be checked: {wrong}.")
    check.summary()
    return 1 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main())
