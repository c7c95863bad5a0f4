"""Tables of the room; private to it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Measure(models.Model):
    """What is done to an item or an account. `id` is the platform's idempotency key."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    item = models.ForeignKey("cases.Item", null=True, on_delete=models.PROTECT, db_index=False)
    account = models.ForeignKey("cases.Account", null=True, on_delete=models.PROTECT)
    measure = models.TextField()
    scope = models.TextField()
    ground = models.TextField()
    state = models.TextField(default="ordered")
    ordered_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    keep_until = models.DateTimeField(null=True)
    unverified = models.BooleanField(default=False)
    wave = models.BooleanField(default=False)
    in_force = models.BooleanField(default=True)
    probe_at = models.DateTimeField(null=True)
    probe_step = models.IntegerField(default=0)
    probe_lease = models.DateTimeField(null=True)

    class Meta:
        db_table = "enforcement_measure"
        constraints = [
            models.CheckConstraint(
                condition=Q(measure__in=["withhold", "remove", "restore", "suspend_account", "restore_account"]),
                name="enforcement_measure_word",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ordered", "accepted", "done", "told", "failed", "returned"]),
                name="enforcement_measure_state",
            ),
        ]
        indexes = [
            models.Index(fields=["case"], name="enforcement_measure_case"),
            models.Index(fields=["item", "ordered_at"], name="enforcement_measure_item"),
            models.Index(fields=["probe_at"], name="enforcement_measure_probe", condition=Q(probe_at__isnull=False)),
            models.Index(fields=["ordered_at"], name="enforcement_measure_claim", condition=Q(unverified=True)),
        ]


class Probe(models.Model):
    """What one of the platform's own addresses answered when we looked. Status 0: no answer."""

    id = models.UUIDField(primary_key=True)
    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, db_index=False)
    at = models.DateTimeField()
    url = models.TextField()
    status = models.IntegerField()
    purpose = models.TextField(default="verify")

    class Meta:
        db_table = "enforcement_probe"
        indexes = [models.Index(fields=["measure", "at"], name="enforcement_probe_measure")]
