"""The database itself refuses to change or delete what is on record.

It guards against mistakes: in our code, in a console, in a restored script. It does not stop the owner of the database, who can
take triggers off; against that stand the tree, the checkpoints and whoever holds one. TRUNCATE is refused too, unless the session
says `odzew.may_empty = on`, as the connections of the tests do; nothing else in Odzew says it.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION odzew_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'odzew: % of % is refused, it is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

EVENT = """
CREATE TRIGGER append_only_update BEFORE UPDATE ON ledger_event FOR EACH ROW WHEN (
  OLD.seq IS NOT NULL OR NEW.seq IS NULL OR NEW.seq < 0
  OR (OLD.id, OLD."at", OLD.kind, OLD.actor, OLD.case_id, OLD.data)
    IS DISTINCT FROM (NEW.id, NEW."at", NEW.kind, NEW.actor, NEW.case_id, NEW.data))
  EXECUTE FUNCTION odzew_append_only();
CREATE TRIGGER append_only_delete BEFORE DELETE ON ledger_event FOR EACH ROW EXECUTE FUNCTION odzew_append_only()
"""

TREE = """
CREATE TRIGGER append_only_update BEFORE UPDATE ON ledger_tree FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.size <= OLD.size)
  EXECUTE FUNCTION odzew_append_only();
CREATE TRIGGER append_only_delete BEFORE DELETE ON ledger_tree FOR EACH ROW EXECUTE FUNCTION odzew_append_only()
"""

WHOLE = """
CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION odzew_append_only()
"""

EMPTY = """
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT
  WHEN (current_setting('odzew.may_empty', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION odzew_append_only()
"""

NAMES = ("append_only_update", "append_only_delete", "append_only_row", "append_only_truncate")


def refuse(*, table: str, rows: str = WHOLE) -> migrations.RunSQL:
    """The operation that makes a table append-only."""
    drop = ";\n".join(f"DROP TRIGGER IF EXISTS {name} ON {table}" for name in NAMES)
    return migrations.RunSQL(sql=rows.format(table=table) + ";" + EMPTY.format(table=table), reverse_sql=drop)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_start")]

    operations = [
        migrations.RunSQL(sql=FUNCTION, reverse_sql="DROP FUNCTION odzew_append_only()"),
        refuse(table="ledger_event", rows=EVENT),
        refuse(table="ledger_tree", rows=TREE),
        refuse(table="ledger_leaf"),
        refuse(table="ledger_node"),
        refuse(table="ledger_checkpoint"),
    ]
