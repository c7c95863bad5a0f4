"""Holding back whoever guesses codes, without holding up anybody else."""

from __future__ import annotations

from typing import Final

from odzew.entrypoints.reporter.tally import Limits, Tally

NETWORK_MOST: Final = 12
# Wrong codes of a network that do not make it wait while very many networks guess: whoever is new to a code may be wrong twice.
CROWDED: Final = 3
LIMITS: Final = Limits(network_most=NETWORK_MOST, network_seconds=600.0, all_most=2000, all_seconds=60.0, crowded=CROWDED)


class Guesses(Tally):
    """Wrong codes by network; a code with a wrong check digit is none."""

    def __init__(self) -> None:
        super().__init__(LIMITS)

    def wrong(self, *, network: str) -> None:
        """Count a wrong code."""
        self.count(network=network)
