"""Visits of people, which can be ended one by one; wrong codes are counted by person."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_words")]

    operations = [
        migrations.AddField(model_name="person", name="wrong_codes", field=models.IntegerField(default=0)),
        migrations.AddField(model_name="person", name="wrong_at", field=models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("secret_hash", models.BinaryField(unique=True)),
                ("browser", models.BinaryField()),
                ("how", models.TextField()),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("fresh_at", models.DateTimeField(null=True)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="ledger.person")),
            ],
            options={"db_table": "ledger_visit"},
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(("how__in", ["code", "recovery", "passkey", "provider", "link"])), name="ledger_visit_how"
            ),
        ),
    ]
