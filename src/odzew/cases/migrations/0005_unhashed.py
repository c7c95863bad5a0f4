"""Files without PDQ are hashed by the desk; those that are known already too, the newest first."""

from django.db import migrations, models

KNOWN = """
UPDATE cases_media m SET hashing = CASE WHEN i.private THEN 'private' ELSE 'waiting' END, hashing_for = i.platform_id,
  hashing_at = i.seen_at
FROM cases_item i
WHERE i.id = m.item_id AND i.registered AND i.platform_id IS NOT NULL AND m.url <> ''
  AND NOT EXISTS (SELECT 1 FROM cases_print p WHERE p.item_id = m.item_id AND p.media = m.external_id
    AND (p.pdq IS NOT NULL OR length(p.frames) > 0))
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_prints")]

    operations = [
        migrations.AddField(model_name="media", name="hashing", field=models.TextField(default="")),
        migrations.AddField(model_name="media", name="hashing_for", field=models.UUIDField(null=True)),
        migrations.AddField(model_name="media", name="hashing_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="media", name="hashing_tries", field=models.SmallIntegerField(default=0)),
        migrations.AddField(model_name="media", name="hashing_why", field=models.TextField(default="")),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("hashing", ""), ("hashing__in", ("waiting", "private", "unfit", "given_up", "hashed")), _connector="OR"
                ),
                name="cases_media_state",
            ),
        ),
        migrations.AddIndex(
            model_name="media",
            index=models.Index(
                condition=models.Q(("hashing__in", ("waiting", "private", "unfit", "given_up"))),
                fields=["hashing_for", "hashing", "hashing_at"],
                name="cases_media_hashing",
            ),
        ),
    ]
