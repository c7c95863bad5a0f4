"""The only way in: rows of the caller's own transaction, and the index that finds them."""

from __future__ import annotations

from collections.abc import Sequence

from odzew.foundation.writes import Writes
from odzew.matching import models
from odzew.matching.data import HOSTED, KNOWN, MD5, PDQ, SHA256, Addition, Answer, Hit, Query, check_collection
from odzew.matching.index import Index

__all__ = ["HOSTED", "KNOWN", "MD5", "PDQ", "SHA256", "Addition", "Answer", "Hit", "Index", "Query", "add", "remove"]


def add(writes: Writes, *, additions: Sequence[Addition]) -> None:
    """Add hashes to the index, with the caller's transaction: found by every process within a second of its commit.

    The same hash of the same owner twice counts once. For a million at a time there is `add_many`.
    """
    if additions:
        writes.insert(
            models.Addition, *({"collection": a.collection, "type": a.type, "hash": a.hash, "owner": a.owner} for a in additions)
        )


def remove(writes: Writes, *, collection: str, owners: Sequence[int]) -> None:
    """Take everything of these owners out of a collection, with the caller's transaction and for good.

    Hashes of such an owner that are added later, or by a transaction that is still open, are not found either: an owner's number is
    never used again. Raises `Invalid` for a collection that is not there.
    """
    check_collection(collection=collection)
    if owners:
        writes.insert(models.Removal, *({"collection": collection, "owner": owner} for owner in owners))
