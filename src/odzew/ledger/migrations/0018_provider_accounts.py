"""People may have an account at a provider of single sign-on."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0017_policy_changes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderAccount",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("account_hash", models.BinaryField(unique=True)),
                ("linked_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("person", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="ledger.person")),
            ],
            options={"db_table": "ledger_provider_account"},
        ),
        migrations.RemoveConstraint(model_name="visit", name="ledger_visit_how"),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(("how__in", ["code", "recovery", "passkey", "provider", "link"])), name="ledger_visit_how"
            ),
        ),
    ]
