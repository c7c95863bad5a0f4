"""One index for each question: what another index begins with is no index of its own, and every notice is cheaper by it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0008_one_index_each"),
        ("ledger", "0007_words"),
        ("notices", "0004_texts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="handling",
            name="case",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="cases.case"),
        ),
        migrations.AlterField(
            model_name="handling",
            name="notice",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="notices.notice"),
        ),
        migrations.AlterField(
            model_name="notice",
            name="follows",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="notices.notice"),
        ),
        migrations.AlterField(
            model_name="notice",
            name="program",
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="ledger.program"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("follows__isnull", False)), fields=["follows"], name="notices_notice_follows"),
        ),
    ]
