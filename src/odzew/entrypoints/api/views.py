"""What is sent out, for the description of the interface; tests hold the real bodies against it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class View(BaseModel):
    """A JSON object that goes out."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """A problem document (RFC 9457). `detail` is in the caller's language, `reason` is the exact sentence in English."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    reason: str
    fields: list[dict[str, str]] = []


class ReceiptOut(View):
    """What a reporter is given: the code once, and when the next answer is due at the latest."""

    notice: uuid.UUID
    case: uuid.UUID
    receipt_code: str | None = Field(description="20 digits; null when a repeated external_id is older than 24 hours.")
    answer_due: datetime


class AnswerOut(View):
    """One thing that the reporter was told."""

    kind: Literal["receipt", "hidden", "removed", "not_removed", "not_found", "update"]
    at: datetime
    delivered_at: datetime | None
    text: str
    language: str


class NoticeOut(View):
    """A notice and everything its reporter was told."""

    id: uuid.UUID
    case: uuid.UUID | None
    state: Literal["open", "answered"]
    answers: list[AnswerOut]


class ClockOut(View):
    """A clock of a case."""

    id: uuid.UUID
    name: str
    due: datetime
    state: Literal["armed", "fired", "stopped"]


class CaseItemOut(View):
    """An item that a case covers; never its media."""

    item_id: str | None
    url: str
    kind: str
    account: str | None
    registered: bool
    private: bool
    views: int
    reposts: int
    views_per_hour: float


class CaseNoticeOut(View):
    """A notice on a case; a program sees only its own, and of them the first three fields. `erased`: its words were."""

    id: uuid.UUID
    state: Literal["open", "answered"]
    at: datetime
    source: str | None = None
    kind: str | None = None
    minor: bool | None = None
    claimant: str | None = None
    flags: list[str] | None = None
    where: list[dict[str, str]] | None = None
    language: str | None = None
    text: str | None = None
    erased: bool | None = None
    answer_due: datetime | None = None


class ProofOut(View):
    """What an address of the platform answered; 0 is no answer."""

    at: datetime
    url: str
    status: int


class MeasureOut(View):
    """A measure and what was seen of it."""

    measure_id: uuid.UUID
    measure: Literal["withhold", "remove", "restore", "suspend_account", "restore_account"]
    item: str | None
    scope: str
    state: Literal["ordered", "accepted", "done", "told", "failed", "returned"]
    in_force: bool
    ordered_at: datetime
    proofs: list[ProofOut]


class CaseDecisionOut(View):
    """A decision. People are pseudonyms; programs see what was decided, not who or why."""

    id: uuid.UUID
    outcome: str | None
    ground: str | None
    at: datetime | None
    state: str
    by: str | None = None
    reason: str | None = None
    referral: dict[str, Any] | None = None
    final_at: datetime | None = None
    round: int | None = None
    outside: bool | None = None


class AskedOut(View):
    """Somebody outside is asked for an opinion, for a decision by `due`."""

    at: datetime
    due: datetime


class CaseAppealOut(View):
    """An appeal on a case; `erased`: its words were."""

    id: uuid.UUID
    by: Literal["reporter", "uploader"]
    at: datetime
    state: str
    text: str
    erased: bool


class CaseOut(View):
    """A case as this caller may see it. `priority` grows with the head start and the time of waiting, in hours; the queue is in its
    order, from the largest on. Programs get null and empty where a value would tell what a platform must not know."""

    id: uuid.UUID
    state: Literal[
        "open", "awaiting_second", "disputed", "specialist", "removed", "kept_withheld", "cleared", "not_found"
    ]  # `awaiting_second` and `disputed` only for those who took part, and the auditor
    severity: int | None
    priority: float | None
    reasons: list[dict[str, Any]]
    clocks: list[ClockOut]
    items: list[CaseItemOut]
    notices: list[CaseNoticeOut] = Field(
        description="At most 200, in a list of cases 20: danger, trusted, concerned, newest first."
    )
    notices_count: int = Field(description="How many there are.")
    measures: list[MeasureOut]
    decisions: list[CaseDecisionOut]
    appeals: list[CaseAppealOut]
    asked: AskedOut | None = None  # only for those who took part, and the auditor
    version: int | None


class CasesOut(View):
    """A page of cases; `next` is the value of `after` for the next page."""

    cases: list[CaseOut]
    next: str | None


class DecidedOut(View):
    """What became of a decision and what it still needs."""

    decision: uuid.UUID
    state: Literal["final", "awaiting_second", "disputed", "specialist"]
    needs: str | None
    not_before: datetime | None


class BriefNoticeOut(View):
    """A notice as somebody outside may read it: its words, never its reporter. `where` only for the source that sent it."""

    at: datetime
    source: str
    kind: str
    minor: bool | None
    claimant: str
    flags: list[str]
    language: str
    text: str
    where: list[dict[str, str]]


class BriefHashOut(View):
    """A hash of a file that the case covers."""

    type: str
    value: str


class BriefActOut(View):
    """Something that happened; `what` is the measure that was ordered."""

    at: datetime
    kind: str
    what: str | None


class MyOpinionOut(View):
    """What this caller has said so far in this round."""

    outcome: str
    reason: str
    at: datetime


class BriefOut(View):
    """A case that this caller is asked about: words, hashes and history, never media, addresses of others or reporters."""

    case: uuid.UUID
    asked_at: datetime
    due: datetime
    hidden: bool
    notices: list[BriefNoticeOut]
    items: dict[str, int] = Field(description="How many items of each kind it covers.")
    views: int
    hashes: list[BriefHashOut]
    history: list[BriefActOut]
    mine: MyOpinionOut | None


class OpinionsOut(View):
    """What this caller is asked about."""

    asked: list[BriefOut]


class OpinionGivenOut(View):
    """An opinion was kept; `final`: together with the desk's own it decided the case."""

    opinion: uuid.UUID
    state: Literal["final", "waiting"]


class WaveOut(View):
    """The wave that one set of signatures may clear, and the cases that need their own look, each with a reason."""

    cases: list[uuid.UUID]
    apart: dict[str, str]


class WaveDecidedOut(View):
    """What one signature led to."""

    final: list[uuid.UUID]
    waiting: list[uuid.UUID]
    apart: dict[str, str]


class AppealedOut(View):
    """An appeal and when it is answered at the latest."""

    appeal: uuid.UUID
    answer_due: datetime


class ItemStoredOut(View):
    """An item was stored."""

    id: str
    new: bool


class NoticeLineOut(View):
    """What became of one line: stored (201, or 200 for one that came before) with its receipt, or refused with the reason.

    `again`: nothing is wrong with it; it could not be stored just now.
    """

    line: int
    external_id: str | None
    status: int
    notice: uuid.UUID | None = None
    case: uuid.UUID | None = None
    receipt_code: str | None = None
    answer_due: datetime | None = None
    reason: str | None = None
    again: bool | None = None
    fields: list[dict[str, str]] | None = None


class NoticesTakenOut(View):
    """What became of a batch of notices, line by line."""

    stored: int
    refused: int
    results: list[NoticeLineOut]


class BatchStoredOut(View):
    """Items were stored."""

    stored: int
    new: int
