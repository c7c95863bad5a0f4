"""A platform's files are hashed by the desk, or are no more."""

from __future__ import annotations

from datetime import datetime

from odzew.cases.unhashed import try_again
from odzew.foundation.transactions import atomically
from odzew.foundation.writes import Writes
from odzew.ledger.events import record
from odzew.ledger.hosted import set_hash_hosted


def change_platform(*, name: str, hash_hosted: bool, now: datetime) -> int:
    """Switch the hashing of a platform's files on or off; return how many that were given up are tried anew.

    What is on its way when it is switched off is finished. Raises `NotFound`.
    """

    def work() -> int:
        # 1. The switch.
        platform = set_hash_hosted(name=name, on=hash_hosted)
        # 2. What was given up, for whatever reason that may be gone by now.
        again = try_again(platform=platform, now=now) if hash_hosted else 0
        # 3. The record.
        writes = Writes()
        facts = {"platform": str(platform), "hash_hosted": hash_hosted}
        record(writes, kind="platform.changed", actor="operator", now=now, facts=facts)
        writes.send()
        return again

    return atomically(work)
