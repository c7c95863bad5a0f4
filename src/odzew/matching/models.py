"""Tables of the room; private to it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from odzew.matching.data import COLLECTIONS, WIDTHS


class Addition(models.Model):
    """A hash of an owner: the log that the index is made from. Rows are never changed, and deleted only after their removal.

    The database adds `xid`, the transaction that wrote the row: readers use it to miss nothing that commits out of order. Rows of an
    import, which come with a segment of their own, have ids below 0.
    """

    id = models.BigAutoField(primary_key=True)
    collection = models.TextField()
    type = models.TextField()
    hash = models.BinaryField()
    owner = models.BigIntegerField()

    class Meta:
        db_table = "matching_addition"
        constraints = [
            models.CheckConstraint(condition=Q(collection__in=COLLECTIONS), name="matching_addition_collection"),
            models.CheckConstraint(condition=Q(type__in=tuple(WIDTHS)), name="matching_addition_type"),
        ]


class Removal(models.Model):
    """An owner that is gone: none of its hashes is found any more. The database adds `xid` here too."""

    id = models.BigAutoField(primary_key=True)
    collection = models.TextField()
    owner = models.BigIntegerField()

    class Meta:
        db_table = "matching_removal"
        constraints = [models.CheckConstraint(condition=Q(collection__in=COLLECTIONS), name="matching_removal_collection")]


class Segment(models.Model):
    """A file of the index that is in use: the rows of the log with `low < id <= high` for one of `covers`, of one collection and type.

    Owners whose removal has a number up to `removals` are left out. All rows of the log up to `sealed_to` are in some segment.
    """

    id = models.BigAutoField(primary_key=True)
    collection = models.TextField()
    type = models.TextField()
    sha256 = models.BinaryField()
    size = models.BigIntegerField()
    hashes = models.BigIntegerField()
    pairs = models.BigIntegerField()
    covers = models.JSONField()
    sealed_to = models.BigIntegerField()
    removals = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "matching_segment"
