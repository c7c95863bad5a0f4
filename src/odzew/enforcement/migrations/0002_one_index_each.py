"""One index for each question: what another index begins with is no index of its own, and every notice is cheaper by it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_one_index_each"),
        ("enforcement", "0001_start"),
    ]

    operations = [
        migrations.AlterField(
            model_name="measure",
            name="case",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case"),
        ),
        migrations.AlterField(
            model_name="measure",
            name="item",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="cases.item"),
        ),
        migrations.AlterField(
            model_name="probe",
            name="measure",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="enforcement.measure"),
        ),
    ]
