"""From a text to the notice that says it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_follows"), ("ledger", "0007_words")]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("text_id__isnull", False)), fields=["text_id"], name="notices_notice_text"),
        ),
    ]
