"""One index for each question: what another index begins with is no index of its own, and every notice is cheaper by it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_one_index_each"),
        ("decisions", "0004_leases"),
    ]

    operations = [
        migrations.AlterField(
            model_name="appeal",
            name="case",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case"),
        ),
        migrations.AlterField(
            model_name="decision",
            name="case",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case"),
        ),
        migrations.AlterField(
            model_name="statement",
            name="case",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case"),
        ),
    ]
