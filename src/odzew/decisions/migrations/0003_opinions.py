"""Opinions from outside the desk, and what was asked for them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0002_lapsed"), ("ledger", "0005_outside"), ("cases", "0001_start")]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="person",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="ledger.person"),
        ),
        migrations.AddField(
            model_name="decision",
            name="program",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="ledger.program"),
        ),
        migrations.AddField(model_name="decision", name="outside", field=models.BooleanField(default=False)),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(person__isnull=False, program__isnull=True)
                | models.Q(person__isnull=True, program__isnull=False, outside=True),
                name="decisions_decision_author",
            ),
        ),
        migrations.CreateModel(
            name="Ask",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("round", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("case", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="cases.case")),
            ],
            options={
                "db_table": "decisions_ask",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("round__gt", 0)), fields=("case", "round"), name="decisions_ask_once"
                    )
                ],
            },
        ),
    ]
