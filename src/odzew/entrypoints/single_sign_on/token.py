"""An ID token, believed only if everything about it is right (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

import hmac
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from odzew.entrypoints.single_sign_on.place import Place
from odzew.foundation.errors import Unauthorised

# Signed with a private key alone: no `none`, and nothing of the HS family, whose key would be one that we give away.
ALGORITHMS: Final[Mapping[str, tuple[str, str]]] = {
    "RS256": ("RSA", ""),
    "RS384": ("RSA", ""),
    "RS512": ("RSA", ""),
    "PS256": ("RSA", ""),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "EdDSA": ("OKP", "Ed25519"),
}
# How far the provider's clock may be from ours.
LEEWAY: Final = timedelta(seconds=60)
# A token is made when it is asked for; one that is older comes from somewhere else.
OLDEST: Final = timedelta(minutes=10)
_LEAST_BITS: Final = 2048
_LONGEST: Final = 32_000
_NONSENSE: Final = (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)


class UnknownKey(Exception):
    """The token names a key that is not among those we have; the provider may have changed them."""


def subject_of(*, token: str, keys: Sequence[Mapping[str, Any]], place: Place, nonce: str, now: datetime) -> str:
    """Return the `sub` of a token that is good in every way. Raises `UnknownKey`, and `Unauthorised` for everything else.

    The library checks the signature, issuer and audience; the times are checked here, against the time that is passed in.
    """
    try:
        if len(token) > _LONGEST:
            raise ValueError("too long")
        algorithm, key = _key(jwt.get_unverified_header(token), keys)
        claims = jwt.decode(
            token,
            key=key,
            algorithms=[algorithm],
            audience=place.client_id,
            issuer=place.issuer,
            options={
                "require": ["iss", "aud", "sub", "exp", "iat"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        _in_time(claims, now)
        _for_us(claims, place, nonce)
    except _NONSENSE as error:
        raise Unauthorised("The provider's answer is not good.") from error
    return str(claims["sub"])


def _key(header: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
    """Return the algorithm, and the one key that it may be checked with: of the right kind, and of the name that the token says."""
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS or "crit" in header:
        raise ValueError("not an algorithm of ours")
    fit = [k for k in keys if _fits(k, algorithm) and (kid is None or k.get("kid") == kid)]
    if not fit and kid is not None:
        raise UnknownKey
    if len(fit) != 1:
        raise ValueError("no one key")
    key = jwt.PyJWK(dict(fit[0]), algorithm=algorithm).key
    if isinstance(key, RSAPublicKey) and key.key_size < _LEAST_BITS:
        raise ValueError("a key that is too short")
    return algorithm, key


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    kind, curve = ALGORITHMS[algorithm]
    return (
        key.get("kty") == kind
        and (not curve or key.get("crv") == curve)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _in_time(claims: Mapping[str, Any], now: datetime) -> None:
    at, leeway = now.timestamp(), LEEWAY.total_seconds()
    ends, made, begins = (_moment(claims.get(name, at)) for name in ("exp", "iat", "nbf"))
    if ends <= at - leeway or made > at + leeway or begins > at + leeway:
        raise ValueError("not now")
    if made < at - OLDEST.total_seconds() - leeway:
        raise ValueError("old")


def _moment(value: Any) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("not a time")
    return float(value)


def _for_us(claims: Mapping[str, Any], place: Place, nonce: str) -> None:
    """It answers our question, and was made for us; where it was made for several, it must say that we asked."""
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise ValueError("another's question")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != place.client_id:
        raise ValueError("made for another")
