"""The policy in force is kept, whole, before anything is decided under it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from odzew.foundation.writes import Writes, fetch_none
from odzew.ledger.events import record
from odzew.ledger.policies import in_force_before, keep
from odzew.policy.rules import Policy

_LOCK = 0x0D2E4


def put_policy_in_force(*, policy: Policy, text: str, now: datetime) -> bool:
    """Keep the policy and put its coming into force on the record; return False if it was in force already.

    Called by every worker when it starts; of several at once, one writes it.
    """
    with transaction.atomic():
        fetch_none("SELECT pg_advisory_xact_lock(%s::bigint)", [_LOCK])
        before = in_force_before()
        if before == policy.digest:
            return False
        writes = Writes()
        keep(writes, digest=policy.digest, version=policy.version, name=policy.name, text=text, now=now)
        facts = {"policy": policy.digest, "version": policy.version, "before": before or ""}
        record(writes, kind="policy.in_force", actor="desk", now=now, facts=facts)
        writes.send()
    return True
