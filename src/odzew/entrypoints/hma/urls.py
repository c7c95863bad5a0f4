"""Every word with who may use it; a word that is not here is not there."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, path

from odzew.entrypoints.api.bodies import MULTIPART
from odzew.entrypoints.api.check import BODY
from odzew.entrypoints.hma import banks, contents, hashing, lookup
from odzew.entrypoints.hma.door import BANK, HASH, LOOKUP, SMALL, Word, view

_CONTENT: Final = "c/bank/<str:name>/content/<int:number>"

WORDS: Final = (
    Word(method="GET", path="h/hash", rights=HASH, answer=hashing.hash_nothing, fetches=True),
    Word(method="POST", path="h/hash", rights=HASH, answer=hashing.hash_file, body=BODY, type=MULTIPART),
    Word(method="GET", path="m/lookup", rights=LOOKUP, answer=lookup.lookup_signal, fetches=True),
    Word(method="POST", path="m/lookup", rights=LOOKUP, answer=lookup.lookup_file, body=BODY, type=MULTIPART),
    Word(method="GET", path="m/raw_lookup", rights=LOOKUP, answer=lookup.raw_lookup),
    Word(method="POST", path="m/compare", rights=LOOKUP, answer=lookup.compare, body=SMALL),
    Word(method="GET", path="m/index/status", rights=LOOKUP, answer=lookup.index_status),
    Word(method="GET", path="c/banks", rights=BANK, answer=banks.list_banks),
    Word(method="POST", path="c/banks", rights=BANK, answer=banks.make_bank, body=SMALL),
    Word(method="GET", path="c/bank/<str:name>", rights=BANK, answer=banks.show_bank),
    Word(method="PUT", path="c/bank/<str:name>", rights=BANK, answer=banks.alter_bank, body=SMALL),
    Word(method="DELETE", path="c/bank/<str:name>", rights=BANK, answer=banks.give_up_bank),
    Word(
        method="POST",
        path="c/bank/<str:name>/content",
        rights=BANK,
        answer=contents.add_file,
        body=BODY,
        type=MULTIPART,
        fetches=True,
    ),
    Word(method="POST", path="c/bank/<str:name>/signal", rights=BANK, answer=contents.add_signals, body=SMALL),
    Word(method="GET", path=_CONTENT, rights=BANK, answer=contents.show_content),
    Word(method="PUT", path=_CONTENT, rights=BANK, answer=contents.alter_content, body=SMALL),
    Word(method="DELETE", path=_CONTENT, rights=BANK, answer=contents.give_up_content),
    Word(method="GET", path="c/signal_type", rights=BANK, answer=banks.signal_types),
    Word(method="GET", path="c/content_type", rights=BANK, answer=banks.content_types),
)

urlpatterns: list[URLPattern] = [
    path(place, view(words={w.method: w for w in WORDS if w.path == place})) for place in dict.fromkeys(w.path for w in WORDS)
]
