"""Tables of the room; private to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

STATES = ("open", "awaiting_second", "disputed", "specialist", "removed", "kept_withheld", "cleared", "not_found", "merged")
UNDECIDED = ("open", "awaiting_second", "disputed", "specialist")
UNHASHED = ("waiting", "private", "unfit", "given_up")
HASHING = (*UNHASHED, "hashed")
# Somebody has said something, and it is not decided.
SIGNED = ("awaiting_second", "disputed", "specialist")


class Case(models.Model):
    """One harm. What the notices said is summed up here and only ever grows."""

    id = models.UUIDField(primary_key=True)
    state = models.TextField(default="open")
    round = models.IntegerField(default=1)
    opened_at = models.DateTimeField()
    reopened_at = models.DateTimeField()
    queue_at = models.DateTimeField()
    jurisdiction = models.TextField()
    kinds = ArrayField(models.TextField())
    flags = ArrayField(models.TextField(), default=list)
    claimants = ArrayField(models.TextField(), default=list)
    sources = ArrayField(models.TextField(), default=list)
    regimes = ArrayField(models.TextField(), default=list)
    minor = models.BooleanField(null=True)
    child_safety = models.BooleanField()
    regime = models.TextField()
    claimed_by_person = models.BooleanField(default=False)
    raised_by_trusted = models.BooleanField(default=False)
    published = models.BooleanField(default=True)
    notices = models.IntegerField(default=1)
    independent = models.IntegerField(default=1)
    same_reporter = models.IntegerField(default=1)
    severity = models.IntegerField()
    reasons = models.JSONField(default=list)
    policy_digest = models.TextField()
    withheld = models.BooleanField(default=False)
    withheld_at = models.DateTimeField(null=True)
    clearances = models.IntegerField(default=0)
    hides_since_clearance = models.IntegerField(default=0)
    new_facts = ArrayField(models.TextField(), default=list)
    on_watch_until = models.DateTimeField(null=True)
    watch_hide_used = models.BooleanField(default=False)
    wave_at = models.DateTimeField(null=True)
    protect_uploader = models.BooleanField(default=False)
    statement_held = models.BooleanField(default=False)
    merged_into = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    matches = models.JSONField(default=list)
    version = models.IntegerField(default=1)

    class Meta:
        db_table = "cases_case"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=STATES), name="cases_case_state"),
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False) | ~Q(state="merged") & Q(merged_into__isnull=True),
                name="cases_case_merged",
            ),
        ]
        indexes = [
            models.Index(fields=["queue_at", "id"], name="cases_case_queue", condition=Q(state__in=UNDECIDED)),
            models.Index(fields=["regime", "queue_at", "id"], name="cases_case_regime", condition=Q(state__in=UNDECIDED)),
            models.Index(fields=["withheld", "queue_at", "id"], name="cases_case_withheld", condition=Q(state__in=UNDECIDED)),
            models.Index(fields=["state", "queue_at", "id"], name="cases_case_passed", condition=Q(state__in=SIGNED)),
            models.Index(
                fields=["queue_at", "id"],
                name="cases_case_danger",
                condition=Q(state__in=UNDECIDED, flags__contains=["imminent"]),
            ),
            models.Index(fields=["wave_at"], name="cases_case_wave", condition=Q(wave_at__isnull=False)),
        ]


class CopySet(models.Model):
    """Items that are the same media or reposts of one another; they share one case.

    `via` is `copy` if only its looks brought it under its case; `searched`: everything hosted was searched for what looks the same.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT)
    via = models.TextField(default="")
    searched = models.BooleanField(default=False)

    class Meta:
        db_table = "cases_copyset"
        indexes = [
            models.Index(fields=["id"], name="cases_copyset_search", condition=Q(case__isnull=False, searched=False, via=""))
        ]


class Account(models.Model):
    """Who uploaded, as the platform knows them. A mark is a house measure and ends by itself."""

    id = models.UUIDField(primary_key=True)
    platform_id = models.UUIDField()
    external_id = models.TextField()
    handle = models.TextField(default="")
    url = models.TextField(default="")
    minor = models.BooleanField(default=False)
    marked_at = models.DateTimeField(null=True)
    marked_until = models.DateTimeField(null=True)
    marked_by_case = models.UUIDField(null=True)

    class Meta:
        db_table = "cases_account"
        constraints = [models.UniqueConstraint(fields=["platform_id", "external_id"], name="cases_account_name")]


class Item(models.Model):
    """One piece of content. Until its platform registers it, it is only an address that somebody gave (`registered` false)."""

    id = models.UUIDField(primary_key=True)
    platform_id = models.UUIDField(null=True)
    external_id = models.TextField(null=True)
    registered = models.BooleanField()
    kind = models.TextField(default="")
    url = models.TextField(default="")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT)
    posted_at = models.DateTimeField(null=True)
    repost_of = models.TextField(default="")
    private = models.BooleanField(default=False)
    countries = ArrayField(models.TextField(), default=list)
    copyset = models.ForeignKey(CopySet, on_delete=models.PROTECT, db_index=False)
    media_digest = models.BinaryField(default=b"")
    views = models.BigIntegerField(default=0)
    reposts = models.BigIntegerField(default=0)
    spread_at = models.DateTimeField(null=True)
    views_per_hour = models.FloatField(default=0)
    baseline = models.TextField(default="")
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "cases_item"
        constraints = [models.UniqueConstraint(fields=["platform_id", "external_id"], name="cases_item_name")]
        indexes = [models.Index(fields=["copyset"], name="cases_item_copyset")]


class Media(models.Model):
    """One file of an item and the hashes that its platform gave.

    `hashing` is whether the desk hashes it itself: empty (no need), `waiting`, `private` (not looked at), `hashed`, `unfit` (nothing in
    it that can be hashed, or nobody is shown it) or `given_up`, and `hashing_why` in a word; `hashing_for` its platform; `hashing_at`
    when it is tried next, or until when somebody tries it now.
    """

    id = models.UUIDField(primary_key=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, db_index=False)
    external_id = models.TextField()
    url = models.TextField(default="")
    sha256 = models.BinaryField(null=True)
    md5 = models.BinaryField(null=True)
    hashes = models.JSONField(default=list)
    hashing = models.TextField(default="")
    hashing_for = models.UUIDField(null=True)
    hashing_at = models.DateTimeField(null=True)
    hashing_tries = models.SmallIntegerField(default=0)
    hashing_why = models.TextField(default="")

    class Meta:
        db_table = "cases_media"
        constraints = [
            models.UniqueConstraint(fields=["item", "external_id"], name="cases_media_name"),
            models.CheckConstraint(condition=Q(hashing="") | Q(hashing__in=HASHING), name="cases_media_state"),
        ]
        indexes = [
            models.Index(fields=["sha256"], name="cases_media_sha256", condition=Q(sha256__isnull=False)),
            models.Index(
                fields=["hashing_for", "hashing", "hashing_at"], name="cases_media_hashing", condition=Q(hashing__in=UNHASHED)
            ),
        ]


class Print(models.Model):
    """What one file of an item looks like. The number is the index's name for it; another look gets another number."""

    number = models.BigIntegerField(primary_key=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, db_index=False)
    media = models.TextField()
    digest = models.BinaryField()
    sha256 = models.BinaryField(null=True)
    md5 = models.BinaryField(null=True)
    pdq = models.BinaryField(null=True)
    quality = models.SmallIntegerField(default=0)
    mode = models.TextField(default="given")
    turned = models.BinaryField(default=b"")
    frames = models.BinaryField(default=b"")

    class Meta:
        db_table = "cases_print"
        constraints = [models.UniqueConstraint(fields=["item", "media"], name="cases_print_one")]


class PastBytes(models.Model):
    """A file that an item once had, while a decision stood against it: a later copy of it is still a copy."""

    id = models.UUIDField(primary_key=True)
    sha256 = models.BinaryField()
    copyset = models.ForeignKey(CopySet, on_delete=models.PROTECT, db_index=False)

    class Meta:
        db_table = "cases_past_bytes"
        indexes = [
            models.Index(fields=["sha256"], name="cases_past_bytes_sha256"),
            models.Index(fields=["copyset"], name="cases_past_bytes_copyset"),
        ]


class Address(models.Model):
    """A normalised address under which an item or one of its files is known."""

    key = models.BinaryField(primary_key=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE)

    class Meta:
        db_table = "cases_address"


class Spread(models.Model):
    """Views and reposts of an item at a moment, as the platform counted them."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, db_index=False)
    at = models.DateTimeField()
    views = models.BigIntegerField()
    reposts = models.BigIntegerField()

    class Meta:
        db_table = "cases_spread"
        constraints = [models.UniqueConstraint(fields=["item", "at"], name="cases_spread_moment")]


class Reporter(models.Model):
    """How often one reporter (an opaque name) was heard on one case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, db_index=False)
    reporter = models.TextField()
    notices = models.IntegerField()

    class Meta:
        db_table = "cases_reporter"
        constraints = [models.UniqueConstraint(fields=["case", "reporter"], name="cases_reporter_once")]


class Clock(models.Model):
    """A stored due time with a deed. `wake_at` is the next step (a warning or the deed), `due_at` the last."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE)
    name = models.TextField()
    subject_id = models.UUIDField(null=True)
    state = models.TextField(default="armed")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    wake_at = models.DateTimeField()
    steps = models.JSONField()
    step = models.IntegerField(default=0)
    statutory = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "cases_clock"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["armed", "fired", "stopped"]), name="cases_clock_state"),
            models.UniqueConstraint(
                fields=["case", "name", "subject_id"], name="cases_clock_one", condition=Q(state="armed"), nulls_distinct=False
            ),
        ]
        indexes = [
            models.Index(fields=["wake_at"], name="cases_clock_wake", condition=Q(state="armed")),
            models.Index(fields=["due_at"], name="cases_clock_due", condition=Q(state="armed")),
        ]


class Match(models.Model):
    """A file of an item near an entry of a bank, as it was found; kept for whoever judges and whoever asks why."""

    id = models.UUIDField(primary_key=True)
    case_id = models.UUIDField()
    item_id = models.UUIDField(null=True)
    print = models.BigIntegerField(null=True)
    bank = models.TextField()
    entry = models.BigIntegerField()
    opinion = models.TextField()
    type = models.TextField()
    distance = models.SmallIntegerField()
    quality = models.SmallIntegerField()
    child = models.BooleanField(null=True)
    wide = models.BooleanField(default=False)
    how = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "cases_match"
        constraints = [
            models.UniqueConstraint(fields=["case_id", "print", "entry", "type"], name="cases_match_once", nulls_distinct=False)
        ]


class Scan(models.Model):
    """How far the search for copies has come: everything visible at `seen`, and of what came until `upto` all up to `position`."""

    name = models.TextField(primary_key=True)
    seen = models.TextField()
    upto = models.TextField(default="")
    position = models.BigIntegerField(default=0)

    class Meta:
        db_table = "cases_scan"
