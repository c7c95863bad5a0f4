"""Whether a platform's files are hashed by the desk, and at what pace."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_outside")]

    operations = [
        migrations.AddField(model_name="platform", name="hash_hosted", field=models.BooleanField(default=True)),
        migrations.AddField(model_name="platform", name="hash_turn_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="platform", name="hash_alarm_at", field=models.DateTimeField(null=True)),
    ]
