"""Every policy that was ever in force, kept whole: a decision made under an old one can always be understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from odzew.foundation.writes import Writes, fetch_all
from odzew.ledger.models import PolicyVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A policy that is or was in force; `at`: when it came into force last."""

    digest: str
    version: int
    name: str
    at: datetime


def in_force_before() -> str | None:
    """Return the digest of the policy that came into force last, or None on a new desk."""
    rows = fetch_all("SELECT digest FROM ledger_policy_version ORDER BY at DESC LIMIT 1", [])
    return str(rows[0][0]) if rows else None


def keep(writes: Writes, *, digest: str, version: int, name: str, text: str, now: datetime) -> None:
    """Keep a policy; one that was in force before comes into force again. It is later than every other, whatever the clocks say."""
    rows = fetch_all("SELECT max(at) FROM ledger_policy_version", [])
    at = max(now, rows[0][0] + timedelta(microseconds=1)) if rows[0][0] else now
    writes.insert(
        PolicyVersion,
        {"digest": digest, "version": version, "name": name, "text": text, "at": at},
        conflict="(digest) DO UPDATE SET at = excluded.at",
    )


def was_in_force(*, digest: str) -> bool:
    """Was this very policy ever in force?"""
    return PolicyVersion.objects.filter(digest=digest).exists()


def text_of(*, digest: str) -> str | None:
    """Return the whole text of a policy by its digest, or by the beginning of it; None if it was never in force."""
    rows = fetch_all("SELECT text FROM ledger_policy_version WHERE starts_with(digest, %s) ORDER BY at DESC LIMIT 1", [digest])
    return str(rows[0][0]) if rows else None


def versions(*, limit: int, digest: str = "") -> list[VersionView]:
    """Return the policies that are or were in force, the newest first, or this one alone; without their texts."""
    rows = PolicyVersion.objects.filter(**({"digest": digest} if digest else {})).defer("text").order_by("-at")[:limit]
    return [VersionView(digest=v.digest, version=v.version, name=v.name, at=v.at) for v in rows]
