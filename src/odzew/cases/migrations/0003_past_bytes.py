"""What the files of an item once were, where a decision stands against them: a later copy is still known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_wave")]

    operations = [
        migrations.CreateModel(
            name="PastBytes",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("sha256", models.BinaryField()),
                ("copyset", models.ForeignKey(on_delete=models.deletion.PROTECT, to="cases.copyset")),
            ],
            options={
                "db_table": "cases_past_bytes",
                "indexes": [
                    models.Index(fields=["sha256"], name="cases_past_bytes_sha256"),
                    models.Index(fields=["copyset"], name="cases_past_bytes_copyset"),
                ],
            },
        ),
    ]
