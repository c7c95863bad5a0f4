"""Decisions that were drawn for a second, blind look; a lease may be on one."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_one_index_each"),
        ("ledger", "0013_ways_to_come_in"),
        ("decisions", "0010_statement_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="Double",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("round", models.IntegerField()),
                ("queue", models.TextField()),
                ("outcome", models.TextField()),
                ("ground", models.TextField()),
                ("hidden", models.BooleanField()),
                ("at", models.DateTimeField()),
                ("state", models.TextField(default="waiting")),
                ("second_outcome", models.TextField(default="")),
                ("second_ground", models.TextField(default="")),
                ("reason_id", models.UUIDField(null=True)),
                ("given_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case"),
                ),
                (
                    "decision",
                    models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, to="decisions.decision"),
                ),
                (
                    "second",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="ledger.person"),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.person"
                    ),
                ),
            ],
            options={
                "db_table": "decisions_double",
                "indexes": [
                    models.Index(fields=["case"], name="decisions_double_case"),
                    models.Index(condition=models.Q(("state", "waiting")), fields=["at"], name="decisions_double_waiting"),
                    models.Index(condition=models.Q(("state", "differs")), fields=["given_at"], name="decisions_double_differs"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["waiting", "nobody", "agreed", "unsure", "worse", "differs", "kept", "reopened"])
                        ),
                        name="decisions_double_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("given_at__isnull", True), ("second__isnull", True), ("state__in", ["waiting", "nobody"])
                        )
                        | models.Q(
                            ("given_at__isnull", False),
                            ("second__isnull", False),
                            ("state__in", ["agreed", "unsure", "worse", "differs", "kept", "reopened"]),
                        ),
                        name="decisions_double_given",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="lease",
            name="double",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="decisions.double"),
        ),
        migrations.AddIndex(
            model_name="lease",
            index=models.Index(condition=models.Q(("double__isnull", False)), fields=["double"], name="decisions_lease_double"),
        ),
    ]
