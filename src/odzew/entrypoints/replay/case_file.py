"""From the text of a case file (TOML) to a `Case`; every wrong, missing or unknown key is named in one sentence."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

from odzew.entrypoints.replay.curves import LEAST_AFTER, share_after
from odzew.entrypoints.replay.story import Account, Case, Curve, Item, Person, Shape, Staffing, StoryNotice, Then
from odzew.entrypoints.replay.toml_table import Table
from odzew.foundation.errors import Invalid
from odzew.policy.vocabulary import CLAIMANTS, FLAGS, KINDS, OUTCOMES, REGIMES, SOURCES

_SHAPES: Final = frozenset({"steady", "early", "late"})
_FOLDER: Final = files("odzew.entrypoints.replay").joinpath("cases")


def shipped_cases() -> list[str]:
    """Return the names of the cases that ship with Odzew."""
    return sorted(f.name.removesuffix(".toml") for f in _FOLDER.iterdir() if f.name.endswith(".toml"))


def find_case(*, name: str) -> Case:
    """Return a shipped case by its name, or the one in a file. Raises `Invalid` with one sentence."""
    shipped = shipped_cases()
    if name in shipped:
        return load_case(text=_FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    path = Path(name)
    if not path.is_file():
        raise Invalid(f"There is no case file {name}, and no shipped case of that name; shipped: {', '.join(shipped)}.")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"The case file {name} cannot be read: {error}.") from error
    return load_case(text=text)


def load_case(*, text: str) -> Case:
    """Read a case from the text of its file. Raises `Invalid` with one sentence that names the key."""
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"The case file is not valid TOML: {error}.") from error
    top = Table("", values).only(
        "name",
        "title",
        "sources",
        "assumed",
        "jurisdiction",
        "posted",
        "accounts",
        "items",
        "notices",
        "then",
        "curves",
        "staffing",
    )
    accounts = _accounts(top)
    items = _items(top, {a.id for a in accounts})
    case = Case(
        name=top.text("name"),
        title=top.text("title"),
        sources=_some(top, "sources"),
        assumed=top.texts("assumed"),
        jurisdiction=top.text("jurisdiction"),
        posted=top.moment("posted"),
        accounts=accounts,
        items=items,
        notices=_notices(top, tuple(i.id for i in items)),
        then=_then(top.table("then")),
        curves=_curves(top),
        staffing=_staffing(top),
    )
    _consistent(case, top)
    return case


def _some(top: Table, name: str) -> tuple[str, ...]:
    top.get(name)
    values = top.texts(name)
    if not values:
        raise top.wrong(name, "a list of texts that is not empty")
    return values


def _once(tables: list[Table], name: str) -> None:
    seen: set[str] = set()
    for t in tables:
        if (value := t.text(name)) in seen:
            raise t.wrong(name, "different from the others")
        seen.add(value)


def _accounts(top: Table) -> tuple[Account, ...]:
    tables = [t.only("id", "known") for t in top.tables("accounts")]
    _once(tables, "id")
    return tuple(Account(id=t.text("id"), known=t.yes("known")) for t in tables)


def _items(top: Table, accounts: set[str]) -> tuple[Item, ...]:
    tables = [t.only("id", "account", "media", "share", "kind") for t in top.tables("items")]
    _once(tables, "id")
    even = 1 / len(tables)
    items = tuple(
        Item(
            id=t.text("id"),
            account=t.word("account", accounts),
            media=t.text("media", default=t.text("id")),
            share=t.part("share", default=even),
            kind=t.text("kind", default="post"),
        )
        for t in tables
    )
    if abs(sum(i.share for i in items) - 1) > 1e-6:
        raise Invalid("The case file's items.share must sum to 1.", key="items.share")
    return items


def _notices(top: Table, items: tuple[str, ...]) -> tuple[StoryNotice, ...]:
    notices = []
    for t in top.tables("notices"):
        t.only("at", "reporter", "claimant", "kind", "minor", "source", "flags", "items", "regimes")
        minor: bool | None = None if t.values.get("minor") == "unknown" else t.yes("minor")
        named = t.words("items", items)
        notices.append(
            StoryNotice(
                at=t.moment("at"),
                reporter=t.text("reporter"),
                claimant=t.word("claimant", CLAIMANTS),
                kind=t.word("kind", KINDS),
                minor=minor,
                source=t.word("source", SOURCES, default="user"),
                flags=t.words("flags", FLAGS),
                items=tuple(i for i in items if i in named) or items,
                regimes=t.words("regimes", REGIMES),
            )
        )
    return tuple(sorted(notices, key=lambda n: n.at))


def _then(t: Table) -> Then:
    t.only("counted_at", "views", "reposts", "decided_at", "answered_at", "gone_at")
    return Then(
        counted_at=t.moment("counted_at"),
        views=t.whole("views"),
        reposts=t.whole("reposts"),
        decided_at=t.moment_or_never("decided_at"),
        answered_at=t.moment_or_never("answered_at"),
        gone_at=t.moment_or_never("gone_at"),
    )


def _curves(top: Table) -> tuple[Curve, ...]:
    tables = [t.only("name", "shape", "after") for t in top.tables("curves")]
    _once(tables, "name")
    curves = []
    for t in tables:
        shape = cast(Shape, t.word("shape", _SHAPES))
        if t.has("after") and shape != "early":
            raise t.wrong("after", "left out: only an early burst takes it")
        after = t.part("after") if shape == "early" else None
        if after is not None and after < LEAST_AFTER:
            raise t.wrong("after", "at least a third")
        curves.append(Curve(name=t.text("name"), shape=shape, after=after))
    return tuple(curves)


def _staffing(top: Table) -> tuple[Staffing, ...]:
    tables = [t.only("name", "people") for t in top.tables("staffing")]
    _once(tables, "name")
    return tuple(Staffing(name=t.text("name"), people=tuple(_person(p) for p in t.tables("people", least=0))) for t in tables)


def _person(t: Table) -> Person:
    t.only("on_duty_after", "on_duty_until", "takes", "decides", "ground", "reason")
    return Person(
        on_duty_after=t.span("on_duty_after", default="0 h"),
        on_duty_until=t.span("on_duty_until") if t.has("on_duty_until") else None,
        takes=t.span("takes"),
        decides=t.word("decides", OUTCOMES),
        ground=t.text("ground"),
        reason=t.text("reason", default="Decided as the case file says."),
    )


def _consistent(case: Case, top: Table) -> None:
    """What no single key can say: the order of things, and that the curves do not flatter."""
    first, then = case.first_notice, case.then
    if case.posted >= first:
        raise top.wrong("posted", "before the first notice")
    if then.counted_at <= first:
        raise Invalid("The case file's then.counted_at must be after the first notice.", key="then.counted_at")
    for name, at in (("decided_at", then.decided_at), ("answered_at", then.answered_at), ("gone_at", then.gone_at)):
        if at is not None and at < first:
            raise Invalid(f"The case file's then.{name} must not be before the first notice.", key=f"then.{name}")
    for n, curve in enumerate(case.curves):
        if curve.after is not None and curve.after > (steady := _steady_after(case)):
            raise Invalid(
                f"The case file's curves[{n}].after must be at most {steady:.2f}, or the burst would come later than steady views.",
                key=f"curves[{n}].after",
            )
        if share_after(case=case, curve=curve) < LEAST_AFTER - 1e-9:
            raise Invalid(
                f"The case file's curves[{n}].shape must leave at least a third of the views after the first notice; "
                "choose a moment of `posted` nearer to it, or another shape.",
                key=f"curves[{n}].shape",
            )


def _steady_after(case: Case) -> float:
    return share_after(case=case, curve=Curve(name="steady", shape="steady"))
