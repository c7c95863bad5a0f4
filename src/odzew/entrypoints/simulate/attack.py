"""A wave of false reports as values: which posts there are, who reports what when, and who is at the desk."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
_EACH: Final = timedelta(hours=1) / 10_000
POSTS, FALSE, TRUE = 100, 10_000, 10
_SEED: Final = 7
_FEW, _MANY = 15, 9_000
_NETWORK_SENDS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large the attack is: posts in all, false reports, and true ones, each about a post of its own among them."""

    posts: int = POSTS
    false: int = FALSE
    true: int = TRUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post of the platform; `views` are known before anybody reports."""

    id: str
    account: str
    views: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Somebody reports a post on the form, from a network; or, with `hotline`, an enrolled hotline does."""

    at: datetime
    post: str
    who: str
    age: str
    network: str
    true: bool = False
    hotline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """All posts and all reports, in order of time."""

    posts: tuple[Post, ...]
    reports: tuple[Report, ...]

    @property
    def harmful(self) -> frozenset[str]:
        """The posts that are what their reports say."""
        return frozenset(r.post for r in self.reports if r.true)

    def without(self) -> Attack:
        """The same hour without a single false report."""
        return Attack(posts=self.posts, reports=tuple(r for r in self.reports if r.true))


# How the true ones differ: who reports, what age they give, whether many saw it, whether it is the hotline. The first looks just like
# a false one; so does every fifth after it.
_TRUE: Final = (
    ("me", "under_18", _FEW, False),
    ("someone_else", "under_18", _FEW, False),
    ("me", "under_18", _MANY, False),
    ("someone_else", "under_18", _FEW, True),
    ("my_child", "unknown", _FEW, False),
)


def attack(*, size: Size) -> Attack:
    """Return an attack of a size, always the same: nearly three false reports a second in the first person, ten thousand in an hour.

    Each sending network sends some fifty. Posts that are harmful are reported once, truly, somewhere in that time.
    """
    rng, networks = random.Random(_SEED), max(2, size.false // _NETWORK_SENDS)  # noqa: S311 - a story, not a secret
    # Whoever uploaded what is harmful is nobody else's uploader: a mark on their account would set innocent posts apart from the wave.
    posts = [Post(id=f"post-{n}", account=f"stranger-{n}", views=_TRUE[n % 5][2]) for n in range(size.true)]
    posts += [Post(id=f"post-{n}", account=f"account-{n % 12}", views=_FEW) for n in range(size.true, size.posts)]
    rng.shuffle(named := list(range(size.true, size.posts)))
    reports = [
        Report(
            at=START + _EACH * n,
            post=f"post-{named[n % len(named)]}",
            who="me",
            age="under_18",
            network=f"20.0.{rng.randrange(networks)}.0/24",
        )
        for n in range(size.false)
    ]
    for n in range(size.true):
        who, age, _, hotline = _TRUE[n % 5]
        at = START + _EACH * size.false * (n + 0.5) / size.true
        reports.append(Report(at=at, post=f"post-{n}", who=who, age=age, network=f"30.0.{n}.0/24", true=True, hotline=hotline))
    return Attack(posts=tuple(posts), reports=tuple(sorted(reports, key=lambda r: r.at)))
