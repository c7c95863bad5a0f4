"""Meta ThreatExchange: the updates of one privacy group, by the Graph API.

Source: Meta, ThreatExchange API reference, `threat_updates`. What one owner calls malicious is confirmed, what one calls non-malicious
is known to be good; where owners disagree, or have not said, it is a seed. Deletions are kept for 90 days: whoever was away for 85
reads the whole list anew. The access token goes in a header, never in an address, which others log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from odzew.banks.data import BankOpinion, HashType, NewHash
from odzew.exchanges.data import EPOCH, Asking, Page, Place, Record, Unreadable
from odzew.exchanges.forms.reading import before, hash_of, objects, read_json, seconds, shown, token, word

_USABLE: Final[Mapping[str, HashType]] = {
    "HASH_PDQ": "pdq",
    "HASH_MD5": "md5",
    "HASH_VIDEO_MD5": "md5",
    "HASH_SHA256": "sha256",
}
_FIELDS: Final = "id,indicator,type,last_updated,should_delete,descriptors{id,owner{id},status,tags}"
_AT_ONCE: Final = 500
_CATEGORY: Final = 200


class ThreatExchange:
    """The form of a ThreatExchange privacy group."""

    name = "threatexchange"
    title = "Meta ThreatExchange"
    environments: Mapping[str, str] = {"main": "https://graph.facebook.com/v23.0"}
    secrets: tuple[str, ...] = ("token",)
    more_secrets: tuple[str, ...] = ()
    settings: tuple[str, ...] = ("privacy_group",)
    opinion: BankOpinion = "seed"
    bounded = True
    whole_after: timedelta | None = timedelta(days=85)

    def child(self, *, environment: str) -> bool | None:
        """What a group lists, only its members know."""
        return None

    def ask(self, *, place: Place, settings: Mapping[str, str], secrets: Mapping[str, str]) -> Asking:
        """Return the request for the page at a place."""
        words = place.token or urlencode(
            {
                "start_time": _seconds(before(at=place.since)),
                "stop_time": _seconds(place.until or place.since),
                "limit": _AT_ONCE,
                "fields": _FIELDS,
            }
        )
        headers = {"accept": "application/json", "authorization": f"Bearer {secrets['token']}"}
        return Asking(path=f"{_path(settings)}?{words}", headers=headers)

    def read(self, *, body: bytes, base: str, settings: Mapping[str, str]) -> Page:
        """Return what a page says. Raises `Unreadable`."""
        found = read_json(body=body)
        records: list[Record] = []
        unusable, malformed = Counter[str](), list[str]()
        for one in objects(value=found.get("data")):
            try:
                kind = word(value=one.get("type"))
                if kind in _USABLE:
                    records.append(_record(one, _USABLE[kind]))
                else:
                    unusable[kind] += 1
            except ValueError:
                malformed.append(shown(value=one.get("id")))
        paging = found.get("paging") or {}
        following = token(value=paging.get("next") if isinstance(paging, dict) else None)
        return Page(
            records=tuple(records),
            unusable=unusable,
            malformed=tuple(malformed),
            token=_within(following, base, _path(settings)),
        )


def _path(settings: Mapping[str, str]) -> str:
    return f"/{settings['privacy_group']}/threat_updates"


def _seconds(at: datetime) -> int:
    return int((at - EPOCH).total_seconds())


def _within(following: str, base: str, path: str) -> str:
    """Return the words of the next page's address, which is ours but for its version; the access token among them is dropped, so that
    it is stored nowhere."""
    if not following:
        return ""
    try:
        parts, ours = urlsplit(following), urlsplit(base)
        same = (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc) and parts.path.rstrip("/").endswith(path)
        words = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise Unreadable("a next page elsewhere") from error
    if not same or not words:
        raise Unreadable("a next page elsewhere")
    return urlencode([(k, v) for k, v in words if k not in ("access_token", "appsecret_proof", "appsecret_time")])


def _record(one: Mapping[str, Any], type_: HashType) -> Record:
    entry = word(value=one.get("id"))
    if not entry:
        raise ValueError("no id")
    at = seconds(value=one.get("last_updated"))
    described = one.get("descriptors")
    if one.get("should_delete") is True or described is None:
        return Record(member="", entry_id=entry, at=at)
    if not isinstance(described, dict) or not isinstance(described.get("data"), list):
        raise ValueError("no descriptors")
    value = hash_of(type_=type_, text=one.get("indicator"))
    said = [d for d in described["data"] if isinstance(d, dict)]
    given = NewHash(type=type_, value=value, category=_tags(said), opinion=_opinion(said))
    return Record(member="", entry_id=entry, at=at, hashes=(given,))


def _opinion(said: list[dict[str, Any]]) -> BankOpinion:
    statuses = {str(d.get("status")) for d in said}
    bad, good = "MALICIOUS" in statuses, "NON_MALICIOUS" in statuses
    return "seed" if bad == good else "confirmed" if bad else "negative"


def _tags(said: list[dict[str, Any]]) -> str:
    found = set()
    for descriptor in said:
        tags = descriptor.get("tags")
        tags = tags.get("data") if isinstance(tags, dict) else tags
        for tag in tags if isinstance(tags, list) else ():
            text = tag.get("text") if isinstance(tag, dict) else tag
            if shown(value=text) != "(no id)":
                found.add(str(text).strip())
    out = ""
    for tag in sorted(found):
        longer = f"{out}, {tag}" if out else tag
        if len(longer) > _CATEGORY:
            break
        out = longer
    return out
