"""`/h/hash`: the hashes of a file. Made bit for bit as the reference does, for they are given away."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NoReturn

from django.http import HttpRequest

from odzew.banks.hma import TYPES
from odzew.cases.prints import FLAT_BELOW
from odzew.entrypoints.api.check import HOLDS, data_of
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import Reply, Unreadable
from odzew.entrypoints.hashes import the_decoder
from odzew.entrypoints.hma.signals import file_of, types_in
from odzew.foundation.errors import Invalid, Unavailable
from odzew.hashing.data import FileHashes
from odzew.ledger.people import Caller
from odzew.matching.decoder.data import Verdict

NOTE: Final = "Odzew-Note"


def hash_nothing(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `GET /h/hash`, which Hasher-Matcher-Actioner has for an address alone. Raises `Invalid`."""
    raise Invalid("Send the file with POST /h/hash.")


def hash_file(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `POST /h/hash`. A flat picture has an empty PDQ, and a note in the headers; raises `Unreadable` for what is no picture."""
    content, file = file_of(request=request)
    types = types_in(request.GET, content=content)
    hashes, note = exact_hashes(data=data_of(file=file))
    said = {}
    if "pdq" in types and content == "photo":
        said["pdq"] = _pdq(hashes, note)
    for name in sorted(types - {"pdq"}):
        said[name] = (hashes.md5 if TYPES[name] == "md5" else hashes.sha256).hex()
    return Reply(status=200, body=to_json(said), headers=noted(note=note))


def exact_hashes(*, data: bytes, turned: bool = False) -> tuple[FileHashes, str]:
    """Return the hashes of a file as the reference makes them, and a sentence if there is something to say.

    Raises `Unavailable` if the decoder has too much to do, `Unreadable` for a file that it gave up on.
    """
    decoded = the_decoder().hashes(data=data, mode="exact", turned=turned)
    if decoded.verdict in HOLDS or decoded.hashes is None:
        refuse_undecoded(verdict=decoded.verdict, note=decoded.note)
    return decoded.hashes, decoded.note or decoded.hashes.note


def refuse_undecoded(*, verdict: Verdict, note: str) -> NoReturn:
    """Say that a file could not be looked at, which must not look like "not known": `Unavailable` if that passes, else `Unreadable`."""
    if verdict == "busy":
        raise Unavailable(note, retry_after=2)
    raise Unreadable(f"The file could not be decoded, so that nobody can say what is in it. {note}".strip())


def _pdq(hashes: FileHashes, note: str) -> str:
    """Return the PDQ of a picture, empty where it says nothing (`note` says why). Raises `Unreadable` for what is no picture at all."""
    if hashes.picture is None and not hashes.frames:
        raise Unreadable(f"The file is no picture that can be read. {note}".strip())
    return hashes.picture.pdq.hex if hashes.picture is not None and hashes.picture.pdq.quality >= FLAT_BELOW else ""


def noted(*, note: str) -> dict[str, str]:
    """Return the headers that carry a sentence beside a body whose every field is a hash or a bank."""
    words = " ".join(note.split()).encode("ascii", "replace").decode()
    return {NOTE: words[:500]} if words else {}
