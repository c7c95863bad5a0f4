"""Tables of the room; private to it."""

from __future__ import annotations

from django.db import models


class Alarm(models.Model):
    """Something a person must know now. It holds a code and numbers, never content, names or addresses."""

    id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    code = models.TextField()
    case_id = models.UUIDField(null=True)
    facts = models.JSONField(default=dict)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alarms_alarm"
        indexes = [models.Index(fields=["-at"], name="alarms_alarm_recent")]
