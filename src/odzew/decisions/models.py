"""Tables of the room; private to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Decision(models.Model):
    """Who decided what, on which ground, why. Never changed; `final_at` is set once, when the case follows it.

    `outside`: it is an opinion, by a person outside the desk or by the program of the source that raised the case.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    round = models.IntegerField()
    person = models.ForeignKey("ledger.Person", null=True, on_delete=models.PROTECT)
    program = models.ForeignKey("ledger.Program", null=True, on_delete=models.PROTECT)
    outside = models.BooleanField(default=False)
    outcome = models.TextField()
    ground = models.TextField()
    reason_id = models.UUIDField()
    referral = models.JSONField()
    at = models.DateTimeField()
    policy_digest = models.TextField()
    state = models.TextField()
    final_at = models.DateTimeField(null=True)
    decides_appeal = models.UUIDField(null=True)

    class Meta:
        db_table = "decisions_decision"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["remove", "keep_withheld", "no_violation", "cannot_judge", "not_found"]),
                name="decisions_decision_outcome",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["awaiting_second", "final", "disputed", "passed_on", "overruled", "lapsed"]),
                name="decisions_decision_state",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, program__isnull=True)
                | Q(person__isnull=True, program__isnull=False, outside=True),
                name="decisions_decision_author",
            ),
        ]
        indexes = [models.Index(fields=["case", "round"], name="decisions_decision_case")]


class Ask(models.Model):
    """Somebody outside the desk is asked for an opinion on a case in one round; `round` 0: the case became part of another."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT)
    round = models.IntegerField()
    at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        db_table = "decisions_ask"
        constraints = [models.UniqueConstraint(fields=["case", "round"], condition=Q(round__gt=0), name="decisions_ask_once")]


class Appeal(models.Model):
    """A complaint against a decision, by a reporter or by the uploader (DSA art. 20).

    `added`: what its author wrote later, while it was open. `erased_at`: when these words were erased.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    by = models.TextField()
    notice_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    text_id = models.UUIDField()
    at = models.DateTimeField()
    against_round = models.IntegerField()
    state = models.TextField(default="open")
    decided_at = models.DateTimeField(null=True)
    added = ArrayField(models.UUIDField(), default=list, db_default=[])
    erased_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "decisions_appeal"
        constraints = [
            models.CheckConstraint(condition=Q(by__in=["reporter", "uploader"]), name="decisions_appeal_by"),
            models.CheckConstraint(condition=Q(state__in=["open", "upheld", "rejected"]), name="decisions_appeal_state"),
        ]
        indexes = [
            models.Index(fields=["case"], name="decisions_appeal_case"),
            models.Index(fields=["case"], name="decisions_appeal_open", condition=Q(state="open")),
        ]


class Statement(models.Model):
    """What the uploader is told (DSA art. 17). `held`: the full text waits for the safety officer."""

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    account_id = models.UUIDField()
    item_id = models.UUIDField(null=True)
    form = models.TextField()
    text = models.TextField()
    language = models.TextField()
    at = models.DateTimeField()
    state = models.TextField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "decisions_statement"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["sent", "held", "delivered"]), name="decisions_statement_state"),
            models.CheckConstraint(condition=Q(form__in=["neutral", "full", "restored"]), name="decisions_statement_form"),
        ]
        indexes = [models.Index(fields=["case"], name="decisions_statement_case")]


class StatementKey(models.Model):
    """What the code of a statement is found by; made when it leaves for its platform, so that nothing is added to the way of a notice."""

    statement = models.OneToOneField(Statement, primary_key=True, on_delete=models.PROTECT)
    lookup = models.BinaryField(unique=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "decisions_statement_key"


class Double(models.Model):
    """A final decision that was drawn for a second look by somebody else, who did not know the first answer.

    `outcome`, `ground` and `hidden` (was the case hidden before?) are of the first; `queue` is the case's regime then. It waits while the
    case is decided in its `round`; past that it is none, and nothing has to sweep it.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    round = models.IntegerField()
    decision = models.OneToOneField(Decision, on_delete=models.PROTECT)
    queue = models.TextField()
    outcome = models.TextField()
    ground = models.TextField()
    hidden = models.BooleanField()
    at = models.DateTimeField()
    state = models.TextField(default="waiting")
    second = models.ForeignKey("ledger.Person", null=True, on_delete=models.PROTECT)
    second_outcome = models.TextField(default="")
    second_ground = models.TextField(default="")
    reason_id = models.UUIDField(null=True)
    given_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("ledger.Person", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        db_table = "decisions_double"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "nobody", "agreed", "unsure", "worse", "differs", "kept", "reopened"]),
                name="decisions_double_state",
            ),
            models.CheckConstraint(
                condition=Q(given_at__isnull=True, second__isnull=True, state__in=["waiting", "nobody"])
                | Q(
                    given_at__isnull=False,
                    second__isnull=False,
                    state__in=["agreed", "unsure", "worse", "differs", "kept", "reopened"],
                ),
                name="decisions_double_given",
            ),
        ]
        indexes = [
            models.Index(fields=["case"], name="decisions_double_case"),
            models.Index(fields=["at"], condition=Q(state="waiting"), name="decisions_double_waiting"),
            models.Index(fields=["given_at"], condition=Q(state="differs"), name="decisions_double_differs"),
        ]


class Lease(models.Model):
    """One round of one case, in one person's hands until a time. It stops nobody from deciding; it keeps two from doing the same work.

    A lease past `until_at`, of a round that is over, or of a case that is decided is none: nothing has to sweep it. `how` says how it
    ended, when that is known; `expired` is written when the next one is given out. With `double` it is a drawn decision that is in hand.
    """

    id = models.UUIDField(primary_key=True)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, db_index=False)
    round = models.IntegerField()
    person = models.ForeignKey("ledger.Person", on_delete=models.PROTECT, db_index=False)
    at = models.DateTimeField()
    until_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    how = models.TextField(default="")
    double = models.ForeignKey(Double, null=True, on_delete=models.PROTECT, db_index=False)

    class Meta:
        db_table = "decisions_lease"
        constraints = [
            models.CheckConstraint(
                condition=Q(how="", ended_at__isnull=True)
                | Q(how__in=["decided", "given_back", "expired"], ended_at__isnull=False),
                name="decisions_lease_how",
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at__isnull=True), name="decisions_lease_one_a_case"),
            models.UniqueConstraint(fields=["person"], condition=Q(ended_at__isnull=True), name="decisions_lease_one_a_person"),
        ]
        indexes = [
            models.Index(fields=["case", "person"], condition=Q(how="given_back"), name="decisions_lease_given_back"),
            models.Index(fields=["double"], condition=Q(double__isnull=False), name="decisions_lease_double"),
        ]
