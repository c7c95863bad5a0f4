"""A platform that is slow stalls nobody else."""

from __future__ import annotations

import uuid

from django.db import transaction

from odzew.foundation.writes import Writes
from odzew.ledger.outbox import claim_due, leave
from tests.cast import Story


def test_of_one_platform_only_so_many_are_taken_at_once(story: Story) -> None:
    slow, other = uuid.uuid4(), uuid.uuid4()
    with transaction.atomic():
        writes = Writes()
        for platform in (slow, slow, slow, slow, other, None):
            leave(writes, kind="measure", subject=uuid.uuid4(), case=None, platform=platform, payload={}, now=story.now)
        writes.send()
    taken = []
    for _ in range(6):
        with transaction.atomic():
            taken += [d.platform for d in claim_due(now=story.now, limit=1, at_once=2)]
    assert sorted(map(str, taken)) == sorted(map(str, [slow, slow, other, None]))
