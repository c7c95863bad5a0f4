"""A reporter may sign a formal request under a law after the notice has come; what they signed is never edited.

TRUNCATE is refused unless the session says `odzew.may_empty = on`, as the connections of the tests do.
"""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON notices_formal_request FOR EACH ROW EXECUTE FUNCTION odzew_append_only();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON notices_formal_request FOR EACH STATEMENT
  WHEN (current_setting('odzew.may_empty', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION odzew_append_only()
"""

DROP = """
DROP TRIGGER append_only_row ON notices_formal_request;
DROP TRIGGER append_only_truncate ON notices_formal_request
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0005_one_index_each"), ("ledger", "0007_words")]

    operations = [
        migrations.CreateModel(
            name="FormalRequest",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("law", models.TextField()),
                ("text_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("notice", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="notices.notice")),
            ],
            options={
                "db_table": "notices_formal_request",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("law__in", ["tida", "uk"])), name="notices_formal_law"),
                    models.UniqueConstraint(fields=("notice", "law"), name="notices_formal_once"),
                ],
            },
        ),
        migrations.RunSQL(sql=GUARD, reverse_sql=DROP),
    ]
