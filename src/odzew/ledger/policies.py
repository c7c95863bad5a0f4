"""Every policy that was ever in force, kept whole: a decision made under an old one can always be understood."""

from __future__ import annotations

from datetime import datetime

from odzew.foundation.writes import Writes, fetch_all
from odzew.ledger.models import PolicyVersion


def in_force_before() -> str | None:
    """Return the digest of the policy that came into force last, or None on a new desk."""
    rows = fetch_all("SELECT digest FROM ledger_policy_version ORDER BY at DESC LIMIT 1", [])
    return str(rows[0][0]) if rows else None


def keep(writes: Writes, *, digest: str, version: int, name: str, text: str, now: datetime) -> None:
    """Keep a policy; one that was in force before comes into force again."""
    writes.insert(
        PolicyVersion,
        {"digest": digest, "version": version, "name": name, "text": text, "at": now},
        conflict="(digest) DO UPDATE SET at = excluded.at",
    )


def text_of(*, digest: str) -> str | None:
    """Return the whole text of a policy by its digest, or by the beginning of it; None if it was never in force."""
    rows = fetch_all("SELECT text FROM ledger_policy_version WHERE starts_with(digest, %s) ORDER BY at DESC LIMIT 1", [digest])
    return str(rows[0][0]) if rows else None
