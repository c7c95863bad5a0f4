"""What platforms host: one item, or thousands in one call."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from odzew.cases.register import ItemIn as Item
from odzew.cases.register import MediaIn as Media
from odzew.entrypoints.api.bodies import ITEM, Readable, lines
from odzew.entrypoints.api.context import the_desk
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import Reply, invalid
from odzew.entrypoints.api.shapes import ItemIn, ItemLine, MediaIn
from odzew.foundation.errors import Invalid
from odzew.ledger.people import Caller
from odzew.usecases.register_items import MOST, register_items


def put_item(*, item_id: str, sent: ItemIn, caller: Caller, now: datetime) -> Reply:
    """Register an item or update it: 201 if it is new."""
    result = register_items(items=[item_of(item_id=item_id, sent=sent)], caller=caller, desk=the_desk(), now=now)
    return Reply(status=201 if result.new else 200, body=to_json({"id": item_id, "new": bool(result.new)}))


def put_batch(*, source: Readable, caller: Caller, now: datetime) -> Reply:
    """Register all items of an NDJSON body, or, if a line is wrong, none of them; the problem names the line."""
    items = []
    for number, value in lines(source=source, longest=ITEM, most=MOST):
        try:
            sent = ItemLine.model_validate(value)
        except ValidationError as error:
            wrong = invalid(error=error)
            raise Invalid(f"Line {number}: {wrong.sentence}", line=number, **wrong.detail) from None
        items.append(item_of(item_id=sent.id, sent=sent))
    result = register_items(items=items, caller=caller, desk=the_desk(), now=now)
    return Reply(status=200, body=to_json({"stored": result.stored, "new": result.new}))


def item_of(*, item_id: str, sent: ItemIn) -> Item:
    """Return an item as the rooms know it."""
    spread = sent.spread
    return Item(
        id=item_id,
        kind=sent.kind,
        url=sent.url,
        account_id=sent.account.id,
        account_handle=sent.account.handle or "",
        account_url=sent.account.url or "",
        account_minor=sent.account.minor or False,
        created_at=sent.created_at,
        repost_of=sent.repost_of or "",
        media=tuple(_media(m) for m in sent.media),
        spread=(spread.views, spread.reposts, spread.at) if spread else None,
        private=sent.private,
        countries=tuple(sent.countries),
    )


def _media(sent: MediaIn) -> Media:
    by_type = {h.type: bytes.fromhex(h.value) for h in sent.hashes}
    return Media(
        id=sent.id,
        url=sent.url or "",
        sha256=by_type.get("sha256"),
        md5=by_type.get("md5"),
        hashes=tuple(h.plain() for h in sent.hashes),
    )
