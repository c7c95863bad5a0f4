"""What a person proves who they are with: a sign-in secret, and codes, which work once."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import pyotp

from odzew.foundation.secrets import Keys, hash_key
from odzew.ledger.models import Person
from odzew.ledger.people import SIGN_IN_STAYS

# So many wrong codes in a row, and the person's codes wait: 5 minutes, then twice as long each time, at most an hour.
WRONG_MOST: Final = 5
_FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)

Outcome = Literal["code", "wrong", "held"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of a code: what kind it was, or that it was wrong, or that nobody looked because there were too many.

    `alarm`: it is the wrong one with which the waiting begins.
    """

    outcome: Outcome
    alarm: bool = False

    @property
    def good(self) -> bool:
        """Did it prove anything?"""
        return self.outcome not in ("wrong", "held")


def of_secret(*, secret: str, now: datetime) -> uuid.UUID | None:
    """Return whose sign-in secret this is, or None: unknown, ended, or the person has left."""
    row = Person.objects.filter(sign_in_hash=hash_key(secret=secret), left_at=None, sign_in_expires_at__gt=now).first()
    return row.id if row else None


def stay(*, person: uuid.UUID, now: datetime) -> None:
    """Let a person's secret live for 30 days more, so that it ends only for somebody who stays away."""
    Person.objects.filter(id=person, sign_in_expires_at__lt=now + SIGN_IN_STAYS).update(sign_in_expires_at=now + SIGN_IN_STAYS)


def try_code(*, person: uuid.UUID, code: str, keys: Keys, now: datetime) -> Tried:
    """Try a person's code, and use it up if it is right. The person is locked until the transaction ends.

    Wrong ones are counted, so the caller lets the transaction end well also when it refuses.
    """
    row = Person.objects.select_for_update().filter(id=person, left_at=None).first()
    if row is None:
        return Tried(outcome="wrong")
    if row.wrong_at is not None and now < row.wrong_at + _wait(row.wrong_codes):
        return Tried(outcome="held")
    outcome = _outcome(row, code, keys, now)
    good = outcome != "wrong"
    row.wrong_codes, row.wrong_at = (0, None) if good else (row.wrong_codes + 1, now)
    row.save(update_fields=["wrong_codes", "wrong_at", "second_factor_used"])
    return Tried(outcome=outcome, alarm=row.wrong_codes == WRONG_MOST)


def _wait(wrong: int) -> timedelta:
    return timedelta(0) if wrong < WRONG_MOST else min(_FIRST_WAIT * 2 ** min(wrong - WRONG_MOST, 10), LONGEST_WAIT)


def _outcome(row: Person, code: str, keys: Keys, now: datetime) -> Outcome:
    typed = "".join(code.split())
    return "code" if _of_authenticator(row, typed, keys, now) else "wrong"


def _of_authenticator(row: Person, typed: str, keys: Keys, now: datetime) -> bool:
    clear = keys.unseal(sealed=bytes(row.second_factor)) if row.second_factor else None
    step = step_of(secret=clear.decode(), code=typed, now=now) if clear else None
    if step is None or step <= row.second_factor_used:
        return False
    row.second_factor_used = step
    return True


def step_of(*, secret: str, code: str, now: datetime) -> int | None:
    """Return the step of RFC 6238 that a code belongs to: this one, the last or the next; None if it is wrong."""
    totp, step = pyotp.TOTP(secret), int(now.timestamp()) // 30
    for candidate in (step, step - 1, step + 1):
        if hmac.compare_digest(totp.generate_otp(candidate).encode(), code.encode()):
            return candidate
    return None
