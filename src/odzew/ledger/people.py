"""People, programs and platforms: who may come in, and as what."""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import pyotp

from odzew.foundation.errors import Conflict, Invalid, NotFound
from odzew.foundation.ids import new_id
from odzew.foundation.secrets import Keys, hash_key
from odzew.foundation.writes import fetch_all
from odzew.ledger.models import Passkey, Person, Platform, Program, ProviderAccount, RecoveryCode, SavedView, Visit
from odzew.policy.vocabulary import ROLES, SOURCES

SCOPES: Final = frozenset({"notices", "items", "read", "appeals", "check", "lookup", "bank", "metrics"})
DECIDERS: Final = frozenset({"reviewer", "lead", "safety_officer", "specialist"})
# Those of them who answer for the desk: they sign its policy, hold words, warn reporters.
SIGNERS: Final = frozenset({"lead", "safety_officer"})
# Somebody outside the desk, who is asked for an opinion and sees only what they are asked about (practice 1).
OUTSIDE: Final = "outside"
KEY_LIVES: Final = timedelta(hours=12)
SIGN_IN_STAYS: Final = timedelta(days=30)
# The desk's own form as a program: it has no key, so nobody can send in its name.
FORM: Final = uuid.UUID("0d2e0f00-0000-4000-8000-000000000001")
# The desk's own mailbox, likewise.
MAIL: Final = uuid.UUID("0d2e0f00-0000-4000-8000-000000000002")
_OWN: Final = {FORM: "form", MAIL: "mail"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling: a program with scopes and sources, or a person with a role. `actor` is what the record calls them."""

    id: uuid.UUID
    what: Literal["program", "person"]
    actor: str
    name: str
    scopes: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    platform: uuid.UUID | None = None
    role: str = ""
    limit_per_second: int | None = None

    @property
    def decides(self) -> bool:
        """Is this a person who may decide cases?"""
        return self.what == "person" and self.role in DECIDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformView:
    """A platform: its hosts (`private_hosts` are those of them allowed to be private or loopback), its webhook and secret.

    `hash_hosted`: files that it gives no PDQ for are hashed by the desk.
    """

    id: uuid.UUID
    name: str
    hosts: tuple[str, ...]
    private_hosts: tuple[str, ...]
    webhook: str
    secret: str
    hash_hosted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """A person of the desk."""

    id: uuid.UUID
    name: str
    role: str
    pseudonym: str
    enrolled: bool


def _key(kind: str, owner: uuid.UUID) -> tuple[str, str]:
    secret = secrets.token_urlsafe(32)
    return f"odz_{kind}_{owner.hex}_{secret}", secret


def _named(name: str) -> str:
    """Return a name as it is kept. Raises `Invalid` for one that is empty, longer than 100 letters, or not made of letters."""
    text = " ".join(name.split())
    if not 0 < len(text) <= 100 or not text.isprintable():
        raise Invalid("A name has 1 to 100 letters, all of which can be printed.")
    return text


def add_program(
    *,
    name: str,
    scopes: frozenset[str],
    sources: frozenset[str],
    now: datetime,
    platform: uuid.UUID | None = None,
    limit_per_second: int | None = None,
    counts_from: datetime | None = None,
) -> str:
    """Enrol a program and return its key, the only time it can be seen. Raises `Invalid` for an unknown scope or source.

    `counts_from` is when its opinion counts as a signature (`usecases/give_opinion`); its notices count at once.
    """
    if unknown := sorted((scopes - SCOPES) | (sources - SOURCES)):
        raise Invalid(f"There is no scope or source {unknown[0]}; scopes: {', '.join(sorted(SCOPES))}.")
    name, program = _named(name), new_id(now=now)
    key, secret = _key("prg", program)
    Program.objects.create(
        id=program,
        name=name,
        platform_id=platform,
        scopes=sorted(scopes),
        sources=sorted(sources),
        key_hash=hash_key(secret=secret),
        created_at=now,
        limit_per_second=limit_per_second,
        counts_from=counts_from,
    )
    return key


def revoke_program(*, program: uuid.UUID, now: datetime) -> None:
    """End a program's key. Raises `NotFound`."""
    if not Program.objects.filter(id=program, revoked_at=None).exclude(id__in=_OWN).update(revoked_at=now):
        raise NotFound("There is no such key, or it was revoked before.")


def own_program(*, program: uuid.UUID) -> Caller | None:
    """Return the desk's own form or mailbox as a caller, or None while nothing ever came in by it."""
    if not fetch_all("SELECT 1 FROM ledger_program WHERE id = %s", [program]):
        return None
    return Caller(id=program, what="program", actor=f"program:{program}", name=_OWN[program], sources=frozenset({"user"}))


def platform_of(*, program: uuid.UUID) -> uuid.UUID | None:
    """Return the platform that a program speaks for, or None."""
    rows = fetch_all("SELECT platform_id FROM ledger_program WHERE id = %s", [program])
    return rows[0][0] if rows else None


def add_own_program(*, program: uuid.UUID, now: datetime) -> bool:
    """Let the desk's own form or mailbox be a program, without a key; return whether it was not before. Safe to do twice at once."""
    values = [program, _OWN[program], [], ["user"], hash_key(secret=secrets.token_urlsafe(32)), now]
    sql = (
        "INSERT INTO ledger_program (id, name, scopes, sources, key_hash, created_at) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (id) DO NOTHING RETURNING id"
    )
    return bool(fetch_all(sql, values))


def trust_address(*, program: uuid.UUID, address: str | None, counts_from: datetime) -> frozenset[str]:
    """Let mail from an address (None: from none) be a program's, from a moment on; return the program's sources.

    Raises `NotFound`, and `Conflict` for an address that is another program's.
    """
    if address and Program.objects.filter(mail_address=address).exclude(id=program).exists():
        raise Conflict("Mail from this address is another program's already.")
    found = Program.objects.filter(id=program, revoked_at=None).exclude(id__in=_OWN)
    if not found.update(mail_address=address, mail_from=counts_from if address else None):
        raise NotFound("There is no such key, or it was revoked before.")
    return frozenset(found.get().sources)


def trusted_sender(*, address: str, now: datetime) -> Caller | None:
    """Return whose mail comes from this address, if the operator said so and that counts by now."""
    rows = fetch_all(
        "SELECT id, name, sources FROM ledger_program WHERE mail_address = %s AND mail_from <= %s AND revoked_at IS NULL "
        "AND (expires_at IS NULL OR expires_at > %s)",
        [address, now, now],
    )
    if not rows:
        return None
    program, name, sources = rows[0]
    return Caller(id=program, what="program", actor=f"program:{program}", name=name, sources=frozenset(sources))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramView:
    """A program that has a key; the key itself is nowhere."""

    id: uuid.UUID
    name: str
    platform: uuid.UUID | None
    scopes: frozenset[str]
    sources: frozenset[str]
    mail: str = ""


def programs() -> list[ProgramView]:
    """Return the programs that have a key, by name."""
    return [
        ProgramView(
            id=p.id,
            name=p.name,
            platform=p.platform_id,
            scopes=frozenset(p.scopes),
            sources=frozenset(p.sources),
            mail=p.mail_address or "",
        )
        for p in Program.objects.filter(revoked_at=None).exclude(id__in=_OWN).order_by("name", "id")
    ]


def add_platform(
    *, name: str, hosts: list[str], private_hosts: list[str], webhook: str, keys: Keys, now: datetime, hash_hosted: bool = True
) -> tuple[PlatformView, str]:
    """Enrol a platform; return it and its webhook secret (`whsec_...`), the only time the secret can be seen.

    Raises `Invalid` (the name) and `Conflict`.
    """
    name = _named(name)
    if Platform.objects.filter(name=name).exists():
        raise Conflict(f"A platform called {name} is enrolled already; choose another name.")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    row = Platform.objects.create(
        id=new_id(now=now),
        name=name,
        hosts=hosts,
        private_hosts=private_hosts,
        webhook=webhook,
        webhook_secret=keys.seal(clear=secret.encode()),
        created_at=now,
        hash_hosted=hash_hosted,
    )
    return _platform(row, secret), secret


def _platform(row: Platform, secret: str) -> PlatformView:
    return PlatformView(
        id=row.id,
        name=row.name,
        hosts=tuple(row.hosts),
        private_hosts=tuple(row.private_hosts),
        webhook=row.webhook,
        secret=secret,
        hash_hosted=row.hash_hosted,
    )


def platforms(*, keys: Keys) -> dict[uuid.UUID, PlatformView]:
    """Return all platforms by id."""
    return {
        row.id: _platform(row, (keys.unseal(sealed=bytes(row.webhook_secret)) or b"").decode()) for row in Platform.objects.all()
    }


def enrolled_hosts() -> frozenset[str]:
    """Return the hosts of all platforms."""
    return frozenset(host for (hosts,) in fetch_all("SELECT hosts FROM ledger_platform", []) for host in hosts)


def platform_names() -> dict[uuid.UUID, str]:
    """Return the platforms' names, in their order."""
    return dict(Platform.objects.order_by("name", "id").values_list("id", "name"))


def sealed_by_another(*, keys: Keys) -> bool:
    """Is there something sealed in this database, and none of it opens with these keys? Then they are not the keys of this desk."""
    sql = (
        "(SELECT webhook_secret FROM ledger_platform LIMIT 20) UNION ALL "
        "(SELECT second_factor FROM ledger_person WHERE second_factor IS NOT NULL LIMIT 20)"
    )
    sealed = [bytes(row[0]) for row in fetch_all(sql, [])]
    return bool(sealed) and all(keys.unseal(sealed=one) is None for one in sealed)


def sole_platform() -> uuid.UUID | None:
    """Return the only platform, or None where there are none or several."""
    rows = fetch_all("SELECT id FROM ledger_platform LIMIT 2", [])
    return rows[0][0] if len(rows) == 1 else None


def add_person(*, name: str, role: str, now: datetime, counts_from: datetime | None = None) -> PersonView:
    """Enrol a person, who counts for the desk's size once a second factor is set. Raises `Invalid`, `Conflict`."""
    if role not in ROLES:
        raise Invalid(f"There is no role {role}; roles: {', '.join(ROLES)}.")
    name = _named(name)
    if Person.objects.filter(name=name).exists():
        raise Conflict(f"A person called {name} is or was enrolled; choose another name.")
    row = Person.objects.create(
        id=new_id(now=now), name=name, role=role, pseudonym=f"{role}-{secrets.token_hex(3)}", counts_from=counts_from or now
    )
    return person_view(row)


def person_view(row: Person, /) -> PersonView:
    """Return a row as the others see it."""
    return PersonView(
        id=row.id,
        name=row.name,
        role=row.role,
        pseudonym=row.pseudonym,
        enrolled=row.enrolled_at is not None and row.left_at is None,
    )


def people() -> list[PersonView]:
    """Return everybody who has not left, by name."""
    return [person_view(row) for row in Person.objects.filter(left_at=None).order_by("name")]


def person(*, person: uuid.UUID) -> PersonView | None:
    """Return one person who has not left, or None."""
    row = Person.objects.filter(id=person, left_at=None).first()
    return person_view(row) if row else None


def pseudonyms(*, people: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return what the record calls each of these people, those who have left too."""
    return dict(Person.objects.filter(id__in=people).values_list("id", "pseudonym"))


def leave_desk(*, person: uuid.UUID, now: datetime) -> None:
    """Let a person go: no visit, key or sign-in works any more. Raises `NotFound`."""
    for kept in (Visit, Passkey, RecoveryCode, ProviderAccount):
        kept._default_manager.filter(person_id=person).delete()
    SavedView.objects.filter(person_id=person, shared=False).delete()  # what they shared is the desk's by now
    if not Person.objects.filter(id=person, left_at=None).update(left_at=now, key_hash=None, sign_in_hash=None, second_factor=None):
        raise NotFound("There is no such person.")


def enrol_second_factor(*, person: uuid.UUID, keys: Keys, now: datetime) -> str:
    """Give a person a new second factor (RFC 6238); return the `otpauth://` address for their authenticator.

    The API key made with the former one ends. Raises `NotFound`.
    """
    row = Person.objects.filter(id=person, left_at=None).first()
    if row is None:
        raise NotFound("There is no such person.")
    secret = pyotp.random_base32()
    row.second_factor = keys.seal(clear=secret.encode())
    row.second_factor_used = 0
    row.wrong_codes, row.wrong_at = 0, None
    row.key_hash = None
    row.enrolled_at = row.enrolled_at or now
    row.save(update_fields=["second_factor", "second_factor_used", "wrong_codes", "wrong_at", "key_hash", "enrolled_at"])
    return pyotp.TOTP(secret).provisioning_uri(name=row.name, issuer_name="Odzew")


def new_sign_in(*, person: uuid.UUID, now: datetime, lives: timedelta) -> str:
    """Return a fresh sign-in secret for a person; the former one stops working."""
    secret = secrets.token_urlsafe(32)
    Person.objects.filter(id=person, left_at=None).update(sign_in_hash=hash_key(secret=secret), sign_in_expires_at=now + lives)
    return secret


def new_person_key(*, person: uuid.UUID, now: datetime) -> str:
    """Return a key for a person that lives 12 hours; the former one stops working. The caller has checked the second factor."""
    key, secret = _key("per", person)
    if not Person.objects.filter(id=person, left_at=None).update(key_hash=hash_key(secret=secret), key_expires_at=now + KEY_LIVES):
        raise NotFound("There is no such person.")
    return key


def person_key_until(*, person: uuid.UUID, now: datetime) -> datetime | None:
    """Return until when a person's key works, or None if they have none."""
    rows = Person.objects.filter(id=person, key_hash__isnull=False, key_expires_at__gt=now).values_list("key_expires_at", flat=True)
    return rows.first()


def end_person_key(*, person: uuid.UUID) -> bool:
    """End a person's key; False if they had none."""
    return Person.objects.filter(id=person, key_hash__isnull=False).update(key_hash=None, key_expires_at=None) == 1


def caller_of_key(*, key: str, now: datetime) -> Caller | None:
    """Return who a key belongs to, or None if it is unknown, wrong, revoked or expired."""
    parts = key.split("_", 3)
    if len(parts) != 4 or parts[0] != "odz" or parts[1] not in ("prg", "per"):
        return None
    try:
        owner = uuid.UUID(hex=parts[2])
    except ValueError:
        return None
    return _program_caller(owner, parts[3], now) if parts[1] == "prg" else _person_caller(owner, parts[3], now)


def _program_caller(owner: uuid.UUID, secret: str, now: datetime) -> Caller | None:
    rows = fetch_all(
        "SELECT name, platform_id, scopes, sources, key_hash, limit_per_second FROM ledger_program "
        "WHERE id = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %s)",
        [owner, now],
    )
    if not rows or not hmac.compare_digest(bytes(rows[0][4]), hash_key(secret=secret)):
        return None
    name, platform, scopes, sources, _hash, limit = rows[0]
    return Caller(
        id=owner,
        what="program",
        actor=f"program:{owner}",
        name=name,
        scopes=frozenset(scopes),
        sources=frozenset(sources),
        platform=platform,
        limit_per_second=limit,
    )


def _person_caller(owner: uuid.UUID, secret: str, now: datetime) -> Caller | None:
    row = Person.objects.filter(id=owner, left_at=None, key_expires_at__gt=now).first()
    if row is None or row.key_hash is None or not hmac.compare_digest(bytes(row.key_hash), hash_key(secret=secret)):
        return None
    return caller_of_person(row_person=person_view(row))


def caller_of_person(*, row_person: PersonView) -> Caller:
    """Return the caller that a signed-in person is."""
    return Caller(
        id=row_person.id,
        what="person",
        actor=row_person.pseudonym,
        name=row_person.name,
        role=row_person.role,
        scopes=frozenset({"read"}),
    )


Size = Literal["solo", "pair", "team"]


def desk_size(*, now: datetime) -> Size:
    """Return the size of the desk: how many people who may decide have a second factor (practice 1)."""
    return desk_now(now=now)[0]


def desk_now(*, now: datetime) -> tuple[Size, str | None]:
    """Return the size of the desk and the digest of the policy in force (None on a new desk), by one statement."""
    sql = (
        "SELECT count(*), (SELECT v.digest FROM ledger_policy_version v ORDER BY v.at DESC LIMIT 1) FROM ledger_person "
        "WHERE left_at IS NULL AND enrolled_at IS NOT NULL AND counts_from <= %s AND role = ANY(%s)"
    )
    count, digest = fetch_all(sql, [now, sorted(DECIDERS)])[0]
    return "solo" if count < 2 else "pair" if count == 2 else "team", digest


def outsiders(*, now: datetime) -> list[PersonView]:
    """Return the people outside the desk whose opinion counts now."""
    rows = Person.objects.filter(left_at=None, enrolled_at__isnull=False, counts_from__lte=now, role=OUTSIDE)
    return [person_view(row) for row in rows.order_by("name")]


def program_counts(*, program: uuid.UUID, now: datetime) -> bool:
    """Does the opinion of this program count by now?"""
    rows = fetch_all("SELECT counts_from FROM ledger_program WHERE id = %s AND revoked_at IS NULL", [program])
    return bool(rows) and (rows[0][0] is None or rows[0][0] <= now)


def deciders(*, now: datetime) -> list[PersonView]:
    """Return the people who may decide now."""
    rows = Person.objects.filter(left_at=None, enrolled_at__isnull=False, counts_from__lte=now, role__in=DECIDERS)
    return [person_view(row) for row in rows.order_by("name")]


def signers(*, now: datetime) -> list[PersonView]:
    """Return the people who may sign a change of the policy now."""
    return [p for p in deciders(now=now) if p.role in SIGNERS]
