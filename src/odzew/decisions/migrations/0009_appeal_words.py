"""What is added to an appeal is read with it, and its words end."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("decisions", "0005_one_index_each")]

    operations = [
        migrations.AddField(
            model_name="appeal",
            name="added",
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), db_default=[], default=list, size=None),
        ),
        migrations.AddField(model_name="appeal", name="erased_at", field=models.DateTimeField(null=True)),
    ]
