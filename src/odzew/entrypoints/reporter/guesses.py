"""Holding back whoever guesses codes, without holding up anybody else."""

from __future__ import annotations

from typing import Final

from odzew.entrypoints.reporter.tally import Limits, Tally

NETWORK_MOST: Final = 12
_LIMITS: Final = Limits(network_most=NETWORK_MOST, network_seconds=600.0, all_most=2000, all_seconds=60.0)


class Guesses(Tally):
    """Wrong codes by network."""

    def __init__(self) -> None:
        super().__init__(_LIMITS)

    def wrong(self, *, network: str) -> None:
        """Count a wrong code."""
        self.count(network=network)
