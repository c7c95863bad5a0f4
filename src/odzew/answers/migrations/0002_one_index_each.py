"""One index for each question: what another index begins with is no index of its own, and every notice is cheaper by it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("answers", "0001_start"),
        ("notices", "0004_texts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="answer",
            name="notice",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="notices.notice"),
        ),
    ]
