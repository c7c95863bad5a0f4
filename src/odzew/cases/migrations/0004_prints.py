"""What files look like, and what they matched."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_past_bytes")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE cases_print_number", "DROP SEQUENCE cases_print_number"),
        migrations.AddField(model_name="case", name="matches", field=models.JSONField(default=list)),
        migrations.AddField(model_name="copyset", name="via", field=models.TextField(default="")),
        migrations.AddField(model_name="copyset", name="searched", field=models.BooleanField(default=False)),
        migrations.AddIndex(
            model_name="copyset",
            index=models.Index(
                condition=models.Q(("case__isnull", False), ("searched", False), ("via", "")),
                fields=["id"],
                name="cases_copyset_search",
            ),
        ),
        migrations.CreateModel(
            name="Print",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("media", models.TextField()),
                ("digest", models.BinaryField()),
                ("sha256", models.BinaryField(null=True)),
                ("md5", models.BinaryField(null=True)),
                ("pdq", models.BinaryField(null=True)),
                ("quality", models.SmallIntegerField(default=0)),
                ("mode", models.TextField(default="given")),
                ("turned", models.BinaryField(default=b"")),
                ("frames", models.BinaryField(default=b"")),
                ("item", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="cases.item")),
            ],
            options={
                "db_table": "cases_print",
                "constraints": [models.UniqueConstraint(fields=["item", "media"], name="cases_print_one")],
            },
        ),
        migrations.CreateModel(
            name="Match",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("case_id", models.UUIDField()),
                ("item_id", models.UUIDField(null=True)),
                ("print", models.BigIntegerField(null=True)),
                ("bank", models.TextField()),
                ("entry", models.BigIntegerField()),
                ("opinion", models.TextField()),
                ("type", models.TextField()),
                ("distance", models.SmallIntegerField()),
                ("quality", models.SmallIntegerField()),
                ("child", models.BooleanField(null=True)),
                ("wide", models.BooleanField(default=False)),
                ("how", models.TextField(default="")),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "cases_match",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["case_id", "print", "entry", "type"], name="cases_match_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Scan",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("seen", models.TextField()),
                ("upto", models.TextField(default="")),
                ("position", models.BigIntegerField(default=0)),
            ],
            options={"db_table": "cases_scan"},
        ),
    ]
