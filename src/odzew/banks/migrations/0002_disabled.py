"""An entry can be disabled for a time."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("banks", "0001_start")]

    operations = [
        migrations.AddField(model_name="entry", name="disabled_until", field=models.DateTimeField(null=True)),
    ]
