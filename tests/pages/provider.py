"""A provider of single sign-on on this machine, which can answer rightly, wrongly, late, at great length, or not at all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from odzew.entrypoints.single_sign_on.place import BACK, Place

CLIENT, SECRET = "desk żółw", "a+b/c%ż"


@cache
def pair(name: str) -> Any:
    """A key pair that is made once: `short` and `rsa...` of RSA, every other of the curve P-256."""
    if name == "short":
        return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it is to be refused
    if name.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def shown(name: str) -> dict[str, Any]:
    """The public half as the provider shows it."""
    key = pair(name)
    make = RSAAlgorithm.to_jwk if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm.to_jwk
    return {**json.loads(make(key.public_key())), "kid": name, "use": "sig"}


class Provider:
    """What it answers, to be changed by a test: `claims` and `header` of its tokens, its `key`, what it shows, and how it fails."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self.clock, self.hold = clock, threading.Event()
        self.behave()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def behave(self) -> None:
        """Answer rightly, from now on."""
        self.subject = "konto-1"
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.said: dict[str, Any] = {}
        self.key, self.algorithm, self.keys = "one", "ES256", ["one", "other"]
        self.forge: Callable[[dict[str, Any]], str] | None = None
        self.status: dict[str, int] = {}
        self.size: dict[str, int] = {}
        self.held: set[str] = set()
        self.reuse = False
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}

    def close(self) -> None:
        """Be gone."""
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def place(self, base: str = "http://testserver") -> Place:
        """What a desk at `base` knows of it."""
        return Place(
            issuer=self.issuer, client_id=CLIENT, client_secret=SECRET, name="Żuraw", private=True, redirect=base + BACK
        )  # fmt: skip

    def signs(self, key: str, algorithm: str, **header: Any) -> None:
        """Sign with this key from now on, and show no other."""
        self.key, self.algorithm, self.keys = key, algorithm, [key]
        self.header.update(header)

    def allow(self, way: str) -> str:
        """Somebody says yes there; return where their browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(way).query).items()}
        assert (asked["response_type"], asked["scope"], asked["code_challenge_method"]) == ("code", "openid", "S256")
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def token(self, asked: dict[str, str]) -> str:
        """The ID token for what was asked."""
        now = self.clock().timestamp()
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"], "iat": now, "exp": now + 300}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        if self.forge:
            return self.forge(claims)
        header = {"alg": self.algorithm, "kid": self.key, **self.header}
        head = _head({name: value for name, value in header.items() if value is not None}, claims)
        way = jwt.get_algorithm_by_name(self.algorithm)
        return f"{head}.{_plain(way.sign(head.encode(), pair(self.key)))}"

    def with_public_key(self, claims: dict[str, Any]) -> str:
        """A token that is signed with what everybody can read: the public key, as if it were a shared secret."""
        pem = pair(self.key).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        head = _head({"alg": "HS256", "typ": "JWT", "kid": self.key}, claims)
        return f"{head}.{_plain(hmac.digest(pem, head.encode(), 'sha256'))}"

    def _answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            places = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token")}
            return 200, {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **places, **self.said}
        if path == "/keys":
            return 200, {"keys": [shown(name) for name in self.keys]}
        if path != "/token":
            return 404, {}
        known = self.codes.get(form.get("code", "")) if self.reuse else self.codes.pop(form.get("code", ""), None)
        challenge = _plain(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        pair_ = base64.b64encode(f"{_form(CLIENT)}:{_form(SECRET)}".encode()).decode()
        mine = authorization == f"Basic {pair_}" or (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        if known is None or not mine or challenge != known["code_challenge"] or form["redirect_uri"] != known["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(known)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                """Keep quiet."""

            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path == "/authorization":
                    self.send_response(302)
                    self.send_header("location", provider.allow(self.path))
                    self.end_headers()
                    return
                self._say(path, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._say(self.path, {name: values[0] for name, values in parse_qs(body).items()})

            def _say(self, path: str, form: dict[str, str]) -> None:
                provider.asked.append(path)
                status, said = provider._answer(path, form, self.headers.get("authorization", ""))
                status = provider.status.get(path, status)
                if path in provider.held:
                    provider.hold.wait(20)
                body = json.dumps({**said, "x": "x" * provider.size.get(path, 0)}).encode()
                try:
                    self.send_response(status)
                    self.send_header("content-length", str(len(body)))
                    if 300 <= status < 400:
                        self.send_header("location", f"{provider.issuer}/keys")
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # who asked has gone

        return Handler


def _head(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_plain(json.dumps(part).encode()) for part in (header, claims))


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _form(text: str) -> str:
    return urlencode({"": text})[1:]


@contextmanager
def provided(*, clock: Callable[[], datetime]) -> Iterator[Provider]:
    """A provider while it lasts."""
    provider = Provider(clock=clock)
    try:
        yield provider
    finally:
        provider.close()
