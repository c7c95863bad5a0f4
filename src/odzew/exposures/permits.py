"""May the desk look at all? Only while the statement of its country stands."""

from __future__ import annotations

import hashlib
import tomllib
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from odzew.exposures.data import PermitView
from odzew.exposures.models import Permit
from odzew.foundation.errors import Conflict, Invalid
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes

FIELDS: Final = ("responsible", "basis", "confirmed_by", "care")
LONGEST: Final = timedelta(days=366)
_MOST_LETTERS: Final = 500


@cache
def _pages() -> dict[str, Any]:
    return tomllib.loads(files("odzew.exposures").joinpath("statement.toml").read_text(encoding="utf-8"))


def form_version() -> int:
    """Return the version of the page that an operator completes."""
    version: int = _pages()["version"]
    return version


def page(*, language: str, country: str, answers: Mapping[str, str], until: datetime) -> str:
    """Return the one-page statement as it reads with these answers. Raises `Invalid` for one that is missing, or too long."""
    words = {name: " ".join(answers.get(name, "").split()) for name in FIELDS}
    for name, said in words.items():
        if not said or len(said) > _MOST_LETTERS or not said.isprintable():
            raise Invalid(f"Complete the statement: {name.replace('_', ' ')} is missing, or longer than {_MOST_LETTERS} letters.")
    pages = _pages()
    text: str = pages.get(language, pages["en"])["text"]
    return text.format(**words, country=country, until=f"{until:%Y-%m-%d}", version=form_version()).strip()


def standing(*, country: str, now: datetime) -> PermitView | None:
    """Return the statement by which people may look now, or None: then nothing is shown to anybody."""
    row = Permit.objects.filter(country=country, ended_at=None, at__lte=now, until_at__gt=now).first()
    return _view(row) if row else None


def complete(
    writes: Writes, *, country: str, text: str, text_id: uuid.UUID, care: str, until: datetime, now: datetime
) -> PermitView:
    """Add a country's next statement. Raises `Invalid` for an end that is past or too far, `Conflict` while another stands."""
    if not now < until <= now + LONGEST:
        raise Invalid("The statement ends within a year, so that somebody reads it again: choose a day from tomorrow on.")
    Permit.objects.filter(country=country, ended_at=None, until_at__lte=now).update(ended_at=now)
    known = Permit.objects.filter(country=country).order_by("-version").first()
    if known is not None and known.ended_at is None:
        raise Conflict("Looking is on already. End it first to complete a new statement.")
    row = Permit(
        id=new_id(now=now),
        country=country,
        version=known.version + 1 if known else 1,
        form=form_version(),
        text_id=text_id,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        care=care,
        at=now,
        until_at=until,
        ended_at=None,
    )
    writes.insert(Permit, {str(f.column): getattr(row, f.attname) for f in Permit._meta.local_concrete_fields})
    return _view(row)


def end(*, country: str, now: datetime) -> PermitView:
    """End a country's statement at once. Raises `Conflict` if none stands."""
    row = Permit.objects.select_for_update().filter(country=country, ended_at=None).first()
    if row is None:
        raise Conflict("Looking is off already.")
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    return _view(row)


def _view(row: Permit) -> PermitView:
    return PermitView(
        id=row.id,
        country=row.country,
        version=row.version,
        form=row.form,
        text=row.text_id,
        care=row.care,
        at=row.at,
        until=row.until_at,
        ended_at=row.ended_at,
    )
