"""Everything hosted is held against what the banks know, from the first file to the last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from odzew.banks.api import bank_named
from odzew.cases.prints import count_prints, prints_after
from odzew.cases.scans import Place, move_on, place_of
from odzew.foundation.transactions import atomically
from odzew.matching.api import Index
from odzew.usecases._matched import follow_looked
from odzew.usecases.desk import Desk
from odzew.usecases.find_copies import Wide, look_at

MOST: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """How many files were looked at in this step, how many had something to follow, how many are left; `ended`: the scan is through."""

    looked: int
    followed: int
    left: int
    ended: bool


def scan_hosted(*, bank: str | None, desk: Desk, index: Index, now: datetime, most: int = MOST, afresh: bool = False) -> Scanned:
    """Look at the next hosted files and let their items follow what banks say, or one bank alone; call it until it has `ended`.

    How far it has come is kept: a scan that was stopped goes on from there, `afresh` begins again. Safe to repeat. Raises `NotFound`
    (no such bank) and `Unavailable` while the index is not whole.
    """
    if bank is not None:
        bank_named(name=bank)
    name = f"scan {bank or ''}".strip()
    start = 0 if afresh else place_of(name=name, start="").position
    prints = prints_after(number=start, most=most)
    wide = Wide(desk=desk, index=index)
    followed = 0
    for view in prints:
        looked = look_at(view=view, desk=desk, index=index, wide=wide)
        if bank is not None:
            looked = replace(looked, near=tuple(n for n in looked.near if n.bank == bank), copies=())
        if looked.near or looked.copies:
            atomically(lambda looked=looked: follow_looked(looked=looked, desk=desk, now=now, actor="desk"))  # type: ignore[misc]
            followed += 1
    ended = len(prints) < most
    end = 0 if ended else prints[-1].number
    atomically(lambda: move_on(name=name, place=Place(seen="", upto="", position=end)))
    return Scanned(looked=len(prints), followed=followed, left=0 if ended else count_prints(after=end), ended=ended)
