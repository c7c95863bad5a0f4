"""StopNCII.org: JSON behind two keys.

Source: the public StopNCII client of python-threatexchange and the service's own words. People in the pictures made these hashes
themselves, and nobody looked: every entry is a seed, whatever the bank says (a match is withheld and looked at, never removed by it).
A record replaces what was said of the same hash before; `Withdrawn` and `Deleted` take it back.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from odzew.banks.data import BankOpinion, HashType, NewHash
from odzew.exchanges.data import EPOCH, Asking, Page, Place, Record, Unreadable, Word
from odzew.exchanges.forms.reading import before, hash_of, objects, read_json, seconds, shown, token, word

_USABLE: Final[Mapping[str, HashType]] = {"ImagePDQ": "pdq", "VideoMD5": "md5"}
_GONE: Final = frozenset({"Withdrawn", "Deleted"})
_WORDS: Final[Mapping[Word, str]] = {"matched": "PendingReview", "confirmed": "Blocked", "not_confirmed": "NotBlocked"}
_AT_ONCE: Final = 800
_FIRST: Final = 10  # the service's own earliest moment


class StopNcii:
    """The form of StopNCII.org's list."""

    name = "stopncii"
    title = "StopNCII.org"
    environments: Mapping[str, str] = {"main": "https://api.stopncii.org/v1"}
    secrets: tuple[str, ...] = ("subscription_key", "fetch_key")
    more_secrets: tuple[str, ...] = ("feedback_key",)
    settings: tuple[str, ...] = ()
    opinion: BankOpinion = "seed"
    bounded = False
    whole_after: timedelta | None = timedelta(days=30)

    def child(self, *, environment: str) -> bool | None:
        """People of 18 and more; younger ones are sent to NCMEC's Take It Down."""
        return False

    def ask(self, *, place: Place, settings: Mapping[str, str], secrets: Mapping[str, str]) -> Asking:
        """Return the request for the page at a place."""
        since = max(_FIRST, int((before(at=place.since) - EPOCH).total_seconds()))
        words = {"startTimestamp": str(since), "pageSize": str(_AT_ONCE)}
        if place.token:
            words["nextPageToken"] = place.token
        headers = {"x-functions-key": secrets["fetch_key"], "ocp-apim-subscription-key": secrets["subscription_key"]}
        return Asking(path="/FetchHashes?" + urlencode(words), headers={"accept": "application/json", **headers})

    def read(self, *, body: bytes, base: str, settings: Mapping[str, str]) -> Page:
        """Return what a page says. Raises `Unreadable`."""
        found = read_json(body=body)
        records: list[Record] = []
        unusable, malformed = Counter[str](), list[str]()
        for one in objects(value=found.get("hashRecords")):
            try:
                kind = word(value=one.get("signalType"))
                if kind in _USABLE:
                    records.append(_record(one, _USABLE[kind]))
                else:
                    unusable[kind] += 1
            except ValueError:
                malformed.append(shown(value=one.get("hashValue")))
        more = found.get("hasMoreRecords")
        following = token(value=found.get("nextPageToken"))
        if not isinstance(more, bool) or (more and not following):
            raise Unreadable("no word on the next page")
        try:
            resume = seconds(value=found.get("nextSetTimestamp"))
        except ValueError:
            resume = None
        return Page(
            records=tuple(records), unusable=unusable, malformed=tuple(malformed), token=following if more else "", resume=resume
        )

    def tell(
        self, *, member: str, entry_id: str, type_: str, value: bytes, word: Word, secrets: Mapping[str, str]
    ) -> Asking | None:
        """Say that a hash matched here, and what people found."""
        if "feedback_key" not in secrets:
            return None
        said = {"hashValue": value.hex(), "feedbackValue": _WORDS[word], "tags": []}
        body = json.dumps({"count": 1, "hashFeedbacks": [said]}).encode()
        keys = {"x-functions-key": secrets["feedback_key"], "ocp-apim-subscription-key": secrets["subscription_key"]}
        return Asking(path="/SubmitFeedback", method="POST", headers={"content-type": "application/json", **keys}, body=body)


def _record(one: Mapping[str, Any], type_: HashType) -> Record:
    value = hash_of(type_=type_, text=one.get("hashValue"))
    status = word(value=one.get("hashStatus"))
    at = seconds(value=one.get("lastModtimestamp"))
    hashes = () if status in _GONE else (NewHash(type=type_, value=value, category=status, opinion="seed"),)
    return Record(member="", entry_id=f"{type_}:{value.hex()}", at=at, hashes=hashes)
