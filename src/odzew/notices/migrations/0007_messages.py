"""The thread between a reporter and the desk: append-only, but for the one note that a message was read."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE TRIGGER append_only_update BEFORE UPDATE ON notices_message FOR EACH ROW WHEN (
  OLD.read_at IS NOT NULL OR NEW.read_at IS NULL
  OR (OLD.id, OLD.notice_id, OLD.by, OLD.person_id, OLD."at", OLD.language, OLD.template, OLD.danger, OLD.text_id, OLD.once)
    IS DISTINCT FROM
    (NEW.id, NEW.notice_id, NEW.by, NEW.person_id, NEW."at", NEW.language, NEW.template, NEW.danger, NEW.text_id, NEW.once))
  EXECUTE FUNCTION odzew_append_only();
CREATE TRIGGER append_only_delete BEFORE DELETE ON notices_message FOR EACH ROW EXECUTE FUNCTION odzew_append_only();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON notices_message FOR EACH STATEMENT
  WHEN (current_setting('odzew.may_empty', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION odzew_append_only()
"""

DROP = """
DROP TRIGGER append_only_update ON notices_message;
DROP TRIGGER append_only_delete ON notices_message;
DROP TRIGGER append_only_truncate ON notices_message
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0006_formal_requests"), ("ledger", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("by", models.TextField()),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.person"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("language", models.TextField()),
                ("template", models.TextField()),
                ("danger", models.BooleanField()),
                ("text_id", models.UUIDField(null=True)),
                ("once", models.BinaryField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "read_by",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.person"
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="notices.notice"),
                ),
            ],
            options={
                "db_table": "notices_message",
                "indexes": [
                    models.Index(
                        condition=models.Q(("by", "reporter"), ("read_at__isnull", True)),
                        fields=["at"],
                        name="notices_message_unread",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("by__in", ["reporter", "desk"])), name="notices_message_by"),
                    models.UniqueConstraint(fields=("notice", "once"), name="notices_message_once"),
                ],
            },
        ),
        migrations.RunSQL(sql=GUARD, reverse_sql=DROP),
    ]
