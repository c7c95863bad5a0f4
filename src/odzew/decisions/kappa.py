"""How well two people agree beyond chance: Cohen's kappa with its interval. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# The 97.5th percentile of the normal distribution: an interval that holds the true value 95 times of 100.
_Z: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """Cohen's kappa of `n` pairs of answers, between `low` and `high` with 95 % confidence."""

    value: float
    low: float
    high: float
    n: int


def kappa(*, pairs: Mapping[tuple[str, str], int]) -> Kappa | None:
    """Return the kappa of how often each pair (first answer, second answer) was given; None where chance alone explains all.

    That is so for no pairs at all, and where both always gave one and the same answer: then nothing can be learned of agreement.
    The interval is of the large-sample variance by Fleiss, Cohen and Everitt (Psychological Bulletin 72, 1969, 323-327), which
    holds where kappa is not 0; it is cut at -1 and 1.
    """
    n = sum(pairs.values())
    if n <= 0:
        return None
    words = sorted({word for pair in pairs for word in pair})
    part = {(a, b): pairs.get((a, b), 0) / n for a in words for b in words}
    first = {a: sum(part[a, b] for b in words) for a in words}
    second = {b: sum(part[a, b] for a in words) for b in words}
    seen, chance = sum(part[a, a] for a in words), sum(first[a] * second[a] for a in words)
    if chance >= 1 - 1e-12:
        return None
    value = (seen - chance) / (1 - chance)
    diagonal = sum(part[a, a] * ((1 - chance) - (first[a] + second[a]) * (1 - seen)) ** 2 for a in words)
    others = (1 - seen) ** 2 * sum(part[a, b] * (second[a] + first[b]) ** 2 for a in words for b in words if a != b)
    shift = (seen * chance - 2 * chance + seen) ** 2
    error = math.sqrt(max(diagonal + others - shift, 0.0) / n) / (1 - chance) ** 2
    return Kappa(value=value, low=max(value - _Z * error, -1.0), high=min(value + _Z * error, 1.0), n=n)
