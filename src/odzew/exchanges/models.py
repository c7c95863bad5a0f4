"""Tables of the room; private to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

FORMS = ("ncmec", "stopncii", "threatexchange", "arachnid")
STATES = ("running", "paused", "leaving")


class Exchange(models.Model):
    """A service outside, which bank it feeds, how to be let in, how far its list is read, and what last went wrong."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField(unique=True)
    form = models.TextField()
    bank_id = models.UUIDField(unique=True)
    base = models.TextField()
    private = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)
    secrets = models.BinaryField()
    every = models.DurationField()
    stale_after = models.DurationField()
    state = models.TextField(default="running")
    created_at = models.DateTimeField()
    turn = models.BigIntegerField(default=0)
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    since = models.DateTimeField()
    target = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    span = models.DurationField()
    reading = models.UUIDField(null=True)
    through_at = models.DateTimeField(null=True)
    complete_at = models.DateTimeField(null=True)
    fault = models.TextField(default="")
    fault_status = models.IntegerField(default=0)
    fault_at = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    added = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    withdrawn = models.BigIntegerField(default=0)
    unusable = models.JSONField(default=dict)
    malformed = models.BigIntegerField(default=0)
    bad_ids = ArrayField(models.TextField(), default=list)
    refused_rung_at = models.DateTimeField(null=True)
    gap_rung_at = models.DateTimeField(null=True)
    stale_rung_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "exchanges_exchange"
        constraints = [
            models.CheckConstraint(condition=Q(form__in=FORMS), name="exchanges_exchange_form"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="exchanges_exchange_state"),
        ]


class Stretch(models.Model):
    """A part of a list, by time, that is being read; a gap is one that could not be read and is tried again."""

    id = models.UUIDField(primary_key=True)
    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    token = models.TextField(default="")
    token_at = models.DateTimeField(null=True)
    pages = models.IntegerField(default=0)
    mark = models.TextField(default="")
    tries = models.IntegerField(default=0)
    gap = models.BooleanField(default=False)
    why = models.TextField(default="")
    resume = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "exchanges_stretch"
        constraints = [
            models.UniqueConstraint(fields=["exchange"], name="exchanges_stretch_one", condition=Q(gap=False)),
        ]


class Heard(models.Model):
    """When a source last changed an entry, as it says: what it said before that comes too late. `reading`: the last whole reading of
    the list that named it."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, db_index=False)
    member = models.TextField()
    entry_id = models.TextField()
    at = models.DateTimeField()
    reading = models.UUIDField(null=True)

    class Meta:
        db_table = "exchanges_heard"
        constraints = [models.UniqueConstraint(fields=["exchange", "member", "entry_id"], name="exchanges_heard_once")]


class Asked(models.Model):
    """A hash that a service was asked about, written before it is sent; `answer` is its own word, empty for one that is not known."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, db_index=False)
    value = models.BinaryField()
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answer = models.TextField(default="")

    class Meta:
        db_table = "exchanges_asked"
        constraints = [models.UniqueConstraint(fields=["exchange", "value"], name="exchanges_asked_once")]


class Told(models.Model):
    """What a source was told of an entry of its own: that it matched here, and what people found. Written before it is sent."""

    exchange = models.ForeignKey(Exchange, on_delete=models.CASCADE, db_index=False)
    entry = models.BigIntegerField()
    word = models.TextField()
    at = models.DateTimeField()
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    state = models.TextField(default="waiting")

    class Meta:
        db_table = "exchanges_told"
        constraints = [
            models.UniqueConstraint(fields=["exchange", "entry"], name="exchanges_told_once"),
            models.CheckConstraint(condition=Q(word__in=["matched", "confirmed", "not_confirmed"]), name="exchanges_told_word"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "delivered", "refused"]), name="exchanges_told_state"),
        ]
