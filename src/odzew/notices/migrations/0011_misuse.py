"""Who was warned for unfounded reports, and weighs less for a time."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("notices", "0010_holds"), ("ledger", "0018_provider_accounts")]

    operations = [
        migrations.CreateModel(
            name="Misuse",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("reporter", models.TextField()),
                ("notice", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="notices.notice")),
                ("warned_at", models.DateTimeField()),
                (
                    "warned_by",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.person"
                    ),
                ),
                ("reason_id", models.UUIDField()),
                ("asked_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.person"
                    ),
                ),
                ("until_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "notices_misuse",
                "constraints": [
                    models.UniqueConstraint(condition=Q(ended_at__isnull=True), fields=("reporter",), name="notices_misuse_one")
                ],
            },
        ),
    ]
