"""What the queue's filters ask stays quick when it is long."""

from django.db import migrations, models

UNDECIDED = ["open", "awaiting_second", "disputed", "specialist"]
SIGNED = ["awaiting_second", "disputed", "specialist"]


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_unhashed")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state__in", tuple(UNDECIDED))), fields=["regime", "queue_at", "id"], name="cases_case_regime"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state__in", tuple(UNDECIDED))),
                fields=["withheld", "queue_at", "id"],
                name="cases_case_withheld",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("state__in", tuple(SIGNED))), fields=["state", "queue_at", "id"], name="cases_case_passed"
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("flags__contains", ["imminent"]), ("state__in", tuple(UNDECIDED))),
                fields=["queue_at", "id"],
                name="cases_case_danger",
            ),
        ),
        migrations.AddIndex(
            model_name="clock",
            index=models.Index(condition=models.Q(("state", "armed")), fields=["due_at"], name="cases_clock_due"),
        ),
    ]
