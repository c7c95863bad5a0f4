"""NCMEC hash sharing, version 2: XML over HTTP Basic.

Source: NCMEC, Hash Sharing API documentation, version 2. Entries are not in the order of their times, so a stretch is done only when
its paging is exhausted; the name of a next page is good for hours, not days. An update replaces its entry, `deletedImage` and
`deletedVideo` withdraw it. Its fingerprints SHA-1 and PhotoDNA are not matched here, and large ones (TMK, Videntifier) are not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from odzew.banks.data import BankOpinion, HashType, NewHash
from odzew.exchanges.data import Asking, Page, Place, Record, Unreadable, Word
from odzew.exchanges.forms.reading import Element, basic, before, hash_of, moment, read_xml, shown, token, word

_USABLE: Final[Mapping[str, HashType]] = {"md5": "md5", "pdq": "pdq"}
_LIVE: Final = frozenset({"image", "video"})
_DELETED: Final = frozenset({"deletedImage", "deletedVideo"})
_SPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
_HASHSHARING: Final = "https://hashsharing.ncmec.org"
_TEST: Final = "https://hashsharing-test.ncmec.org"


class Ncmec:
    """The form of NCMEC's lists."""

    name = "ncmec"
    title = "NCMEC hash sharing v2"
    environments: Mapping[str, str] = {
        "industry": "https://report.cybertip.org/hashsharing",
        "industry-exploitative": "https://report.cybertip.org/exploitative-hashsharing",
        "npo": f"{_HASHSHARING}/npo",
        "exploitative": f"{_HASHSHARING}/exploitative",
        "generative-ai-csam": f"{_HASHSHARING}/generative-ai-csam",
        "generative-ai-exploitative": f"{_HASHSHARING}/generative-ai-exploitative",
        "law-enforcement": "https://lesp.ncmec.org/csam-hashsharing",
        "test-industry": "https://exttest.cybertip.org/hashsharing",
        "test-industry-exploitative": "https://exttest.cybertip.org/exploitative-hashsharing",
        "test-npo": f"{_TEST}/npo",
        "test-exploitative": f"{_TEST}/exploitative",
        "test-generative-ai-csam": f"{_TEST}/generative-ai-csam",
        "test-generative-ai-exploitative": f"{_TEST}/generative-ai-exploitative",
        "test-law-enforcement": "https://betalesp.ncmec.org/csam-hashsharing",
    }
    secrets: tuple[str, ...] = ("user", "password")
    more_secrets: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    opinion: BankOpinion = "confirmed"
    bounded = True
    whole_after: timedelta | None = None

    def child(self, *, environment: str) -> bool | None:
        """The exploitative lists hold pictures of children that are not abuse material as such: they do not say."""
        return None if "exploitative" in environment else True

    def ask(self, *, place: Place, settings: Mapping[str, str], secrets: Mapping[str, str]) -> Asking:
        """Return the request for the page at a place."""
        path = place.token
        if not path:
            until = place.until or place.since
            path = "/v2/entries?" + urlencode({"from": _written(before(at=place.since)), "to": _written(until)})
        return Asking(path=path, headers={"accept": "application/xml", **basic(secrets=secrets)})

    def read(self, *, body: bytes, base: str, settings: Mapping[str, str]) -> Page:
        """Return what a page says. Raises `Unreadable`."""
        root = read_xml(body=body)
        if root.name != "queryResult":
            raise Unreadable("not a result")
        records: list[Record] = []
        unusable, malformed = Counter[str](), list[str]()
        for group in (g for g in root.children if g.name in ("images", "videos")):
            for element in group.children:
                try:
                    records.append(_record(element, unusable, malformed))
                except ValueError:
                    malformed.append(shown(value=element.words("id")))
        paging = root.child("paging")
        following = token(value=paging.words("next") if paging else "")
        return Page(records=tuple(records), unusable=unusable, malformed=tuple(malformed), token=_within(following, base))

    def tell(
        self, *, member: str, entry_id: str, type_: str, value: bytes, word: Word, secrets: Mapping[str, str]
    ) -> Asking | None:
        """Say that a fingerprint is right, once people found so. It has no word for a match that nobody looked at, and saying that one
        is wrong needs one of its own reasons, which differ by list: a person says that there."""
        if word != "confirmed":
            return None
        path = f"/v2/entries/{quote(member, safe='')}/{quote(entry_id, safe='')}/{type_.upper()}/feedback"
        body = f'<?xml version="1.0" encoding="UTF-8"?><feedbackSubmission xmlns="{_SPACE}"><affirmative/></feedbackSubmission>'
        return Asking(
            path=path, method="PUT", headers={"content-type": "application/xml", **basic(secrets=secrets)}, body=body.encode()
        )


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _within(following: str, base: str) -> str:
    """A next page is a path below the base; what leads elsewhere is not followed."""
    if not following:
        return ""
    parts = urlsplit(following)
    if parts.scheme or parts.netloc:
        before = base.rstrip("/")
        if not following.startswith(before + "/"):
            raise Unreadable("a next page elsewhere")
        following = following.removeprefix(before)
    if not following.startswith("/v2/entries") or ".." in following or not following.isascii() or " " in following:
        raise Unreadable("a next page elsewhere")
    return following


def _record(element: Element, unusable: Counter[str], malformed: list[str]) -> Record:
    if element.name not in _LIVE | _DELETED:
        raise ValueError("not an entry")
    member = element.child("member")
    name = word(value=member.attributes.get("id", "") if member else "")
    entry = word(value=element.words("id"))
    if not name or not entry:
        raise ValueError("no name")
    at = moment(text=element.words("timestamp"))
    given = element.child("fingerprints") if element.name in _LIVE else None
    category = word(value=element.words("classification"))
    hashes = []
    for print_ in given.children if given else ():
        type_ = _USABLE.get(print_.name.lower())
        if type_ is None:
            unusable[word(value=print_.name.lower())] += 1
            continue
        try:
            hashes.append(NewHash(type=type_, value=hash_of(type_=type_, text=print_.text), category=category))
        except ValueError:
            malformed.append(entry)
    return Record(member=name, entry_id=entry, at=at, hashes=tuple(hashes))
