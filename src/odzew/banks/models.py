"""Tables of the room; private to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

OPINIONS = ("confirmed", "seed", "negative")
TYPES = ("pdq", "md5", "sha256")
MODES = ("exact", "fast")


class Bank(models.Model):
    """One list of hashes and what may follow from it. `own`: fed by the desk's own decisions, not by a list from outside."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField(unique=True)
    source = models.TextField(default="")
    opinion = models.TextField()
    distance = models.IntegerField(default=31)
    enabled_share = models.FloatField(default=1.0)
    hash_types = ArrayField(models.TextField())
    jurisdictions = ArrayField(models.TextField(), default=list)
    child = models.BooleanField(null=True)
    private_too = models.BooleanField(default=True)
    own = models.BooleanField(default=False)
    flood_floor = models.IntegerField(default=50)
    flood_times = models.FloatField(default=20.0)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "banks_bank"
        constraints = [
            models.CheckConstraint(condition=Q(opinion__in=OPINIONS), name="banks_bank_opinion"),
            models.CheckConstraint(condition=Q(distance__gte=0, distance__lte=31), name="banks_bank_distance"),
            models.CheckConstraint(condition=Q(enabled_share__gte=0, enabled_share__lte=1), name="banks_bank_share"),
        ]


class Entry(models.Model):
    """One hash of one entry of a list. `id` is its owner's number in the index: from a sequence of its own, never used again.

    A withdrawn row stays; when its list names it again, a new row with a new number begins. `turned`: the index holds the seven
    other orientations of the hash under the same number. `seen_in`: the last import that named it.
    `released_at`: a person let it out of quarantine, and the guard stops it no more. `disabled_until`: it matches nothing before then.
    """

    id = models.BigIntegerField(primary_key=True)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT, db_index=False)
    source_member = models.TextField(default="")
    entry_id = models.TextField(default="")
    hash_type = models.TextField()
    value = models.BinaryField()
    category = models.TextField(default="")
    opinion = models.TextField(null=True)
    child = models.BooleanField(null=True)
    quality = models.SmallIntegerField(null=True)
    mode = models.TextField(default="exact")
    turned = models.BooleanField(default=False)
    first_seen = models.DateTimeField()
    updated = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    quarantined_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    disabled_until = models.DateTimeField(null=True)
    from_case = models.UUIDField(null=True)
    seen_in = models.UUIDField(null=True)

    class Meta:
        db_table = "banks_entry"
        constraints = [
            models.CheckConstraint(condition=Q(opinion__in=OPINIONS), name="banks_entry_opinion"),
            models.CheckConstraint(condition=Q(hash_type__in=TYPES), name="banks_entry_type"),
            models.CheckConstraint(condition=Q(mode__in=MODES), name="banks_entry_mode"),
            models.UniqueConstraint(
                fields=["bank", "value", "hash_type", "source_member", "entry_id"],
                name="banks_entry_live",
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["bank", "source_member", "entry_id"],
                name="banks_entry_named",
                condition=Q(withdrawn_at__isnull=True) & ~Q(entry_id=""),
            ),
            models.Index(fields=["from_case"], name="banks_entry_case", condition=Q(from_case__isnull=False)),
            models.Index(fields=["bank"], name="banks_entry_quarantined", condition=Q(quarantined_at__isnull=False)),
            models.Index(fields=["bank", "id"], name="banks_entry_order"),
        ]


class Import(models.Model):
    """One file on its way into a bank, and how many of its lines are stored: what a stopped import goes on from."""

    id = models.UUIDField(primary_key=True)
    bank = models.ForeignKey(Bank, on_delete=models.PROTECT)
    digest = models.BinaryField()
    replace = models.BooleanField(default=False)
    boundary = models.BigIntegerField()
    line = models.BigIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    withdrawn = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    state = models.TextField(default="running")

    class Meta:
        db_table = "banks_import"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["running", "done", "given_up"]), name="banks_import_state"),
            models.UniqueConstraint(fields=["bank"], name="banks_import_one", condition=Q(state="running")),
        ]


class Sighting(models.Model):
    """Something different (its digest) that an entry matched lately: the flood guard counts these, and forgets them after an hour."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, db_index=False)
    subject = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        db_table = "banks_sighting"
        constraints = [models.UniqueConstraint(fields=["entry", "subject"], name="banks_sighting_once")]
        indexes = [models.Index(fields=["at"], name="banks_sighting_at")]


class MatchHour(models.Model):
    """How many different things a bank matched in one clock hour: what is usual for it."""

    bank = models.ForeignKey(Bank, on_delete=models.CASCADE, db_index=False)
    hour = models.DateTimeField()
    subjects = models.BigIntegerField()

    class Meta:
        db_table = "banks_match_hour"
        constraints = [models.UniqueConstraint(fields=["bank", "hour"], name="banks_match_hour_once")]


class LookupCount(models.Model):
    """Look-ups of one key that matched nothing, by minute."""

    program_id = models.UUIDField()
    minute = models.DateTimeField()
    misses = models.BigIntegerField()

    class Meta:
        db_table = "banks_lookup_count"
        constraints = [models.UniqueConstraint(fields=["program_id", "minute"], name="banks_lookup_count_once")]
