"""Tables of the room; private to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """A report as received; a trigger in the database refuses every change of it."""

    id = models.UUIDField(primary_key=True)
    program = models.ForeignKey("ledger.Program", null=True, on_delete=models.PROTECT, db_index=False)
    external_id = models.TextField(null=True)
    source = models.TextField()
    kind = models.TextField()
    minor = models.BooleanField(null=True)
    claimant = models.TextField()
    flags = ArrayField(models.TextField())
    places = models.JSONField()
    hashes = models.JSONField(default=list)
    language = models.TextField()
    reporter = models.TextField()
    account_id = models.TextField(null=True)
    text_id = models.UUIDField(null=True)
    body_hash = models.BinaryField()
    receipt = models.BinaryField(unique=True)
    received_at = models.DateTimeField()
    answer_due = models.DateTimeField()
    follows = models.ForeignKey("self", null=True, on_delete=models.PROTECT, db_index=False)

    class Meta:
        db_table = "notices_notice"
        constraints = [
            models.UniqueConstraint(fields=["program", "external_id"], name="notices_notice_external"),
        ]
        indexes = [
            models.Index(fields=["text_id"], name="notices_notice_text", condition=Q(text_id__isnull=False)),
            models.Index(fields=["follows"], name="notices_notice_follows", condition=Q(follows__isnull=False)),
        ]


class Handling(models.Model):
    """How far a notice has come on a case. It ends only with a delivered answer. `erased_at`: when the words of its thread were erased."""

    id = models.UUIDField(primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, db_index=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    primary = models.BooleanField()
    state = models.TextField(default="open")
    ended_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_handling"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["open", "answered", "moved"]), name="notices_handling_state"),
            models.UniqueConstraint(fields=["notice", "case"], name="notices_handling_once"),
        ]
        indexes = [
            models.Index(fields=["case"], name="notices_handling_case"),
            models.Index(
                fields=["ended_at"], name="notices_handling_words", condition=Q(ended_at__isnull=False, erased_at__isnull=True)
            ),
        ]


class SealedReply(models.Model):
    """For 24 hours, the sealed reply to a notice, so that the same `external_id` gets the identical body."""

    notice = models.OneToOneField(Notice, primary_key=True, on_delete=models.CASCADE)
    sealed = models.BinaryField()
    until = models.DateTimeField()

    class Meta:
        db_table = "notices_sealed_reply"
        indexes = [models.Index(fields=["until"], name="notices_sealed_until")]


class FormalRequest(models.Model):
    """A formal request under a law that the reporter of a notice signed later; a trigger in the database refuses every change of it.

    `text_id`: what they signed, the signature and the contact, kept apart so that it can be erased.
    """

    id = models.UUIDField(primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, db_index=False)
    law = models.TextField()
    text_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "notices_formal_request"
        constraints = [
            models.CheckConstraint(condition=Q(law__in=["tida", "uk"]), name="notices_formal_law"),
            models.UniqueConstraint(fields=["notice", "law"], name="notices_formal_once"),
        ]


class Message(models.Model):
    """A line of the thread between a reporter and the desk; never changed or deleted, and the database refuses it.

    `notice` is the first one of its reporter. Only that somebody of the desk has read it is written later, once.
    """

    id = models.UUIDField(primary_key=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, db_index=False)
    by = models.TextField()
    person = models.ForeignKey("ledger.Person", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    language = models.TextField()
    template = models.TextField()
    danger = models.BooleanField()
    text_id = models.UUIDField(null=True)
    once = models.BinaryField()
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey("ledger.Person", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")

    class Meta:
        db_table = "notices_message"
        constraints = [
            models.CheckConstraint(condition=Q(by__in=["reporter", "desk"]), name="notices_message_by"),
            models.UniqueConstraint(fields=["notice", "once"], name="notices_message_once"),
        ]
        indexes = [
            models.Index(fields=["at"], name="notices_message_unread", condition=Q(by="reporter", read_at__isnull=True)),
        ]


class Contact(models.Model):
    """Where a reporter who gave an address is written to. The address is sealed; it goes when the notice's text goes.

    `who` is the address's opaque name, by which too many mails to one address are held back.
    """

    notice = models.OneToOneField(Notice, primary_key=True, on_delete=models.CASCADE)
    who = models.TextField()
    sealed = models.BinaryField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_contact"
        indexes = [models.Index(fields=["who", "at"], name="notices_contact_who")]


class Hold(models.Model):
    """The words of a case's reporters are kept longer than usual, until a time, because somebody says that they must be."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    person = models.ForeignKey("ledger.Person", on_delete=models.PROTECT, db_index=False, related_name="+")
    reason_id = models.UUIDField()
    at = models.DateTimeField()
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_hold"
        indexes = [models.Index(fields=["case"], name="notices_hold_running", condition=Q(ended_at__isnull=True))]


class Misuse(models.Model):
    """A reporter who was warned for reports that were plainly unfounded, and perhaps weighs less for a time (DSA art. 23).

    `reporter` is their opaque name; `notice` the one by which they were known. Suspending is asked for by one person and done by another.
    """

    id = models.UUIDField(primary_key=True)
    reporter = models.TextField()
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, db_index=False)
    warned_at = models.DateTimeField()
    warned_by = models.ForeignKey("ledger.Person", on_delete=models.PROTECT, db_index=False, related_name="+")
    reason_id = models.UUIDField()
    asked_at = models.DateTimeField(null=True)
    asked_by = models.ForeignKey("ledger.Person", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    until_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_misuse"
        constraints = [models.UniqueConstraint(fields=["reporter"], condition=Q(ended_at__isnull=True), name="notices_misuse_one")]


class Mailbox(models.Model):
    """A mailbox that reports are fetched from: when it was last read whole. `name` is an opaque name of it."""

    name = models.TextField(primary_key=True)
    whole_at = models.DateTimeField()

    class Meta:
        db_table = "notices_mailbox"
