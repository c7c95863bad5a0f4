"""A vote may lapse: what it was about is not what the case covers now."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0001_start")]

    operations = [
        migrations.RemoveConstraint(model_name="decision", name="decisions_decision_state"),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(state__in=["awaiting_second", "final", "disputed", "passed_on", "overruled", "lapsed"]),
                name="decisions_decision_state",
            ),
        ),
    ]
