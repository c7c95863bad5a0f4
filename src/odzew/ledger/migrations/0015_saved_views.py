"""What people like to see of the queue, under names of their own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0013_ways_to_come_in")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("query", models.TextField()),
                ("shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("person", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="ledger.person")),
            ],
            options={
                "db_table": "ledger_saved_view",
                "constraints": [models.UniqueConstraint(fields=("person", "name"), name="ledger_saved_view_name")],
            },
        ),
    ]
