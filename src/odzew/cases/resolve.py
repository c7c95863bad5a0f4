"""From what a notice says to what the desk knows; the lock that makes two notices at once one case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from odzew.cases.addresses import address_key, stripe
from odzew.cases.data import Found, Place
from odzew.cases.models import Address, Item
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none

_FOUND: Final = """
SELECT i.id, i.copyset_id, g.case_id, i.platform_id, i.external_id, i.registered, a.key
FROM unnest(%s::bytea[]) AS k(key) JOIN cases_address a ON a.key = k.key
JOIN cases_item i ON i.id = a.item_id JOIN cases_copyset g ON g.id = i.copyset_id
ORDER BY g.id FOR NO KEY UPDATE OF g FOR SHARE OF i
"""


def place_key(*, place: Place, platform: uuid.UUID | None) -> bytes:
    """Return the key of a place: an item id is a name on its platform, an address is a name everywhere."""
    if place.item_id:
        return address_key(url=item_name(platform=platform, external_id=place.item_id))
    return address_key(url=place.url)


def item_name(*, platform: uuid.UUID | None, external_id: str) -> str:
    """Return the name under which an item id of a platform stands among the addresses."""
    return f"item {platform} {external_id}"


def _look(keys: list[bytes]) -> dict[bytes, Found]:
    return {
        bytes(key): Found(item=item, copyset=copyset, case=case, platform_id=platform, external_id=external, registered=registered)
        for item, copyset, case, platform, external, registered, key in fetch_all(_FOUND, [keys])
    }


def _unknown(keys: list[bytes]) -> list[bytes]:
    known = {bytes(row[0]) for row in fetch_all("SELECT key FROM cases_address WHERE key = ANY(%s)", [keys])}
    return [key for key in keys if key not in known]


def cases_of_places(*, urls: Sequence[str]) -> dict[str, uuid.UUID]:
    """Return the case that each of these addresses belongs to by now, holding nothing; those of no case are missing."""
    keys = {address_key(url=url): url for url in urls}
    sql = (
        "SELECT a.key, g.case_id FROM cases_address a JOIN cases_item i ON i.id = a.item_id JOIN cases_copyset g ON g.id = i.copyset_id "
        "WHERE a.key = ANY(%s) AND g.case_id IS NOT NULL"
    )
    return {keys[bytes(key)]: case for key, case in fetch_all(sql, [list(keys)])}


def resolve(writes: Writes, *, places: Sequence[Place], platform: uuid.UUID | None, now: datetime) -> list[Found]:
    """Return what each place leads to, in the order given and each item once, holding the copy sets until the transaction ends.

    A place nobody registered becomes an item of its own, known only by that address, until its platform registers it; its copy
    set is `fresh`: the caller writes it, with the case that covers it.
    """
    keys = {place_key(place=place, platform=platform): place for place in places}
    # 1. One place that is known is most often all. Of several nothing is held yet: addresses are held before copy sets.
    found = _look(list(keys)) if len(keys) == 1 else {}
    unknown = [key for key in keys if key not in found] if len(keys) == 1 else _unknown(list(keys))
    if unknown:
        # 2. Whoever registers or names the same address waits here, then everybody sees one item.
        locks = sorted({stripe(key=key) for key in unknown})
        fetch_none("SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", [locks])
    if len(found) < len(keys):
        found = _look(list(keys))
    if moved := [key for key in keys if key not in found and key not in unknown]:
        # 3. Its copy set was joined to another while we waited for it: what it leads to now.
        found.update(_look(moved))
    for key in unknown:
        if key not in found:
            found[key] = _placeholder(writes, key=key, place=keys[key], platform=platform, now=now)
    return list({f.item: f for f in (found[key] for key in keys)}.values())


def _placeholder(writes: Writes, *, key: bytes, place: Place, platform: uuid.UUID | None, now: datetime) -> Found:
    item, copyset = new_id(now=now), new_id(now=now)
    named = platform if place.item_id else None
    writes.insert(
        Item,
        {
            "id": item,
            "platform_id": named,
            "external_id": place.item_id or None,
            "registered": False,
            "url": place.url,
            "copyset_id": copyset,
            "seen_at": now,
        },
    )
    writes.insert(Address, {"key": key, "item_id": item})
    return Found(
        item=item,
        copyset=copyset,
        case=None,
        platform_id=named,
        external_id=place.item_id or None,
        registered=False,
        fresh=True,
    )
