"""Tables of the room; private to it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Answer(models.Model):
    """What a reporter was told, with the facts it rests on; never changed but for the moment of its delivery."""

    id = models.UUIDField(primary_key=True)
    notice = models.ForeignKey("notices.Notice", on_delete=models.PROTECT, db_index=False)
    case_id = models.UUIDField()
    kind = models.TextField()
    at = models.DateTimeField()
    language = models.TextField()
    clauses = models.JSONField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "answers_answer"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["receipt", "hidden", "removed", "not_removed", "not_found", "update"]),
                name="answers_answer_kind",
            )
        ]
        indexes = [models.Index(fields=["notice", "at"], name="answers_answer_notice")]
