"""Recovery codes of people."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_visits")]

    operations = [
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("code_hash", models.BinaryField()),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="ledger.person")),
            ],
            options={"db_table": "ledger_recovery_code"},
        ),
    ]
