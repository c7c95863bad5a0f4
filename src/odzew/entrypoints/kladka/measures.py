"""Obeys what the desk orders: hide, remove, restore, suspend. An older order never undoes a newer one."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

from odzew.entrypoints.kladka.records import KEPT_LETTERS, Letter, Status, stamp
from odzew.entrypoints.kladka.store import Store
from odzew.entrypoints.kladka.web import Refused

ITEM_STATUS: Final[dict[str, Status]] = {"withhold": "withheld", "remove": "removed", "restore": "public"}
ACCOUNT_MEASURES: Final = {"suspend_account": True, "restore_account": False}
SCOPES: Final = ("item", "media")


def obey(*, store: Store, data: dict[str, Any], ordered_at: float) -> str:
    """Carry out one `measure.ordered`; return `acted` or `superseded`. Only inside `store.change()`."""
    measure = _words(data, "measure")
    if measure in ITEM_STATUS:
        return _obey_item(store, data, ITEM_STATUS[measure], ordered_at)
    if measure in ACCOUNT_MEASURES:
        return _obey_account(store, data, suspended=ACCOUNT_MEASURES[measure], ordered_at=ordered_at)
    raise Refused(422, "This measure is not known here.")


def deliver(*, store: Store, kind: str, data: dict[str, Any], letter_id: str) -> str:
    """Put an answer or a statement of reasons in an inbox; return `acted`. Only inside `store.change()`."""
    account = store.accounts.get(name_of(data.get("account")))
    if account is None:
        raise Refused(404, "There is no such account.")
    item = name_of(data.get("item"))
    post = store.live(item)
    letter = Letter(
        id=letter_id,
        kind="answer" if kind == "answer.ready" else "statement",
        at=stamp(now=datetime.now(UTC)),
        text=_words(data, "text"),
        language=_words(data, "language"),
        notice=_words(data, "notice"),
        item=item,
        case=_words(data, "case") or (post.case if post else ""),
        appeal_until=_words(data, "appeal_until"),
        page=_words(data, "page"),
        code=_words(data, "code"),
    )
    account.inbox = [letter, *account.inbox][:KEPT_LETTERS]
    return "acted"


def moment(value: object) -> float | None:
    """Read a moment, RFC 3339 or seconds since 1970; nothing if it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def name_of(value: object) -> str:
    """Return the id in `"x"` or `{"id": "x"}`, or an empty text."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else ""


def _words(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _obey_item(store: Store, data: dict[str, Any], status: Status, ordered_at: float) -> str:
    post = store.live(name_of(data.get("item")))
    if post is None:
        raise Refused(404, "There is no such item.")
    scope = data.get("scope", "item")
    if scope not in SCOPES:
        raise Refused(422, "The scope is `item` or `media`.")
    if ordered_at < post.ordered_at:
        return "superseded"
    post.status, post.scope, post.ordered_at = status, scope, ordered_at
    post.measure_id, post.keep_until = _words(data, "measure_id"), _words(data, "keep_until")
    post.case = _words(data, "case") or post.case
    return "acted"


def _obey_account(store: Store, data: dict[str, Any], *, suspended: bool, ordered_at: float) -> str:
    account = store.accounts.get(name_of(data.get("account")))
    if account is None:
        raise Refused(404, "There is no such account.")
    if ordered_at < account.ordered_at:
        return "superseded"
    account.suspended, account.ordered_at = suspended, ordered_at
    return "acted"
