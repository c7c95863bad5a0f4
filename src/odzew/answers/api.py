"""The only way in to what reporters were told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from odzew.answers.data import Text
from odzew.answers.models import Answer
from odzew.foundation.ids import new_id
from odzew.foundation.writes import Writes, fetch_none


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """An answer as it was given; `clauses` name the facts each sentence rests on."""

    id: uuid.UUID
    notice: uuid.UUID
    case: uuid.UUID
    kind: str
    at: datetime
    delivered_at: datetime | None
    language: str
    clauses: list[dict[str, Any]]

    @property
    def text(self) -> str:
        """The words, a clause on a line."""
        return "\n".join(c["text"] for c in self.clauses)


def give(
    writes: Writes, *, notice: uuid.UUID, case: uuid.UUID, kind: str, text: Text, now: datetime, delivered_at: datetime | None
) -> uuid.UUID:
    """Add an answer. It can be read at `/status` from now on; `delivered_at` is None while only the platform can reach its reader."""
    answer = new_id(now=now)
    writes.insert(
        Answer,
        {
            "id": answer,
            "notice_id": notice,
            "case_id": case,
            "kind": kind,
            "at": now,
            "language": text.language,
            "clauses": [{"key": c.key, "text": c.text, "facts": list(c.facts)} for c in text.clauses],
            "delivered_at": delivered_at,
        },
    )
    return answer


def delivered(writes: Writes, *, answer: uuid.UUID, now: datetime) -> None:
    """Note that the platform took an answer for its reader."""
    writes.update(Answer, {"id": answer, "delivered_at": now})


def answer(*, answer: uuid.UUID) -> AnswerView | None:
    """Return one answer, or None."""
    row = Answer.objects.filter(id=answer).first()
    return _view(row) if row else None


def answers_to(*, notice: uuid.UUID) -> list[AnswerView]:
    """Return everything a reporter was told, oldest first."""
    return [_view(a) for a in Answer.objects.filter(notice_id=notice).order_by("at", "id")]


def answers_on(*, case: uuid.UUID, notices: list[uuid.UUID]) -> list[AnswerView]:
    """Return everything that the reporters of these notices were told on a case, oldest first."""
    return [_view(a) for a in Answer.objects.filter(notice_id__in=notices, case_id=case).order_by("at", "id")]


def undelivered(*, case: uuid.UUID, notice: uuid.UUID, since: datetime) -> uuid.UUID | None:
    """Return the answer of a decision since then that the platform has not taken yet for its reader, or None."""
    kinds = ["removed", "not_removed", "not_found"]
    rows = Answer.objects.filter(case_id=case, notice_id=notice, at__gte=since, delivered_at=None, kind__in=kinds)
    return rows.order_by("-at", "-id").values_list("id", flat=True).first()


def move(*, source: uuid.UUID, target: uuid.UUID, notices: list[uuid.UUID]) -> None:
    """Let what the reporters of these notices were told on one case count for another that it became part of."""
    fetch_none("UPDATE answers_answer SET case_id = %s WHERE notice_id = ANY(%s) AND case_id = %s", [target, notices, source])


def _view(a: Answer) -> AnswerView:
    return AnswerView(
        id=a.id,
        notice=a.notice_id,
        case=a.case_id,
        kind=a.kind,
        at=a.at,
        delivered_at=a.delivered_at,
        language=a.language,
        clauses=a.clauses,
    )


def leave_out_answers(*, case: uuid.UUID, since: datetime) -> None:
    """Let the answers on a case from then on not have been given; only in a transaction that is undone, for a preview."""
    fetch_none("DELETE FROM answers_answer WHERE case_id = %s AND at >= %s", [case, since])
