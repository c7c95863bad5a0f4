"""Signed checkpoints: what the record's root was at a size, in the form that stock witnesses read.

A checkpoint is a C2SP signed note (c2sp.org/signed-note) whose text is a C2SP tlog-checkpoint: origin, size, root, and here at
most one extension line, `time: 2026-01-31T08:05:00.000000Z`. Signatures are Ed25519 (RFC 8032); key name and origin are equal.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from odzew.foundation.errors import Invalid
from odzew.ledger.canonical import utc_text
from odzew.ledger.merkle import HASH_BYTES

ED25519 = b"\x01"
MAX_NOTE_CHARS = 100_000
MAX_SIGNATURES = 64
_TIME = "time: "
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ORIGIN = re.compile(r"[!-*,-~]{1,200}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_TIME_LINE = re.compile(r"time: (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z", re.ASCII)


class BadCheckpoint(Invalid):
    """A note that is no checkpoint, or not one of this record, or whose signature does not hold."""

    code = "bad-checkpoint"


class BadKey(Invalid):
    """A text that is no verifier key, or a name that cannot be one."""

    code = "bad-key"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: the key's name, its 4-byte id, and the signature's bytes."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a note says; only `verify_checkpoint` makes it worth believing. `body` is the exact signed text."""

    origin: str
    size: int
    root: bytes
    at: datetime | None
    body: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of the record's key: its name (the origin) and the 32 bytes of an Ed25519 public key."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _ORIGIN.fullmatch(self.name):
            raise BadKey("An origin is 1 to 200 visible ASCII characters without space or plus, such as desk.example/record.")
        if len(self.public_key) != 32:
            raise BadKey("An Ed25519 public key is 32 bytes.", length=len(self.public_key))

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). Source: C2SP signed-note."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public_key).decode()}"


def verifier_key(*, origin: str, key: Ed25519PrivateKey | Ed25519PublicKey) -> VerifierKey:
    """Return the verifier key of a signing or public key; `str()` of it is `name+hexid+base64`. Raises BadKey on a bad origin."""
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return VerifierKey(name=origin, public_key=public.public_bytes_raw())


def parse_verifier_key(*, text: str) -> VerifierKey:
    """Read `name+hexid+base64(0x01 || public key)`; raises BadKey, also when the id is not the one of that key and name."""
    parts = text.strip().split("+", 2)
    raw = _unbase64(parts[2]) if len(parts) == 3 else None
    if raw is None or raw[:1] != ED25519:
        raise BadKey("A verifier key reads name+hexid+base64 and is an Ed25519 key.")
    key = VerifierKey(name=parts[0], public_key=raw[1:])
    if parts[1] != key.key_id.hex():
        raise BadKey("The id in the verifier key is not the id of that name and key.", name=key.name)
    return key


def sign_checkpoint(*, origin: str, size: int, root: bytes, key: Ed25519PrivateKey, at: datetime | None = None) -> str:
    """Return the signed note for a tree of `size` leaves with this 32-byte root; `at` (aware) adds the time line.

    Raises BadKey on a bad origin, BadCheckpoint on an impossible size or root. Source: C2SP tlog-checkpoint, RFC 8032 5.1.6.
    """
    verifier = verifier_key(origin=origin, key=key)
    if not 0 <= size < 1 << 63 or len(root) != HASH_BYTES:
        raise BadCheckpoint("A checkpoint has a size from 0 to 2**63 - 1 and a root of 32 bytes.", size=size)
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    if at is not None:
        body += f"{_TIME}{utc_text(at=at)}\n"
    line = base64.b64encode(verifier.key_id + key.sign(body.encode())).decode()
    return f"{body}\n— {origin} {line}\n"


def parse_checkpoint(*, text: str) -> Checkpoint:
    """Read a note without believing it; raises BadCheckpoint with what is wrong. Source: C2SP signed-note and tlog-checkpoint.

    Foreign extension lines and the signatures of witnesses are allowed and kept in `body` and `signatures`.
    """
    if len(text) > MAX_NOTE_CHARS or _CONTROL.search(text):
        raise BadCheckpoint("The note is too long or holds control characters.")
    body, blank, tail = text.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise BadCheckpoint("A note is its text, an empty line, and signature lines, each ended by a newline.")
    lines = body.split("\n")
    if len(lines) < 3 or not all(lines):
        raise BadCheckpoint("A checkpoint has an origin, a size and a root, and no empty line between.")
    root = _unbase64(lines[2])
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) >= 1 << 63:
        raise BadCheckpoint("The size is not a plain whole number.")
    if root is None or len(root) != HASH_BYTES:
        raise BadCheckpoint("The root is not the base64 of 32 bytes.")
    signatures = tail[:-1].split("\n")
    if len(signatures) > MAX_SIGNATURES:
        raise BadCheckpoint("The note has too many signatures.", signatures=len(signatures))
    return Checkpoint(
        origin=lines[0],
        size=int(lines[1]),
        root=root,
        at=_time(lines[3:]),
        body=body + "\n",
        signatures=tuple(_signature(line) for line in signatures),
    )


def verify_checkpoint(*, text: str, origin: str, public_key: Ed25519PublicKey | bytes) -> Checkpoint:
    """Return what the note says if it is of this origin and signed by this key (32 raw bytes or the key itself).

    Signatures by other keys are ignored, as C2SP signed-note asks; one by this key that fails refuses the whole note.
    Raises BadCheckpoint with what is wrong, BadKey on an impossible origin or key. Source: RFC 8032 5.1.7.
    """
    raw = public_key if isinstance(public_key, bytes) else public_key.public_bytes_raw()
    verifier, checkpoint = VerifierKey(name=origin, public_key=raw), parse_checkpoint(text=text)
    if checkpoint.origin != origin:
        raise BadCheckpoint("The checkpoint is of another record.", origin=checkpoint.origin, expected=origin)
    key_id = verifier.key_id
    own = [s.value for s in checkpoint.signatures if s.name == origin and s.key_id == key_id]
    if not own:
        raise BadCheckpoint("The checkpoint is not signed by the key of this record.", origin=origin)
    try:
        key = Ed25519PublicKey.from_public_bytes(raw)
        for value in own:
            key.verify(value, checkpoint.body.encode())
    except (InvalidSignature, ValueError) as error:
        raise BadCheckpoint("The signature of the checkpoint does not hold.", origin=origin, size=checkpoint.size) from error
    return checkpoint


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _unbase64(encoded)
    if dash != "—" or not name or "+" in name or raw is None or len(raw) < 5:
        raise BadCheckpoint("A signature line reads: em dash, key name, base64 of a 4-byte key id and a signature.")
    return Signature(name=name, key_id=raw[:4], value=raw[4:])


def _time(extensions: list[str]) -> datetime | None:
    """The one time line among the extension lines; a malformed or repeated one is an error, foreign lines are not."""
    times = [line for line in extensions if line.startswith(_TIME)]
    if not times:
        return None
    found = _TIME_LINE.fullmatch(times[0])
    try:
        if found and len(times) == 1:
            return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise BadCheckpoint("The time line is not one UTC time with microseconds.")


def _unbase64(text: str) -> bytes | None:
    """The bytes of standard base64 in its one canonical form (RFC 4648 4), or None."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None
