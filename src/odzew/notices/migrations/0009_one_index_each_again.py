"""What another index begins with is no index of its own: here, the notice that was signed for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0008_mail"),
    ]

    operations = [
        migrations.AlterField(
            model_name="formalrequest",
            name="notice",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="notices.notice"),
        ),
    ]
