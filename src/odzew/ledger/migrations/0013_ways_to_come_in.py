"""A visit begins in the ways that there are; single sign-on is none of them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0012_mail"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="visit",
            name="ledger_visit_how",
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(("how__in", ["code", "recovery", "passkey", "link"])), name="ledger_visit_how"
            ),
        ),
    ]
