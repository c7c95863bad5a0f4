"""People and programs outside the desk may give an opinion; it counts from a day after their enrolment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_delivery_indexes")]

    operations = [
        migrations.AddField(model_name="program", name="counts_from", field=models.DateTimeField(null=True)),
        migrations.RemoveConstraint(model_name="person", name="ledger_person_role"),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(role__in=["reviewer", "lead", "safety_officer", "auditor", "operator", "specialist", "outside"]),
                name="ledger_person_role",
            ),
        ),
    ]
