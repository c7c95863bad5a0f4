"""Before something is published: is it known? By hashes, or by the file itself."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from pydantic import ValidationError

from odzew.banks.verdict import EVERYTHING, Asking
from odzew.cases.prints import Looks
from odzew.cases.register import ItemIn, MediaIn
from odzew.entrypoints.api.bodies import KB, read_json
from odzew.entrypoints.api.context import the_desk
from odzew.entrypoints.api.items import item_of
from odzew.entrypoints.api.notices import to_json, written
from odzew.entrypoints.api.problems import Reply, TooLarge, Unreadable, WrongType, invalid
from odzew.entrypoints.api.shapes import Hash, ItemLine
from odzew.entrypoints.check.shapes import CheckIn
from odzew.entrypoints.hashes import quick, the_decoder, the_index
from odzew.foundation.errors import Invalid
from odzew.ledger.people import Caller
from odzew.matching.decoder.data import Verdict
from odzew.usecases._looking import looks_of
from odzew.usecases.check_upload import Checked, check_upload, matches_in

BODY: Final = 64 * KB * KB
_JSON_BODY: Final = 1024 * KB
# What a file that could not be looked at means: not a picture or film at all is allowed unless its bytes are known; else it waits.
HOLDS: Final[frozenset[Verdict]] = frozenset(
    {"too_large", "too_many_pixels", "timed_out", "out_of_memory", "crashed", "refused", "busy"}
)
_AGAIN_SECONDS: Final = 5


def check(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `POST /check`: JSON with hashes, or a multipart form with a file. Raises what `check_upload` raises, and what is wrong
    with the form."""
    if (request.content_type or "").lower() == "application/json":
        if len(request.body) > _JSON_BODY:
            raise TooLarge(f"A check by hashes takes at most {_JSON_BODY // KB} kB.", limit=_JSON_BODY)
        files, upload, held, note = (*_from_json(request.body), False, "")
    else:
        files, upload, held, note = _from_form(request)
    done = ask(files=files, upload=upload, unseen=held, caller=caller, now=now)
    return Reply(status=200, body=to_json(_said(done, caller, note)))


def ask(
    *,
    files: list[Looks],
    caller: Caller,
    now: datetime,
    upload: ItemIn | None = None,
    unseen: bool = False,
    asking: Asking = EVERYTHING,
) -> Checked:
    """Ask as `check_upload` does, and count what matches nothing. Raises what it raises."""
    done = check_upload(
        files=files, upload=upload, unseen=unseen, caller=caller, desk=the_desk(), index=the_index(), asking=asking, now=now
    )
    if done.answer == "allow" and done.checked:
        quick().misses.count(program=caller.id, at=now)
    return done


def _said(done: Checked, caller: Caller, note: str) -> dict[str, Any]:
    said: dict[str, Any] = {"verdict": done.answer, "as_of": written(done.as_of) if done.as_of else None, "checked": done.checked}
    if done.incomplete:
        said["ask_again_after"] = _AGAIN_SECONDS
    if "lookup" in caller.scopes:
        said["matches"] = matches_in(checked=done)
        if note:
            said["note"] = note
    return said


def _from_json(body: bytes) -> tuple[list[Looks], ItemIn | None]:
    try:
        asked = CheckIn.model_validate(read_json(body=body))
    except ValidationError as error:
        raise invalid(error=error) from None
    return [_looks(h) for h in asked.hashes], item_of(item_id=asked.item.id, sent=asked.item) if asked.item else None


def _looks(sent: Hash) -> Looks:
    value = bytes.fromhex(sent.value)
    if sent.type == "pdq":
        return Looks(pdq=value, quality=100 if sent.quality is None else sent.quality)
    return Looks(sha256=value) if sent.type == "sha256" else Looks(md5=value)


def _from_form(request: HttpRequest) -> tuple[list[Looks], ItemIn | None, bool, str]:
    try:
        sent = request.FILES.getlist("file")
        fields = request.POST
    except Exception as error:  # Django's parser has several ways to say that a form is broken
        raise Unreadable("The form cannot be read; send multipart/form-data with one field named file.") from error
    if len(sent) != 1 or set(request.FILES) != {"file"}:
        raise Invalid("Send exactly one file, in the field named file.")
    if unknown := sorted(set(fields) - {"item", "media"}):
        raise Invalid(f"There is no field {unknown[0]!r}; a form has file, item and media.")
    looks, verdict, note = looked_at(file=sent[0])
    held = verdict in HOLDS
    text = fields.get("item")
    if text is None:
        return [looks], None, held, note
    try:
        line = ItemLine.model_validate(read_json(body=text.encode()))
    except ValidationError as error:
        raise invalid(error=error) from None
    return [], _with_file(item_of(item_id=line.id, sent=line), fields.get("media", ""), looks), held, note


def _with_file(upload: ItemIn, name: str, looks: Looks) -> ItemIn:
    """Let the file be the media that the form names, or the only one there is."""
    names = [m.id for m in upload.media]
    if not name and len(names) > 1:
        raise Invalid("The item has several media; say in the field media which of them the file is.")
    chosen = name or (names[0] if names else "file")
    if names and chosen not in names:
        raise Invalid("The field media names no media of the item.")
    if not names:
        return replace(upload, media=(MediaIn(id=chosen, sha256=looks.sha256, md5=looks.md5, looks=looks),))
    media = tuple(replace(m, looks=looks, sha256=looks.sha256, md5=looks.md5) if m.id == chosen else m for m in upload.media)
    return replace(upload, media=media)


def looked_at(*, file: UploadedFile[bytes]) -> tuple[Looks, Verdict, str]:
    """Hash a file in a child process; whatever happens there, its bytes are known by SHA-256 and MD5.

    Returns what it looks like, what became of decoding it, and a sentence on that.
    """
    data = data_of(file=file)
    decoded = the_decoder().hashes(data=data, mode="fast", turned=True)
    if decoded.hashes is not None:
        return looks_of(hashes=decoded.hashes), decoded.verdict, decoded.note or decoded.hashes.note
    looks = Looks(sha256=hashlib.sha256(data).digest(), md5=hashlib.md5(data, usedforsecurity=False).digest())
    return looks, decoded.verdict, decoded.note


def data_of(*, file: UploadedFile[bytes]) -> bytes:
    """Return the bytes of a file that was sent. Raises `Invalid` for an empty one."""
    if not file.size:
        raise Invalid("The file is empty.")
    if not hasattr(file, "read"):
        raise WrongType("Send the file as it is.")
    return bytes(file.read())
