"""A few posts to begin with: footbridges, seen by people who like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from odzew.entrypoints.kladka.app import Kladka
from odzew.entrypoints.kladka.publishing import Draft, publish


@dataclass(frozen=True)
class Seed:
    """One post to begin with; the number seeds its picture."""

    id: str
    account: str
    text: str
    alt: str
    number: int
    views: int
    kind: str | None = None
    repost_of: str | None = None


SEEDS: Final = (
    Seed(
        "kladka-w-parku",
        "zuzanna.rysuje",
        "Kładka w parku, ta przy kaczkach. Wreszcie odmalowana!",
        "Rysunek: kładka w parku",
        7,
        733,
        "footbridge",
    ),
    Seed(
        "most-lukowy",
        "halina_z_mostu",
        "Kamienne łuki o zmierzchu. Woda jak lustro.",
        "Rysunek: most łukowy nad rzeką",
        5,
        412,
        "arch",
    ),
    Seed(
        "kratownica",
        "stare_zelazo",
        "Stara kratownica za młynem. Każdy nit na swoim miejscu.",
        "Rysunek: most kratownicowy",
        4,
        1_280,
        "truss",
    ),
    Seed("kafelki", "pracownia_wzor", "Wzór na posadzkę przy przystani. Co myślicie?", "Wzór z ćwiartek koła", 3, 57),
    Seed(
        "hanging-line",
        "bridge_by_bridge",
        "All those lines, and not one of them straight.",
        "Drawing: a suspension bridge",
        2,
        2_304,
        "suspension",
    ),
    Seed(
        "morning-walk",
        "bridge_by_bridge",
        "Footbridge no. 214: creaks a little, in a friendly way.",
        "Drawing: a footbridge",
        12,
        96,
        "footbridge",
    ),
    Seed("waves", "pracownia_wzor", "River study, eleven layers.", "Pattern of waves", 19, 18),
    Seed(
        "podaj-dalej",
        "stare_zelazo",
        "Podaję dalej, bo to moja ulubiona.",
        "Rysunek: kładka w parku",
        7,
        205,
        None,
        "kladka-w-parku",
    ),
)


def seed(app: Kladka) -> None:
    """Add the posts that are not there yet and register them; calling it again adds nothing."""
    from odzew.entrypoints.kladka.pictures import bridge, pattern

    for one in SEEDS:
        if app.store.post(one.id) is not None:
            continue
        picture = None
        if one.repost_of is None:
            picture = bridge(seed=one.number, kind=one.kind) if one.kind else pattern(seed=one.number)
        wish = Draft(account=one.account, text=one.text, picture=picture, views=one.views, alt=one.alt, repost_of=one.repost_of)
        original = app.store.post(one.repost_of) if one.repost_of else None
        if (original is None and one.repost_of) or (original is not None and not original.shown):
            continue
        publish(store=app.store, wish=wish, post_id=one.id)
        app.registrar.register(post_id=one.id)
