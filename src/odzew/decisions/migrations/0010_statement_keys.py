"""What the code of a statement is found by, on the page of whoever was limited."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0009_appeal_words")]

    operations = [
        migrations.CreateModel(
            name="StatementKey",
            fields=[
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="decisions.statement",
                    ),
                ),
                ("lookup", models.BinaryField(unique=True)),
                ("at", models.DateTimeField()),
            ],
            options={"db_table": "decisions_statement_key"},
        ),
    ]
