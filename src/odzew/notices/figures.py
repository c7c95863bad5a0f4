"""Figures over many notices: what became of those that enrolled sources sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odzew.foundation.ids import first_id
from odzew.foundation.writes import fetch_all
from odzew.policy.vocabulary import TRUSTED_SOURCES

MOST: Final = 100
# Of fewer decided ones a share says more of chance than of the source.
LEAST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """What became of the notices that one program sent as one source in a time, each once for each case that it stands on.

    `confirmed`: removed or kept hidden; `cleared`: no violation; `not_found`; the others wait. It follows the decision of today: an appeal
    that overturns one changes it.
    """

    program: str
    source: str
    notices: int
    waiting: int
    confirmed: int
    cleared: int
    not_found: int

    @property
    def share(self) -> float | None:
        """What part of those that were found and decided was confirmed; None while they are too few to say."""
        decided = self.confirmed + self.cleared
        return self.confirmed / decided if decided >= LEAST else None


_ACCURACY: Final = """
SELECT p.name, n.source, count(*), count(*) FILTER (WHERE c.state NOT IN ('removed', 'kept_withheld', 'cleared', 'not_found')),
  count(*) FILTER (WHERE c.state IN ('removed', 'kept_withheld')), count(*) FILTER (WHERE c.state = 'cleared'),
  count(*) FILTER (WHERE c.state = 'not_found')
FROM notices_notice n JOIN notices_handling h ON h.notice_id = n.id AND h.state <> 'moved' JOIN cases_case c ON c.id = h.case_id
JOIN ledger_program p ON p.id = n.program_id
WHERE n.id >= %s AND n.received_at > %s AND n.received_at <= %s AND n.source = ANY(%s)
GROUP BY p.id, p.name, n.source ORDER BY 3 DESC, p.name, n.source LIMIT %s
"""


def accuracy(*, since: datetime, until: datetime) -> list[Accuracy]:
    """Return the record of each hotline, trusted flagger and authority that sent anything in that time (DSA art. 22(6))."""
    rows = fetch_all(_ACCURACY, [first_id(at=since), since, until, sorted(TRUSTED_SOURCES), MOST])
    names = ("program", "source", "notices", "waiting", "confirmed", "cleared", "not_found")
    return [Accuracy(**dict(zip(names, row, strict=True))) for row in rows]
