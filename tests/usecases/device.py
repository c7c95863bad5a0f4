"""A device that makes passkeys and answers with them: honest, or lying as told."""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from odzew.ledger.passkeys import Question

SEEN, CHECKED, NEW = 1, 4, 64


@dataclass
class Device:
    """One passkey on one device; `checked`: it asks for PIN, finger or face."""

    rp: str = "localhost"
    origin: str = "http://localhost:8400"
    checked: bool = True
    counter: int = 0
    number: bytes = b"a passkey of a test"
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def _client(self, question: Question, kind: str) -> bytes:
        challenge = json.loads(question.options)["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, made: bytes = b"") -> AuthenticatorData:
        flags = SEEN | (CHECKED if self.checked else 0) | (NEW if made else 0)
        return AuthenticatorData(hashlib.sha256(self.rp.encode()).digest() + struct.pack(">BI", flags, self.counter) + made)

    def _say(self, **response: bytes) -> str:
        number = websafe_encode(self.number)
        said: dict[str, Any] = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps({"id": number, "rawId": number, "type": "public-key", "response": said})

    def make(self, question: Question) -> str:
        """Make the passkey."""
        made = AttestedCredentialData.create(Aaguid.NONE, self.number, ES256.from_cryptography_key(self.key.public_key()))  # type: ignore[no-untyped-call]
        attestation = AttestationObject.create("none", self._data(bytes(made)), {})
        return self._say(clientDataJSON=self._client(question, "webauthn.create"), attestationObject=bytes(attestation))

    def answer(self, question: Question) -> str:
        """Answer with it."""
        client, data = self._client(question, "webauthn.get"), bytes(self._data())
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self._say(clientDataJSON=client, authenticatorData=data, signature=signature)
