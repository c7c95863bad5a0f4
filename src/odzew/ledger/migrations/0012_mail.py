"""The operator may say which mail address a trusted program writes from, and from when on that counts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_passkeys")]

    operations = [
        migrations.AddField(model_name="program", name="mail_address", field=models.TextField(null=True, unique=True)),
        migrations.AddField(model_name="program", name="mail_from", field=models.DateTimeField(null=True)),
    ]
