"""Tables of the room; private to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Event(models.Model):
    """One act. `data` are the exact canonical bytes; `seq` is given by the sequencer, never by the writer."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    kind = models.TextField()
    actor = models.TextField()
    case_id = models.UUIDField(null=True)
    data = models.BinaryField()
    seq = models.BigIntegerField(null=True)

    class Meta:
        db_table = "ledger_event"
        constraints = [models.UniqueConstraint(fields=["seq"], name="ledger_event_seq", condition=Q(seq__isnull=False))]
        indexes = [
            models.Index(fields=["id"], name="ledger_event_fresh", condition=Q(seq__isnull=True)),
            models.Index(fields=["case_id", "at"], name="ledger_event_case"),
        ]


class Leaf(models.Model):
    """The hash of an event in the tree (RFC 6962), kept beside the event so that a change of the event shows."""

    seq = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_leaf"


class Node(models.Model):
    """The hash of a complete subtree of 256**level leaves."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_node"
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="ledger_node_place")]


class Tree(models.Model):
    """The one row that says how far the tree has grown; locked while it grows."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    size = models.BigIntegerField(default=0)
    frontier = models.BinaryField(default=b"")

    class Meta:
        db_table = "ledger_tree"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_tree_one")]


class Checkpoint(models.Model):
    """A signed statement of the tree's size and root (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        db_table = "ledger_checkpoint"


class PersonalText(models.Model):
    """Words of a person, kept apart so that they can be erased; the record holds only a salted hash of them."""

    id = models.UUIDField(primary_key=True)
    salt = models.BinaryField()
    text = models.TextField()

    class Meta:
        db_table = "ledger_personal_text"


class Platform(models.Model):
    """A service that hosts content: its hosts are the only ones ever probed.

    `hash_hosted`: files that it gives no PDQ for are hashed by the desk; `hash_turn_at`: when the next of them may be fetched;
    `hash_alarm_at`: when an alarm last said that files were given up.
    """

    id = models.UUIDField(primary_key=True)
    name = models.TextField(unique=True)
    hosts = ArrayField(models.TextField())
    private_hosts = ArrayField(models.TextField(), default=list)
    webhook = models.TextField()
    webhook_secret = models.BinaryField()
    created_at = models.DateTimeField()
    hash_hosted = models.BooleanField(default=True)
    hash_turn_at = models.DateTimeField(null=True)
    hash_alarm_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_platform"


class Program(models.Model):
    """A program with an API key; only a hash of the key is kept."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField()
    platform = models.ForeignKey(Platform, null=True, on_delete=models.PROTECT)
    scopes = ArrayField(models.TextField())
    sources = ArrayField(models.TextField())
    key_hash = models.BinaryField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    limit_per_second = models.IntegerField(null=True)
    counts_from = models.DateTimeField(null=True)
    mail_address = models.TextField(null=True, unique=True)
    mail_from = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_program"


class Person(models.Model):
    """A human of the desk. The record knows them by `pseudonym` only."""

    id = models.UUIDField(primary_key=True)
    name = models.TextField(unique=True)
    role = models.TextField()
    pseudonym = models.TextField(unique=True)
    key_hash = models.BinaryField(null=True)
    key_expires_at = models.DateTimeField(null=True)
    sign_in_hash = models.BinaryField(null=True)
    sign_in_expires_at = models.DateTimeField(null=True)
    second_factor = models.BinaryField(null=True)
    second_factor_used = models.BigIntegerField(default=0)
    enrolled_at = models.DateTimeField(null=True)
    counts_from = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    wrong_codes = models.IntegerField(default=0)
    wrong_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_person"
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["reviewer", "lead", "safety_officer", "auditor", "operator", "specialist", "outside"]),
                name="ledger_person_role",
            )
        ]


class Visit(models.Model):
    """A person in one browser, while it lasts; the browser's cookie is kept as its hash. `fresh_at`: their last second factor."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    secret_hash = models.BinaryField(unique=True)
    browser = models.BinaryField()
    how = models.TextField()
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    fresh_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_visit"
        constraints = [
            models.CheckConstraint(
                condition=Q(how__in=["code", "recovery", "passkey", "provider", "link"]), name="ledger_visit_how"
            )
        ]


class RecoveryCode(models.Model):
    """A code for whoever lost their authenticator, as a keyed hash; it is gone once it was used."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    code_hash = models.BinaryField()

    class Meta:
        db_table = "ledger_recovery_code"


class Passkey(models.Model):
    """A person's passkey: its public key (`credential`), and the name they gave it."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    credential_id = models.BinaryField(unique=True)
    credential = models.BinaryField()
    counter = models.BigIntegerField(default=0)
    name = models.TextField()
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_passkey"


class ProviderAccount(models.Model):
    """A person's account at the provider of single sign-on, as a keyed hash of issuer and subject; unused until `until`, it opens nothing."""

    id = models.UUIDField(primary_key=True)
    person = models.OneToOneField(Person, on_delete=models.CASCADE)
    account_hash = models.BinaryField(unique=True)
    linked_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "ledger_provider_account"


class Spent(models.Model):
    """A challenge that was answered; it is refused a second time, and forgotten when it is too old to be answered at all."""

    hash = models.BinaryField(primary_key=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "ledger_spent"


class SavedView(models.Model):
    """What a person likes to see of the queue: a filter under their own name for it, perhaps shared with the desk."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False)
    name = models.TextField()
    query = models.TextField()
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_saved_view"
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="ledger_saved_view_name")]


class PolicyVersion(models.Model):
    """A policy that was in force, whole; decisions name it by its digest."""

    digest = models.TextField(primary_key=True)
    version = models.IntegerField()
    name = models.TextField()
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_policy_version"


class PolicyChange(models.Model):
    """A change of the policy from its first draft to its end; at most one is open. `base` was in force when it was written.

    `due_at`: when it comes into force by itself, because a desk of one signed it. `preview`: what would change on past cases;
    `preview_state` says how far that is.
    """

    id = models.UUIDField(primary_key=True)
    state = models.TextField(default="draft")
    base = models.TextField()
    digest = models.TextField()
    version = models.IntegerField()
    name = models.TextField()
    text = models.TextField()
    author = models.TextField()
    changed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    preview_state = models.TextField(default="wanted")
    preview = models.JSONField(null=True)
    one = models.SmallIntegerField(default=1)

    class Meta:
        db_table = "ledger_policy_change"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "proposed", "withdrawn", "in_force"]), name="ledger_policy_change_state"
            ),
            models.CheckConstraint(
                condition=Q(preview_state__in=["wanted", "made", "failed"]), name="ledger_policy_change_preview"
            ),
            models.UniqueConstraint(fields=["one"], condition=Q(ended_at__isnull=True), name="ledger_policy_change_open"),
        ]


class PolicySignature(models.Model):
    """One person's signature under a change of the policy, word for word as it was (`digest`)."""

    id = models.UUIDField(primary_key=True)
    change = models.ForeignKey(PolicyChange, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    digest = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "ledger_policy_signature"
        constraints = [models.UniqueConstraint(fields=["change", "person"], name="ledger_policy_signature_once")]


class Delivery(models.Model):
    """The outbox: something that must leave the house. It is tried until it is delivered or refused for good."""

    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    subject_id = models.UUIDField()
    case_id = models.UUIDField(null=True)
    platform_id = models.UUIDField(null=True)
    order_key = models.TextField(default="")
    payload = models.JSONField()
    state = models.TextField(default="waiting")
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "ledger_delivery"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "delivered", "refused", "superseded"]), name="ledger_delivery_state"
            )
        ]
        indexes = [
            models.Index(fields=["next_at"], name="ledger_delivery_due", condition=Q(state="waiting")),
            models.Index(fields=["subject_id"], name="ledger_delivery_subject"),
            # What a delivery waits for, and whether an outsider holds a checkpoint: asked all the time, never of the whole past.
            models.Index(
                fields=["order_key", "id"],
                name="ledger_delivery_before",
                condition=~Q(order_key="") & (Q(state="waiting") | Q(state="superseded", lease_until__isnull=False)),
            ),
            models.Index(fields=["created_at"], name="ledger_delivery_witness", condition=Q(kind="witness")),
        ]


class Attempt(models.Model):
    """One try of a delivery: written before it is made, finished after."""

    id = models.UUIDField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    status = models.IntegerField(null=True)
    error = models.TextField(default="")

    class Meta:
        db_table = "ledger_attempt"
