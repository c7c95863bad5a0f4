"""Who has which case in hand; the appeals that are open."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0003_opinions"), ("ledger", "0005_outside"), ("cases", "0001_start")]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("round", models.IntegerField()),
                ("at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("how", models.TextField(default="")),
                ("case", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case")),
                ("person", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.person")),
            ],
            options={
                "db_table": "decisions_lease",
                "indexes": [
                    models.Index(
                        condition=models.Q(("how", "given_back")), fields=["case", "person"], name="decisions_lease_given_back"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("how", "")),
                            models.Q(("ended_at__isnull", False), ("how__in", ["decided", "given_back", "expired"])),
                            _connector="OR",
                        ),
                        name="decisions_lease_how",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("case",), name="decisions_lease_one_a_case"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)), fields=("person",), name="decisions_lease_one_a_person"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(condition=models.Q(("state", "open")), fields=["case"], name="decisions_appeal_open"),
        ),
    ]
