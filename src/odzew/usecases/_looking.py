"""Shared: what the index and the banks say of one file; reads only, and never inside a transaction that holds anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from odzew.banks.api import entries_by_id
from odzew.banks.data import FILM, EntryView
from odzew.banks.quarantine import Sighted
from odzew.banks.verdict import EVERYTHING, Asking, Hit, Verdict, as_policy_matches, judge
from odzew.cases.matches import Near
from odzew.cases.prints import FLAT_BELOW, Looks
from odzew.hashing.data import FileHashes, Frame, Pdq
from odzew.hashing.video_match import FrameHit, judge_frames
from odzew.matching.api import Hit as Found
from odzew.matching.api import Index, Query
from odzew.policy.rules import MatchRule
from odzew.usecases.desk import Desk

NEAREST: Final = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the banks say of a file, and how fresh what they know is."""

    verdict: Verdict
    as_of: datetime | None


def looks_of(*, hashes: FileHashes) -> Looks:
    """Return what our own hashing of a file says as what a file looks like."""
    picture = hashes.picture
    return Looks(
        sha256=hashes.sha256,
        md5=hashes.md5,
        pdq=picture.pdq.bits if picture else None,
        quality=picture.pdq.quality if picture else 0,
        mode=picture.mode if picture else "exact",
        turned=picture.turned if picture else (),
        frames=tuple((f.at, f.pdq.quality, f.pdq.bits) for f in hashes.frames),
    )


def queries_of(*, looks: Looks, radius: int = NEAREST) -> list[tuple[Query, int]]:
    """Return what to ask the index about a file, each with the quality of what is asked; a flat picture only for itself."""
    out: list[tuple[Query, int]] = []
    if looks.sha256:
        out.append((Query(type="sha256", hash=looks.sha256, radius=0), 100))
    if looks.md5:
        out.append((Query(type="md5", hash=looks.md5, radius=0), 100))
    if looks.pdq:
        out.append((Query(type="pdq", hash=looks.pdq, radius=radius if looks.quality >= FLAT_BELOW else 0), looks.quality))
    frames = dict.fromkeys((bits, quality) for _at, quality, bits in looks.frames if quality >= FLAT_BELOW)
    out += [(Query(type="pdq", hash=bits, radius=radius), quality) for bits, quality in frames]
    return out


def see(
    *,
    looks: Looks,
    index: Index,
    desk: Desk,
    private: bool = False,
    known_account: bool = False,
    asking: Asking = EVERYTHING,
) -> Seen:
    """Ask the banks about one file. An index that is not whole makes the verdict `hold`, never `allow`."""
    asked = queries_of(looks=looks)
    answer = index.search(collection="known", queries=[q for q, _quality in asked])
    found = entries_by_id(ids={hit.owner for hits in answer.hits for hit in hits}, at=answer.as_of)
    found = {number: entry for number, entry in found.items() if asking.about(bank=entry.bank)}
    stills = [
        Hit(entry=found[hit.owner], hash=hit.hash, distance=hit.distance, quality=quality)
        for (query, quality), hits in zip(asked, answer.hits, strict=True)
        for hit in hits
        if hit.owner in found and (not looks.frames or query.type != "pdq")
    ]
    moving = _in_video(looks, asked, answer.hits, found, desk.policy.match) if looks.frames else []
    verdict = judge(
        hits=[*stills, *moving],
        complete=answer.complete,
        jurisdiction=desk.jurisdiction,
        key=asking.key(hashes=[(q.type, q.hash) for q, _quality in asked]),
        private=private,
        known_account=known_account,
    )
    return Seen(verdict=verdict, as_of=answer.as_of)


def near_of(*, verdict: Verdict, film: bool, wide: Callable[[EntryView], bool] = lambda _entry: False) -> tuple[Near, ...]:
    """Return what counted in a verdict as the matches of a case; `film`: it was a film; `wide` says of which entries too much is hit."""
    return tuple(
        Near(
            bank=match.bank,
            entry=hit.entry.id,
            opinion=match.opinion,
            type=match.type,
            distance=match.distance,
            quality=match.quality,
            child=match.child,
            wide=wide(hit.entry),
            from_case=hit.entry.from_case,
            how="film" if film and match.type == "pdq" else "turned" if hit.hash != hit.entry.value else "",
        )
        for match, hit in zip(as_policy_matches(verdict=verdict), verdict.hits, strict=True)
    )


def sighted_in(*, verdict: Verdict, looks: Looks) -> tuple[Sighted, ...]:
    """Return what the guard against floods is to count of a verdict: each entry with what stands for the file."""
    subject = looks.sha256 or looks.digest()
    return tuple(Sighted(entry=hit.entry, subject=subject) for hit in verdict.hits)


def _in_video(
    looks: Looks,
    asked: Sequence[tuple[Query, int]],
    hits: Sequence[Sequence[Found]],
    found: Mapping[int, EntryView],
    rule: MatchRule,
) -> list[Hit]:
    """Return what the pictures of a film say: a known picture seen in it, or a known film that enough of it is from.

    A frame in common is never the same file: what it may cause is what a near match may cause.
    """
    by_hash: dict[bytes, list[Hit]] = {}
    for (query, quality), some in zip(asked, hits, strict=True):
        if query.type == "pdq":
            by_hash[query.hash] = [
                Hit(entry=found[h.owner], hash=h.hash, distance=max(h.distance, rule.pdq_equal + 1), quality=quality)
                for h in some
                if h.owner in found and h.distance <= found[h.owner].bank.distance
            ]
    out = [hit for some in by_hash.values() for hit in some if not hit.entry.entry_id.endswith(FILM)]
    films: dict[tuple[object, ...], int] = {}
    of_film: dict[int, Hit] = {}
    frames, found_in = [], []
    for at, quality, bits in looks.frames:
        frames.append(Frame(at=at, pdq=Pdq(bits=bits, quality=quality)))
        row = []
        for hit in by_hash.get(bits, ()):
            if hit.entry.entry_id.endswith(FILM):
                name = (hit.entry.bank.id, hit.entry.member, hit.entry.entry_id)
                film = films.setdefault(name, len(films))
                if film not in of_film or hit.distance < of_film[film].distance:
                    of_film[film] = hit
                row.append(FrameHit(owner=film, distance=hit.distance))
        found_in.append(row)
    out += [of_film[m.owner] for m in judge_frames(query=frames, hits=found_in) if m.verdict == "near"]
    return out


def copies_of(*, looks: Looks, index: Index, rule: MatchRule) -> tuple[set[int], bool]:
    """Return the numbers of hosted files that are the same file or picture, and whether the index was whole.

    Only what is equal in the sense of practice 8 counts: bytes, or PDQ within `pdq_equal` bits at `quality` on both sides, which the
    caller sees to for the other side.
    """
    asked = [
        (query, quality)
        for query, quality in queries_of(looks=replace(looks, frames=()), radius=rule.pdq_equal)
        if quality >= rule.quality
    ]
    answer = index.search(collection="hosted", queries=[q for q, _quality in asked])
    return {hit.owner for hits in answer.hits for hit in hits}, answer.complete
