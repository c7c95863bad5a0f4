"""Words in people's own texts can be looked for, whatever accents and capitals they are typed with.

`ledger_fold` is immutable and needs no extension: each letter of the first line becomes the one below it. The database's own lower case
knows only plain letters where its locale is C. Erasing a text erases its words from the index.
"""

from django.db import migrations

_FROM = (
    "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïðñòóôõöøùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖ"
    "ėĘęĚěĜĝĞğĠġĢģĤĥĦħĨĩĪīĬĭĮįİıĴĵĶķĹĺĻļĽľĿŀŁłŃńŅņŇňŊŋŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŦŧŨũŪūŬ"
    "ŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžſАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁЄІЇҐЎЈΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧ"
    "ΨΩ"
)
_TO = (
    "aaaaaaceeeeiiiidnoooooouuuuyaaaaaaceeeeiiiidnoooooouuuuyyaaaaaaccccccccddddeeeee"
    "eeeeegggggggghhhhiiiiiiiiiijjkkllllllllllnnnnnnnnoooooorrrrrrssssssssttttttuuuuu"
    "uuuuuuuwwyyyzzzzzzsабвгдежзийклмнопрстуфхцчшщъыьэюяёєіїґўјαβγδεζηθικλμνξοπρστυφχ"
    "ψω"
)
_FOLD = f"""
CREATE FUNCTION ledger_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN pg_catalog.lower(pg_catalog.translate($1, '{_FROM}', '{_TO}'))
"""
_INDEX = """
CREATE INDEX ledger_personal_text_words ON ledger_personal_text
USING gin (to_tsvector('pg_catalog.simple'::regconfig, ledger_fold("text")))
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_hash_hosted")]

    operations = [
        migrations.RunSQL(_FOLD, "DROP FUNCTION ledger_fold(text)"),
        migrations.RunSQL(_INDEX, "DROP INDEX ledger_personal_text_words"),
    ]
