"""Tables of the room; private to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Permit(models.Model):
    """The legal statement of one country, as the operator completed it: while it stands, people of the desk may look.

    `text_id` is the whole page as it was completed (`ledger.PersonalText`), `digest` its SHA-256, `form` the version of the page.
    """

    id = models.UUIDField(primary_key=True)
    country = models.TextField()
    version = models.IntegerField()
    form = models.IntegerField()
    text_id = models.UUIDField()
    digest = models.TextField()
    care = models.TextField(default="")
    at = models.DateTimeField()
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "exposures_permit"
        constraints = [
            models.UniqueConstraint(fields=["country", "version"], name="exposures_permit_version"),
            models.UniqueConstraint(fields=["country"], condition=Q(ended_at__isnull=True), name="exposures_permit_one"),
        ]


class Looker(models.Model):
    """One person as somebody who looks. The row is held while they are granted a view, so that two windows are counted as one.

    `own_views`, `own_minutes`: what they let their own day hold; `not_today`: kinds they are not handed until `not_today_until`.
    """

    person = models.OneToOneField("ledger.Person", primary_key=True, on_delete=models.PROTECT)
    own_views = models.IntegerField(null=True)
    own_minutes = models.IntegerField(null=True)
    not_today = ArrayField(models.TextField(), default=list)
    not_today_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "exposures_looker"


class Exposure(models.Model):
    """One person seeing one medium once. `asked` holds its place in the budget before anything is fetched.

    `seconds` is how long it counts: all that a view may last until it is known to have been shorter. `held_ms` is how long the key was
    held, where the browser said so. `likeness` are the 32 bytes of PDQ, `sha256` the file's, as they were known then.
    """

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey("ledger.Person", on_delete=models.PROTECT, db_index=False)
    case_id = models.UUIDField()
    item_id = models.UUIDField()
    media_id = models.UUIDField()
    copyset_id = models.UUIDField()
    sha256 = models.BinaryField(null=True)
    likeness = models.BinaryField(null=True)
    kind = models.TextField()
    severe = models.BooleanField()
    clear = models.TextField()
    why = models.TextField()
    reason_id = models.UUIDField(null=True)
    before = models.UUIDField(null=True)
    state = models.TextField(default="asked")
    fault = models.TextField(default="")
    seconds = models.IntegerField()
    held_ms = models.IntegerField(null=True)
    at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "exposures_exposure"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["asked", "shown", "not_shown"]), name="exposures_exposure_state"),
            models.CheckConstraint(condition=Q(clear__in=["veiled", "clearer"]), name="exposures_exposure_clear"),
            models.CheckConstraint(condition=Q(why__in=["first", "clearer", "again"]), name="exposures_exposure_why"),
            models.UniqueConstraint(fields=["before"], condition=Q(before__isnull=False), name="exposures_exposure_once"),
        ]
        indexes = [
            models.Index(fields=["person", "at"], name="exposures_exposure_person"),
            models.Index(fields=["case_id"], name="exposures_exposure_case"),
            models.Index(fields=["item_id"], name="exposures_exposure_item"),
        ]
