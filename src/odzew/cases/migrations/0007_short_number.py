"""A case is found by the short form of its number, as the pages show it."""

from django.db import migrations

_INDEX = "CREATE INDEX cases_case_short ON cases_case (right(id::text, 12))"


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_filters")]

    operations = [migrations.RunSQL(_INDEX, "DROP INDEX cases_case_short")]
