"""A reporter may add to what they reported: the later notice names the first, and one code opens both."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_as_received")]

    operations = [
        migrations.AddField(
            model_name="notice",
            name="follows",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="notices.notice"),
        ),
    ]
