"""Receipt codes: 20 digits, 19 random and a check digit; the reporter's only key."""

from __future__ import annotations

import re
import secrets
from typing import Final

# Damm's quasigroup of order 10 (H. M. Damm, 2004): finds every wrong digit and every swap of neighbours.
_DAMM: Final = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# Twenty figures with blanks, line ends, dashes, dots or the marks of a quotation between them.
_GROUPED: Final = re.compile(r"(?<![0-9])[0-9](?:[\s>.\-|*_]{0,8}[0-9]){19}(?![0-9])")
_LEFT_OUT: Final = "(code)"


def _check(digits: str) -> int:
    state = 0
    for digit in digits:
        state = _DAMM[state][int(digit)]
    return state


def new_code() -> str:
    """Return a fresh code of 20 digits."""
    digits = f"{secrets.randbelow(10**19):019d}"
    return f"{digits}{_check(digits)}"


def code_of(*, secret: bytes) -> str:
    """Return the code that belongs to a secret, in form like any other; the secret is at least 32 bytes that nobody can guess."""
    digits = f"{int.from_bytes(secret) % 10**19:019d}"
    return f"{digits}{_check(digits)}"


def without_codes(*, text: str) -> str:
    """Return text with what may be a receipt code, however it is grouped or quoted, left out: a code is for its reporter alone."""
    return _GROUPED.sub(lambda found: _LEFT_OUT if clean(typed=re.sub(r"\D", "", found[0])) else found[0], text)


def clean(*, typed: str) -> str | None:
    """Return the 20 digits of what somebody typed (blanks and dashes are ignored), or None if it cannot be a code."""
    digits = "".join(c for c in typed[:200] if c not in " -\u00a0\u202f\t\r\n.")
    if len(digits) != 20 or not (digits.isascii() and digits.isdigit()) or _check(digits) != 0:
        return None
    return digits
