"""Since when a case belongs to a wave of claims that the breaker slowed down."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_start")]

    operations = [
        migrations.AddField(model_name="case", name="wave_at", field=models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["wave_at"], name="cases_case_wave", condition=models.Q(wave_at__isnull=False)),
        ),
    ]
