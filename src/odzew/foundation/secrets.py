"""The desk's own secrets: one master key in a file outside the database, and what is derived from it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odzew.foundation.errors import Unsafe


@dataclass(frozen=True)
class Keys:
    """Keys derived from the master key by HMAC-SHA256 with a label each (NIST SP 800-108 counter mode, one block)."""

    master: bytes

    def derive(self, *, label: str) -> bytes:
        """Return the 32 bytes that belong to `label`."""
        return hmac.digest(self.master, b"\x01odzew:" + label.encode() + b"\x00\x01\x00", "sha256")

    @cached_property
    def _receipt(self) -> bytes:
        return self.derive(label="receipt")

    @cached_property
    def _reporter(self) -> bytes:
        return self.derive(label="reporter")

    @cached_property
    def _statement(self) -> bytes:
        return self.derive(label="statement")

    @cached_property
    def _statement_lookup(self) -> bytes:
        return self.derive(label="statement-lookup")

    @cached_property
    def _sealer(self) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self.derive(label="seal")))

    @cached_property
    def ledger_signer(self) -> Ed25519PrivateKey:
        """The key that signs checkpoints of the record."""
        return Ed25519PrivateKey.from_private_bytes(self.derive(label="ledger"))

    @cached_property
    def django_secret(self) -> str:
        """What the console's cookies and form tokens are signed with."""
        return self.derive(label="django").hex()

    def receipt_lookup(self, *, code: str) -> bytes:
        """Return the 32 bytes under which a receipt code (20 digits, no blanks) is stored."""
        return hmac.digest(self._receipt, code.encode(), "sha256")

    def statement_secret(self, *, of: bytes) -> bytes:
        """Return the 32 bytes that the code of a statement is made of, always the same for the same statement."""
        return hmac.digest(self._statement, of, "sha256")

    def statement_lookup(self, *, code: str) -> bytes:
        """Return the 32 bytes under which the code of a statement (20 digits, no blanks) is stored."""
        return hmac.digest(self._statement_lookup, code.encode(), "sha256")

    def reporter_key(self, *, of: str) -> str:
        """Return an opaque name of a reporter known to a platform, stable, not reversible without the key."""
        return hmac.digest(self._reporter, of.encode(), "sha256")[:16].hex()

    def seal(self, *, clear: bytes) -> bytes:
        """Encrypt and authenticate `clear` (Fernet: AES-128-CBC, HMAC-SHA256)."""
        return self._sealer.encrypt(clear)

    def unseal(self, *, sealed: bytes) -> bytes | None:
        """Return what was sealed, or None if it was sealed under another key or altered."""
        try:
            return self._sealer.decrypt(sealed)
        except InvalidToken:
            return None


def seal_facts(*, keys: Keys, facts: dict[str, Any]) -> str:
    """Return facts sealed, for a form that brings them back."""
    return keys.seal(clear=orjson.dumps(facts)).decode()


def unseal_facts(*, keys: Keys, sealed: str, now: datetime) -> dict[str, Any]:
    """Return what `seal_facts` sealed, while its `until` (a timestamp) is to come; empty for whatever else somebody sends."""
    clear = keys.unseal(sealed=sealed.encode())
    try:
        facts = orjson.loads(clear or b"null")
    except ValueError:
        return {}
    good = isinstance(facts, dict) and isinstance(facts.get("until"), float) and facts["until"] > now.timestamp()
    return facts if good else {}


def load_keys(*, folder: Path) -> Keys:
    """Read the master key from `folder/master`, making folder (0700) and key (0600) if there is none.

    Two processes that start at once get the same key. Raises `Unsafe` if the file can be read by others or is damaged.
    """
    path = folder / "master"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = folder / f".master-{os.getpid()}-{secrets.token_hex(4)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        _keep(folder)
    if path.stat().st_mode & 0o077:
        raise Unsafe(f"The key file {path} can be read by other users; run: chmod 600 {path}")
    master = path.read_bytes()
    if len(master) != 32:
        raise Unsafe(f"The key file {path} is damaged: it must hold 32 bytes; put back your copy of it.")
    return Keys(master=master)


def _keep(folder: Path) -> None:
    """Make the folder's own entries last, so that a crash cannot take the key and leave what was sealed with it."""
    for place in (folder, folder.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def hash_key(*, secret: str) -> bytes:
    """Return how an API key of at least 128 random bits is stored: its SHA-256 (no slow hash is needed for random keys)."""
    return hashlib.sha256(secret.encode()).digest()
