"""Reporters who gave an address are written to; a mailbox knows when it was last read whole."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0007_messages")]

    operations = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "notice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to="notices.notice"
                    ),
                ),
                ("who", models.TextField()),
                ("sealed", models.BinaryField()),
                ("at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "notices_contact"},
        ),
        migrations.AddIndex(model_name="contact", index=models.Index(fields=["who", "at"], name="notices_contact_who")),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("whole_at", models.DateTimeField()),
            ],
            options={"db_table": "notices_mailbox"},
        ),
    ]
