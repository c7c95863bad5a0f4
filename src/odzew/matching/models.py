"""Tables of the room; private to it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from odzew.matching.data import COLLECTIONS, WIDTHS


class Addition(models.Model):
    """A hash of an owner: the log that the index is made from. Rows are never changed, and deleted only after their removal.

    The database adds `xid`, the transaction that wrote the row: readers use it to miss nothing that commits out of order. `batch` is 0,
    or the number of the import that wrote the row together with its segment.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.BigIntegerField(default=0)
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
