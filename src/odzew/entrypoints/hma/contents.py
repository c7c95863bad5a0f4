"""`/c/bank/NAME/content` and `/c/bank/NAME/signal`: what is in a bank, one content at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest
from pydantic import ValidationError

from odzew.banks.contents import Content, content_numbered
from odzew.banks.data import NewHash
from odzew.banks.hma import TYPES
from odzew.entrypoints.api.bodies import read_json
from odzew.entrypoints.api.check import data_of
from odzew.entrypoints.api.context import the_desk
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import Reply, Unreadable, invalid
from odzew.entrypoints.hma.banks import read, said_of
from odzew.entrypoints.hma.hashing import exact_hashes, noted
from odzew.entrypoints.hma.shapes import LONGEST_NOTE, ContentChangeIn, MetadataIn
from odzew.entrypoints.hma.signals import OF_CONTENT, file_of, flag, signal_of
from odzew.foundation.errors import Forbidden, Invalid, NotFound
from odzew.hashing.turns import turned_of_bits
from odzew.ledger.people import Caller
from odzew.usecases._banking import frames_of, still_of
from odzew.usecases._looking import looks_of
from odzew.usecases.bank_content import FOR_GOOD, bank_content, change_content
from odzew.usecases.bank_entries import outside_bank, withdraw_entries

_LONGEST_DISABLED: Final = timedelta(days=5 * 365)


def add_file(*, request: HttpRequest, caller: Caller, now: datetime, name: str) -> Reply:
    """Answer `POST /c/bank/NAME/content`: bank a picture or film by all its hashes, a picture however it is turned.

    A flat picture is known by its bytes alone, and a note says so. Raises `Unreadable` for what cannot be decoded.
    """
    outside_bank(name=name)
    content, file = file_of(request=request)
    words = {**request.GET.dict(), **request.POST.dict()}
    metadata, note = _metadata(words.get("metadata", "")), _note(words.get("note", ""))
    hashes, why = exact_hashes(data=data_of(file=file), turned=True)
    looks = looks_of(hashes=hashes)
    if content == "photo" and not looks.pdq and not looks.frames:
        raise Unreadable(
            f"The file is no picture that can be read; to bank its bytes alone send their hash to /signal. {why}".strip()
        )
    kept = bank_content(
        bank=name, hashes=still_of(looks=looks), frames=frames_of(looks=looks), name=metadata.content_id or "", note=note,
        actor=caller.actor, now=now,
    )  # fmt: skip
    return Reply(status=200, body=to_json({"id": kept.id, "signals": _signals(kept, content)}), headers=noted(note=why))


def add_signals(*, request: HttpRequest, caller: Caller, now: datetime, name: str) -> Reply:
    """Answer `POST /c/bank/NAME/signal`: bank a content of which there are only hashes. Raises `Invalid`."""
    outside_bank(name=name)
    sent = read_json(body=request.body)
    if not isinstance(sent, dict):
        raise Invalid('Send a JSON object such as {"pdq": HASH}.')
    note = _note(sent.pop("note", request.GET.get("note", "")))
    given = {signal_of(name=n, text=v): n for n, v in sent.items()}
    hashes = [NewHash(type=t, value=v, forms=turned_of_bits(bits=v)[1:] if t == "pdq" else ()) for t, v in given]
    kept = bank_content(bank=name, hashes=hashes, note=note, actor=caller.actor, now=now)
    return Reply(status=200, body=to_json({"id": kept.id, "signals": {n: v.hex() for (_t, v), n in given.items()}}))


def show_content(*, request: HttpRequest, caller: Caller, now: datetime, name: str, number: int) -> Reply:
    """Answer `GET /c/bank/NAME/content/ID`. Raises `NotFound`, also for a content of another bank, and `Forbidden` for the desk's own banks
    and for the hashes of a bank that the policy does not let leave."""
    content = content_numbered(bank=outside_bank(name=name), number=number)
    if content is None:
        raise NotFound(f"The bank {name} has no such content.")
    said = _said(content)
    if flag(request.GET, "include_signals"):
        if name not in the_desk().policy.banks_may_leave:
            raise Forbidden(f"The policy does not let the bank {name} leave, one by one neither; leave out include_signals.")
        said["signals"] = _signals(content, "photo")
    if flag(request.GET, "include_metadata"):
        said["metadata"] = {"content_id": content.entries[0].entry_id or None}
    return Reply(status=200, body=to_json(said))


def alter_content(*, request: HttpRequest, caller: Caller, now: datetime, name: str, number: int) -> Reply:
    """Answer `PUT /c/bank/NAME/content/ID`: disable it, enable it again, or note something on it."""
    sent = read(ContentChangeIn, body=request.body)
    changes: dict[str, Any] = {} if sent.note is None else {"category": sent.note}
    if sent.disable_until_ts is not None:
        changes["disabled_until"] = _until(sent.disable_until_ts, now)
    return Reply(
        status=200, body=to_json(_said(change_content(bank=name, number=number, changes=changes, actor=caller.actor, now=now)))
    )


def give_up_content(*, request: HttpRequest, caller: Caller, now: datetime, name: str, number: int) -> Reply:
    """Answer `DELETE /c/bank/NAME/content/ID`: its entries are withdrawn; one of another bank is left alone, and 0 are deleted."""
    content = content_numbered(bank=outside_bank(name=name), number=number)
    if content is None:
        return Reply(status=200, body=to_json({"deleted": 0}))
    withdraw_entries(bank=name, ids=content.numbers, actor=caller.actor, now=now)
    return Reply(status=200, body=to_json({"deleted": 1}))


def _until(seconds: int, now: datetime) -> datetime | None:
    if seconds in (0, 1):
        return None if seconds else FOR_GOOD
    if seconds > (now + _LONGEST_DISABLED).timestamp():
        raise Invalid("disable_until_ts is at most five years ahead; 0 disables for good.")
    return datetime.fromtimestamp(seconds, tz=UTC)


def _note(text: Any) -> str:
    if not isinstance(text, str) or len(text) > LONGEST_NOTE or not text.isprintable():
        raise Invalid(f"A note has at most {LONGEST_NOTE} letters, all of which can be printed.")
    return text


def _metadata(text: str) -> MetadataIn:
    """Read the metadata of a content. An address of it, and words in any form, are refused rather than dropped unsaid."""
    if not text:
        return MetadataIn()
    try:
        return MetadataIn.model_validate(read_json(body=text.encode("utf-8", "replace")))
    except ValidationError as error:
        raise invalid(error=error) from None


def _said(content: Content) -> dict[str, Any]:
    entry = content.entries[0]
    until = entry.disabled_until
    return {
        "id": content.id,
        "disable_until_ts": 1 if until is None else 0 if until >= FOR_GOOD else int(until.timestamp()),
        "collab_metadata": {entry.member: [entry.entry_id]} if entry.member else {},
        "original_media_uri": None,
        "bank": said_of(bank=entry.bank),
        "note": entry.category or None,
    }


def _signals(content: Content, kind: str) -> dict[str, str]:
    """Return one hash of each type, as the signals of a photo or a video are called; none that was made in the fast way."""
    said: dict[str, str] = {}
    for entry in content.entries:
        if entry.mode == "exact":
            said.setdefault(next(n for n in OF_CONTENT[kind] if TYPES[n] == entry.type), entry.value.hex())
    return said
