"""Which forms there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from odzew.exchanges.data import Form, ListForm, LookupForm, TellForm
from odzew.exchanges.forms.arachnid import Arachnid
from odzew.exchanges.forms.ncmec import Ncmec
from odzew.exchanges.forms.stopncii import StopNcii
from odzew.exchanges.forms.threatexchange import ThreatExchange
from odzew.foundation.errors import Invalid

LISTS: Final[Mapping[str, ListForm]] = {form.name: form for form in (Ncmec(), StopNcii(), ThreatExchange())}
LOOKUPS: Final[Mapping[str, LookupForm]] = {form.name: form for form in (Arachnid(),)}
TELLS: Final[Mapping[str, TellForm]] = {form.name: form for form in (Ncmec(), StopNcii())}
FORMS: Final[Mapping[str, Form]] = {**LISTS, **LOOKUPS}


def form_named(*, name: str) -> Form:
    """Return a form. Raises `Invalid` with the list of them."""
    if name not in FORMS:
        raise Invalid(f"There is no form {name!r}; there are {', '.join(FORMS)}.")
    return FORMS[name]
