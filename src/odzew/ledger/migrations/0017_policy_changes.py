"""Changes of the policy on their way, and who signed them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0015_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyChange",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("state", models.TextField(default="draft")),
                ("base", models.TextField()),
                ("digest", models.TextField()),
                ("version", models.IntegerField()),
                ("name", models.TextField()),
                ("text", models.TextField()),
                ("author", models.TextField()),
                ("changed_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("preview_state", models.TextField(default="wanted")),
                ("preview", models.JSONField(null=True)),
                ("one", models.SmallIntegerField(default=1)),
            ],
            options={
                "db_table": "ledger_policy_change",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["draft", "proposed", "withdrawn", "in_force"])),
                        name="ledger_policy_change_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("preview_state__in", ["wanted", "made", "failed"])), name="ledger_policy_change_preview"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("one",), name="ledger_policy_change_open"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicySignature",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("digest", models.TextField()),
                ("at", models.DateTimeField()),
                ("change", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="ledger.policychange")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="ledger.person")),
            ],
            options={
                "db_table": "ledger_policy_signature",
                "constraints": [models.UniqueConstraint(fields=("change", "person"), name="ledger_policy_signature_once")],
            },
        ),
    ]
