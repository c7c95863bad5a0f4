"""Words of reporters end: when they did, and what keeps them longer."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("notices", "0009_one_index_each_again"), ("cases", "0008_one_index_each"), ("ledger", "0015_saved_views")]

    operations = [
        migrations.AddField(model_name="handling", name="erased_at", field=models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="handling",
            index=models.Index(
                fields=["ended_at"], name="notices_handling_words", condition=Q(ended_at__isnull=False, erased_at__isnull=True)
            ),
        ),
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("case", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case")),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.person"
                    ),
                ),
                ("reason_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("until_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "notices_hold",
                "indexes": [models.Index(fields=["case"], name="notices_hold_running", condition=Q(ended_at__isnull=True))],
            },
        ),
    ]
