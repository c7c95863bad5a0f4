"""What platforms tell us about their items, set by set: thousands in one call, and copies found by equal bytes or repost."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from odzew.cases.addresses import address_key, stripe
from odzew.cases.data import HIDDEN_FOR_GOOD
from odzew.cases.models import Account, Address, CopySet, Item, Media, Spread
from odzew.cases.prints import Looks, keep_prints
from odzew.cases.resolve import item_name
from odzew.cases.unhashed import ANEW, wish
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_all, fetch_none

# Below this a speed is not drawn out to an hour: a first count counts as an hour's, two counts as ten minutes apart.
_SHORTEST: Final = timedelta(minutes=10)
_FIRST: Final = timedelta(hours=1)


_PAST: Final = """
INSERT INTO cases_past_bytes (id, sha256, copyset_id) SELECT gen_random_uuid(), m.sha256, i.copyset_id
FROM cases_media m JOIN cases_item i ON i.id = m.item_id JOIN cases_copyset g ON g.id = i.copyset_id
JOIN cases_case c ON c.id = g.case_id AND c.state = ANY(%s)
WHERE i.id = %s AND m.sha256 IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM cases_past_bytes p WHERE p.sha256 = m.sha256 AND p.copyset_id = i.copyset_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaIn:
    """A file of an item: the platform's id and address, and hashes as hex by type; `looks` where we hashed the file ourselves."""

    id: str
    url: str = ""
    sha256: bytes | None = None
    md5: bytes | None = None
    hashes: tuple[dict[str, Any], ...] = ()
    looks: Looks | None = None

    def looked(self) -> Looks:
        """Return what the file looks like: as we saw it ourselves, else as its platform says."""
        if self.looks is not None:
            return self.looks
        pdq = next((h for h in self.hashes if h["type"] == "pdq"), None)
        return Looks(
            sha256=self.sha256,
            md5=self.md5,
            pdq=bytes.fromhex(pdq["value"]) if pdq else None,
            quality=int(pdq.get("quality", 100)) if pdq else 0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemIn:
    """An item as a platform describes it; `spread` is (views, reposts, at) or None."""

    id: str
    kind: str
    url: str
    account_id: str = ""
    account_handle: str = ""
    account_url: str = ""
    account_minor: bool = False
    created_at: datetime | None = None
    repost_of: str = ""
    media: tuple[MediaIn, ...] = ()
    spread: tuple[int, int, datetime] | None = None
    private: bool = False
    countries: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Registered:
    """What a registration changed. `joined`: items that now stand under a case (item, case); `changed_media` items whose files are
    others than before; `touched` cases whose surroundings changed; `merges` pairs of cases that turned out to be one (keep, give up).
    `moved`: items that got an address at which nobody has looked, so that what was seen at the old ones proves nothing any more.
    """

    items: dict[str, uuid.UUID] = field(default_factory=dict)
    new: set[uuid.UUID] = field(default_factory=set)
    joined: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)
    changed_media: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)
    touched: set[uuid.UUID] = field(default_factory=set)
    moved: set[uuid.UUID] = field(default_factory=set)
    merges: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)


def register(*, platform: uuid.UUID, items: Sequence[ItemIn], now: datetime) -> Registered:
    """Store or update items of a platform in the transaction that is open; a later one of the same id in `items` wins.

    An address that somebody reported before its registration becomes this item. Copies are items with a file of the same SHA-256,
    and reposts. The cases of all copy sets concerned are to be judged again by the caller.
    """
    batch = list({i.id: i for i in items}.values())
    work = _Work(platform=platform, items=batch, now=now)
    work.lock()
    work.look()
    work.join()
    work.write()
    return work.out


class _Work:
    """One registration, step by step."""

    def __init__(self, *, platform: uuid.UUID, items: list[ItemIn], now: datetime) -> None:
        self.platform, self.items, self.now = platform, items, now
        self.out = Registered()
        self.name_key = {i.id: self._name(i.id) for i in items}
        self.repost_key = {i.id: self._name(i.repost_of) for i in items if i.repost_of and i.repost_of != i.id}
        self.url_keys = {i.id: [address_key(url=u) for u in dict.fromkeys([i.url, *(m.url for m in i.media)]) if u] for i in items}
        self.shas = {i.id: [m.sha256 for m in i.media if m.sha256] for i in items}
        self.parent: dict[uuid.UUID, uuid.UUID] = {}
        self.case_of: dict[uuid.UUID, uuid.UUID | None] = {}
        self.known: dict[str, tuple[Any, ...]] = {}
        self.fresh: set[uuid.UUID] = set()

    def _name(self, external: str) -> bytes:
        return address_key(url=item_name(platform=self.platform, external_id=external))

    def lock(self) -> None:
        """1. Registrations and notices about the same address or bytes wait for each other."""
        keys = [*self.name_key.values(), *self.repost_key.values()]
        keys += [k for ks in (*self.url_keys.values(), *self.shas.values()) for k in ks if k]
        locks = sorted({stripe(key=k) for k in keys})
        fetch_none("SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) AS n", [locks])

    def look(self) -> None:
        """2. What is known under these names, addresses and hashes, read again once its copy sets are held: they may have moved."""
        held: set[uuid.UUID] = set()
        while not (sets := self._read()) <= held:
            held |= sets
            fetch_none("SELECT id FROM cases_copyset WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(held)])
        rows = fetch_all("SELECT id, case_id FROM cases_copyset WHERE id = ANY(%s)", [sorted(sets)])
        self.case_of, self.case_at_first = dict(rows), dict(rows)
        self.parent = {s: s for s in self.case_of}

    def _read(self) -> set[uuid.UUID]:
        keys = {*self.name_key.values(), *self.repost_key.values(), *(k for ks in self.url_keys.values() for k in ks)}
        sql = (
            "SELECT a.key, i.id, i.copyset_id, i.registered, i.platform_id, i.external_id, i.media_digest, i.views, i.reposts, "
            "i.spread_at, i.views_per_hour, i.url, i.posted_at, i.private "
            "FROM cases_address a JOIN cases_item i ON i.id = a.item_id WHERE a.key = ANY(%s)"
        )
        self.by_key = {bytes(row[0]): row for row in fetch_all(sql, [list(keys)])}
        shas = list({s for ss in self.shas.values() for s in ss})
        rows = fetch_all(
            "SELECT m.sha256, i.copyset_id FROM cases_media m JOIN cases_item i ON i.id = m.item_id WHERE m.sha256 = ANY(%s) "
            "UNION SELECT sha256, copyset_id FROM cases_past_bytes WHERE sha256 = ANY(%s)",
            [shas, shas],
        )
        self.by_sha: dict[bytes, list[uuid.UUID]] = {}
        for sha, copyset in rows:
            self.by_sha.setdefault(bytes(sha), []).append(copyset)
        return {row[2] for row in self.by_key.values()} | {c for cs in self.by_sha.values() for c in cs}

    def _root(self, copyset: uuid.UUID) -> uuid.UUID:
        while self.parent[copyset] != copyset:
            copyset = self.parent[copyset]
        return copyset

    def _union(self, one: uuid.UUID, other: uuid.UUID) -> uuid.UUID:
        a, b = self._root(one), self._root(other)
        if a == b:
            return a
        keep, give = sorted((a, b), key=lambda s: (s in self.fresh, self.case_of.get(s) is None, s))
        kept, given = self.case_of.get(keep), self.case_of.get(give)
        if kept and given and kept != given:
            self.out.merges.append((kept, given))
        self.parent[give] = keep
        self.case_of[keep] = kept or given
        return keep

    def join(self) -> None:
        """3. Equal bytes, reposts and reported addresses become one copy set."""
        in_batch: dict[bytes, uuid.UUID] = {}
        self.copyset: dict[str, uuid.UUID] = {}
        for i in self.items:
            known = self._known(i)
            own = known[2] if known else self._new_copyset()
            self.copyset[i.id] = own
            for sha in self.shas[i.id]:
                for other in [*self.by_sha.get(sha, []), *([in_batch[sha]] if sha in in_batch else [])]:
                    self._union(own, other)
                in_batch[sha] = own
            for address in self.url_keys[i.id]:
                if (row := self.by_key.get(address)) and not row[3]:
                    self._union(own, row[2])
        for i in self.items:
            if key := self.repost_key.get(i.id):
                target = self.copyset.get(i.repost_of) or (self.by_key[key][2] if key in self.by_key else None)
                if target:
                    self._union(self.copyset[i.id], target)

    def _known(self, i: ItemIn) -> tuple[Any, ...] | None:
        row = self.by_key.get(self.name_key[i.id])
        if row is None:
            mine = (self.by_key.get(k) for k in self.url_keys[i.id])
            row = next((r for r in mine if r and not r[3] and r[4] is None), None)
            if row and any(k[1] == row[1] for k in self.known.values()):
                row = None
        if row:
            self.known[i.id] = row
        return row

    def _new_copyset(self) -> uuid.UUID:
        copyset = new_id(now=self.now)
        self.fresh.add(copyset)
        self.parent[copyset] = copyset
        self.case_of[copyset] = None
        return copyset

    def write(self) -> None:
        """4. One statement writes it all."""
        writes = Writes()
        accounts = self._accounts()
        speeds = self._speed_bases()
        roots = {i.id: self._root(self.copyset[i.id]) for i in self.items}
        for copyset in self.fresh:
            if self._root(copyset) == copyset:
                writes.insert(CopySet, {"id": copyset, "case_id": self.case_of[copyset]})
        moved = [s for s in self.parent if self._root(s) != s and s not in self.fresh]
        for old in moved:
            root = self._root(old)
            sql = "UPDATE cases_item SET copyset_id = %s WHERE copyset_id = %s RETURNING id"
            came = [item for (item,) in fetch_all(sql, [root, old])]
            self._came_along(came, old, root)
            fetch_none("UPDATE cases_past_bytes SET copyset_id = %s WHERE copyset_id = %s", [root, old])
            fetch_none("UPDATE cases_copyset SET case_id = NULL WHERE id = %s", [old])
        for root in {self._root(s) for s in moved} - self.fresh:
            writes.update(CopySet, {"id": root, "case_id": self.case_of[root]})
        for i in self.items:
            self._write_item(writes, i, roots[i.id], accounts.get(i.account_id), speeds)
        self._drop_files()
        wanted = {self.out.items[i.id]: {m.id: m.looked() for m in i.media} for i in self.items}
        keep_prints(writes, wanted=wanted, fresh=self.out.new)
        writes.send()

    def _came_along(self, items: list[uuid.UUID], old: uuid.UUID, root: uuid.UUID) -> None:
        """Items of a copy set that turned out to be the same as another stand under its case, though nobody registered them now."""
        case = self.case_of.get(root)
        if case is not None and self.case_at_first.get(old) != case:
            known = {row[1] for row in self.known.values()}
            self.out.joined += [(item, case) for item in items if item not in known]
            self.out.touched.add(case)

    def _write_item(
        self,
        writes: Writes,
        i: ItemIn,
        copyset: uuid.UUID,
        account: uuid.UUID | None,
        speeds: dict[uuid.UUID, tuple[datetime, int]],
    ) -> None:
        known = self.known.get(i.id)
        item = known[1] if known else new_id(now=self.now)
        self.out.items[i.id] = item
        digest = _digest(i.media)
        if known and bytes(known[6]) != digest:
            fetch_none(_PAST, [list(HIDDEN_FOR_GOOD), item])
        row: dict[str, Any] = {
            "id": item,
            "platform_id": self.platform,
            "external_id": i.id,
            "registered": True,
            "kind": i.kind,
            "url": i.url,
            "account_id": account,
            "posted_at": i.created_at,
            "repost_of": i.repost_of,
            "private": i.private,
            "countries": list(i.countries),
            "copyset_id": copyset,
            "media_digest": digest,
        }
        row.update(self._spread(writes, i, item, known, speeds))
        if known and known[3] and self._moved(i, known):
            self.out.moved.add(item)
            row["baseline"] = ""
        if known:
            writes.update(Item, row)
        else:
            self.out.new.add(item)
            writes.insert(Item, {**row, "seen_at": self.now})
        self._write_media(writes, i, item)
        self._tell(i, item, copyset, known, digest)

    def _moved(self, i: ItemIn, known: tuple[Any, ...]) -> bool:
        """Has the item an address that is new to it: another of its own, or a file's that nobody knew?"""
        own = address_key(url=i.url) != address_key(url=known[11]) if i.url else False
        return own or any(key not in self.by_key for key in self.url_keys[i.id])

    def _tell(self, i: ItemIn, item: uuid.UUID, copyset: uuid.UUID, known: tuple[Any, ...] | None, digest: bytes) -> None:
        case = self.case_of.get(copyset)
        if case is None:
            return
        self.out.touched.add(case)
        if known is None or not known[3] or known[2] != copyset:
            self.out.joined.append((item, case))
        elif bytes(known[6]) != digest:
            self.out.changed_media.append((item, case))

    def _spread(
        self,
        writes: Writes,
        i: ItemIn,
        item: uuid.UUID,
        known: tuple[Any, ...] | None,
        speeds: dict[uuid.UUID, tuple[datetime, int]],
    ) -> dict[str, Any]:
        if i.spread is None:
            return {} if known else {"views": 0, "reposts": 0, "spread_at": None, "views_per_hour": 0.0}
        views, reposts, at = i.spread
        if known and known[9] is not None and at < known[9]:
            at_or_before = {"item_id": item, "at": at, "views": views, "reposts": reposts}
            writes.insert(Spread, at_or_before, conflict="(item_id, at) DO NOTHING")
            return {"views": known[7], "reposts": known[8], "spread_at": known[9], "views_per_hour": known[10]}
        first = item not in speeds
        base_at, base_views = (i.created_at or at - _FIRST, 0) if first else speeds[item]
        hours = max(at - base_at, _FIRST if first else _SHORTEST).total_seconds() / 3600
        writes.insert(
            Spread,
            {"item_id": item, "at": at, "views": views, "reposts": reposts},
            conflict="(item_id, at) DO UPDATE SET views = excluded.views, reposts = excluded.reposts",
        )
        return {"views": views, "reposts": reposts, "spread_at": at, "views_per_hour": max(0.0, (views - base_views) / hours)}

    def _write_media(self, writes: Writes, i: ItemIn, item: uuid.UUID) -> None:
        for m in {m.id: m for m in i.media}.values():
            writes.insert(
                Media,
                {
                    "id": new_id(now=self.now),
                    "item_id": item,
                    "external_id": m.id,
                    "url": m.url,
                    "sha256": m.sha256,
                    "md5": m.md5,
                    "hashes": list(m.hashes),
                    **wish(url=m.url, looks=m.looked(), private=i.private, platform=self.platform, now=self.now),
                },
                conflict="(item_id, external_id) DO UPDATE SET url = excluded.url, sha256 = excluded.sha256, md5 = excluded.md5, "
                "hashes = excluded.hashes, " + ANEW,
            )
        for key in {self.name_key[i.id], *self.url_keys[i.id]} - self._taken:
            self._taken.add(key)
            writes.insert(Address, {"key": key, "item_id": item}, conflict="(key) DO NOTHING")

    def _drop_files(self) -> None:
        """Files that a known item has no more, of all items in one statement."""
        kept = [{"item": str(self.known[i.id][1]), "ids": [m.id for m in i.media]} for i in self.items if i.id in self.known]
        sql = (
            "DELETE FROM cases_media m USING jsonb_to_recordset(%s::jsonb) AS k(item uuid, ids jsonb) "
            "WHERE m.item_id = k.item AND NOT jsonb_exists(k.ids, m.external_id)"
        )
        if kept:
            fetch_none(sql, [json.dumps(kept)])

    @property
    def _taken(self) -> set[bytes]:
        if not hasattr(self, "_taken_keys"):
            self._taken_keys: set[bytes] = set()
        return self._taken_keys

    def _accounts(self) -> dict[str, uuid.UUID]:
        wanted = {i.account_id: i for i in self.items if i.account_id}
        writes = Writes()
        for name in sorted(wanted):
            i = wanted[name]
            writes.insert(
                Account,
                {
                    "id": new_id(now=self.now),
                    "platform_id": self.platform,
                    "external_id": name,
                    "handle": i.account_handle,
                    "url": i.account_url,
                    "minor": i.account_minor,
                },
                conflict="(platform_id, external_id) DO UPDATE SET handle = excluded.handle, url = excluded.url, "
                "minor = t.minor OR excluded.minor",
            )
        writes.send()
        rows = fetch_all(
            "SELECT external_id, id FROM cases_account WHERE platform_id = %s AND external_id = ANY(%s)",
            [self.platform, list(wanted)],
        )
        return dict(rows)

    def _speed_bases(self) -> dict[uuid.UUID, tuple[datetime, int]]:
        """The oldest count within the hour before each item's new one, or else the newest older one."""
        ids = [row[1] for row in self.known.values()]
        sql = (
            "SELECT i.id, b.at, b.views FROM cases_item i, LATERAL ("
            "SELECT s.at, s.views FROM cases_spread s WHERE s.item_id = i.id "
            "ORDER BY (s.at >= i.spread_at - interval '1 hour') DESC, s.at LIMIT 1) b WHERE i.id = ANY(%s)"
        )
        return {item: (at, views) for item, at, views in fetch_all(sql, [ids])}


def _digest(media: tuple[MediaIn, ...]) -> bytes:
    parts = sorted((m.sha256 or m.md5 or f"{m.id} {m.url}".encode()) for m in media)
    return hashlib.sha256(b"\x00".join(parts)).digest()
