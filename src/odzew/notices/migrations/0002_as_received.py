"""A notice is stored as received and never edited: the database refuses to change, delete or empty it.

TRUNCATE is refused unless the session says `odzew.may_empty = on`, as the connections of the tests do.
"""

from django.db import migrations

GUARD = """
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON notices_notice FOR EACH ROW EXECUTE FUNCTION odzew_append_only();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON notices_notice FOR EACH STATEMENT
  WHEN (current_setting('odzew.may_empty', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION odzew_append_only()
"""

DROP = """
DROP TRIGGER append_only_row ON notices_notice;
DROP TRIGGER append_only_truncate ON notices_notice
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_start"), ("ledger", "0002_append_only")]

    operations = [migrations.RunSQL(sql=GUARD, reverse_sql=DROP)]
