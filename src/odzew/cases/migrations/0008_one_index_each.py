"""One index for each question: what another index begins with is no index of its own, and every notice is cheaper by it.

The short form of a case's number has none either: its figures are random, so that every new case touched a page of the index that no
other did. Whoever looks for one waits for the ids to be read through, a fraction of a second in a million cases.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_short_number"),
    ]

    operations = [
        migrations.RunSQL("DROP INDEX cases_case_short", "CREATE INDEX cases_case_short ON cases_case (right(id::text, 12))"),
        migrations.AlterField(
            model_name="item",
            name="copyset",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.copyset"),
        ),
        migrations.AlterField(
            model_name="media",
            name="item",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="cases.item"),
        ),
        migrations.AlterField(
            model_name="pastbytes",
            name="copyset",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.copyset"),
        ),
        migrations.AlterField(
            model_name="print",
            name="item",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="cases.item"),
        ),
        migrations.AlterField(
            model_name="reporter",
            name="case",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="cases.case"),
        ),
        migrations.AlterField(
            model_name="spread",
            name="item",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="cases.item"),
        ),
    ]
