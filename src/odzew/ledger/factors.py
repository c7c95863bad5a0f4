"""What a person proves who they are with: a sign-in secret, and codes, which work once."""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import pyotp

from odzew.foundation.ids import new_id
from odzew.foundation.secrets import Keys, hash_key
from odzew.foundation.writes import Writes
from odzew.ledger.models import Person, RecoveryCode
from odzew.ledger.people import SIGN_IN_STAYS

# So many wrong codes in a row, and the person's codes wait: 5 minutes, then twice as long each time, at most an hour.
WRONG_MOST: Final = 5
_FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)
RECOVERY_CODES: Final = 10
# 80 random bits each, in letters and figures that are not mistaken for one another (RFC 4648, base32).
_RECOVERY_LETTERS: Final = 16

Outcome = Literal["code", "recovery", "passkey", "wrong", "held"]


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
    if _waits(row.wrong_codes, row.wrong_at, now):
        return Tried(outcome="held")
    outcome = _outcome(row, code, keys, now)
    good = outcome != "wrong"
    row.wrong_codes, row.wrong_at = (0, None) if good else (row.wrong_codes + 1, now)
    row.save(update_fields=["wrong_codes", "wrong_at", "second_factor_used"])
    return Tried(outcome=outcome, alarm=row.wrong_codes == WRONG_MOST)


def locked_out(*, now: datetime) -> int:
    """Return how many people have to wait, because wrong codes were tried in their name."""
    known = Person.objects.filter(left_at=None, wrong_codes__gte=WRONG_MOST).values_list("wrong_codes", "wrong_at")
    return sum(_waits(wrong, at, now) for wrong, at in known)


def _waits(wrong: int, at: datetime | None, now: datetime) -> bool:
    return at is not None and now < at + _wait(wrong)


def _wait(wrong: int) -> timedelta:
    return timedelta(0) if wrong < WRONG_MOST else min(_FIRST_WAIT * 2 ** min(wrong - WRONG_MOST, 10), LONGEST_WAIT)


def _outcome(row: Person, code: str, keys: Keys, now: datetime) -> Outcome:
    typed = "".join(code.split()).replace("-", "")
    if len(typed) == _RECOVERY_LETTERS:
        found = RecoveryCode.objects.filter(person_id=row.id, code_hash=_recovery_hash(typed, keys))
        return "recovery" if found.delete()[0] else "wrong"
    return "code" if _of_authenticator(row, typed, keys, now) else "wrong"


def _recovery_hash(code: str, keys: Keys) -> bytes:
    return hmac.digest(keys.derive(label="recovery code"), code.upper().encode(), "sha256")


def new_recovery_codes(writes: Writes, *, person: uuid.UUID, keys: Keys, now: datetime) -> list[str]:
    """Give a person ten recovery codes, the only time they can be seen; the former ones end."""
    drop_recovery_codes(person=person)
    codes = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    rows = [{"id": new_id(now=now), "person_id": person, "code_hash": _recovery_hash(code, keys)} for code in codes]
    writes.insert(RecoveryCode, *rows)
    return ["-".join(code[n : n + 4] for n in range(0, _RECOVERY_LETTERS, 4)) for code in codes]


def recovery_codes_left(*, person: uuid.UUID) -> int:
    """Return how many recovery codes a person has."""
    return RecoveryCode.objects.filter(person_id=person).count()


def new_authenticator(*, name: str) -> tuple[str, str]:
    """Return a fresh secret for an authenticator and its `otpauth://` address; nothing is kept."""
    secret = pyotp.random_base32()
    return secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="Odzew")


def put_authenticator(*, person: uuid.UUID, secret: str, step: int, keys: Keys) -> bool:
    """Let a person have this authenticator instead of the former one; `step` was used to prove that they have it."""
    sealed = keys.seal(clear=secret.encode())
    found = Person.objects.filter(id=person, left_at=None)
    return found.update(second_factor=sealed, second_factor_used=step, wrong_codes=0, wrong_at=None, key_hash=None) == 1


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


def drop_recovery_codes(*, person: uuid.UUID) -> None:
    """End all of a person's recovery codes."""
    RecoveryCode.objects.filter(person_id=person).delete()
