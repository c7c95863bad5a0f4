"""Which cases a notice with certain words led to."""

from __future__ import annotations

import re
import uuid
from typing import Final

from odzew.foundation.writes import fetch_all

_MOST: Final = 8
_SHORTEST: Final = 3
# Of a word that everybody writes, the newest texts are enough.
_TEXTS: Final = 400
_SAYING: Final = """
WITH found AS MATERIALIZED (
  SELECT t.id FROM ledger_personal_text t WHERE to_tsvector('pg_catalog.simple'::regconfig, ledger_fold(t."text"))
  @@ to_tsquery('pg_catalog.simple'::regconfig, ledger_fold(%s))
), newest AS MATERIALIZED (SELECT id FROM found ORDER BY id DESC LIMIT %s)
SELECT DISTINCT h.case_id FROM newest t JOIN notices_notice n ON n.text_id = t.id
JOIN notices_handling h ON h.notice_id = n.id AND h.state <> 'moved' ORDER BY h.case_id DESC LIMIT %s
"""


def cases_saying(*, words: str, limit: int) -> list[uuid.UUID]:
    """Return cases with a notice that holds all of these words, or longer ones that begin so, the newest case first.

    Accents and capitals do not matter: `zolta lodz` finds `żółtą łódź`. Of more than eight words the first are taken; words shorter than
    three letters, and nothing but figures (a receipt code is no word), are left out.
    """
    found = [w for w in re.findall(r"\w+", words) if len(w) >= _SHORTEST and not w.isdigit()][:_MOST]
    if not found:
        return []
    return [case for (case,) in fetch_all(_SAYING, [" & ".join(f"'{word}':*" for word in found), _TEXTS, limit])]
