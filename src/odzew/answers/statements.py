"""What an uploader is told: neutral at first, complete later, and the same whether a notice or a detection came first."""

from __future__ import annotations

from odzew.answers.data import StatementFacts, Text
from odzew.answers.words import Rule, apply


def compose_statement(*, facts: StatementFacts) -> Text:
    """Write a statement of reasons from recorded facts alone (DSA art. 17(3)). Without a measure or a restoration there is none."""
    if not (facts.restored_at if facts.kind == "restored" else facts.measure and facts.imposed_at):
        raise ValueError("there is no recorded measure to state reasons for")
    return apply(rules=STATEMENT_RULES, facts=facts, section="statement")


def _full(f: StatementFacts) -> bool:
    return f.kind == "full" and not f.full_held


def _limited(f: StatementFacts) -> bool:
    return f.kind != "restored"


def _accused(f: StatementFacts) -> bool:
    """All but the words for an uploader who may be the one to protect."""
    return f.kind in ("first", "full")


def _appeal(f: StatementFacts) -> bool:
    return _limited(f) and f.appeal_until is not None and f.appeal_until > f.now


R = Rule[StatementFacts]
_SINCE = ("measure", "imposed_at")
STATEMENT_RULES: tuple[R, ...] = (
    R(key="restored", facts=("restored_at",), values=("restored_at",), when=lambda f: f.kind == "restored"),
    R(
        key="limit_withhold",
        facts=_SINCE,
        values=("imposed_at",),
        when=lambda f: _limited(f) and f.measure == "withhold",
    ),
    R(key="limit_remove", facts=_SINCE, values=("imposed_at",), when=lambda f: _limited(f) and f.measure == "remove"),
    R(
        key="limit_suspend_account",
        facts=_SINCE,
        values=("imposed_at",),
        when=lambda f: _limited(f) and f.measure == "suspend_account",
    ),
    R(key="protected", facts=("measure",), when=lambda f: f.kind == "protected" and f.measure != "suspend_account"),
    R(key="scope_media", facts=("scope",), when=lambda f: _full(f) and f.scope == "media"),
    R(key="scope_item", facts=("scope",), when=lambda f: _full(f) and f.scope == "item"),
    R(key="scope_account", facts=("scope",), when=lambda f: _full(f) and f.scope == "account"),
    R(key="posted", facts=("posted_at",), values=("posted_at",), when=_full),
    R(key="everywhere", facts=("territory",), when=lambda f: _full(f) and f.territory == "everywhere"),
    R(key="territory", facts=("territory",), values=("territory",), when=lambda f: _full(f) and f.territory != "everywhere"),
    R(key="rule", facts=("rule",), values=("rule",), when=_accused),
    R(key="no_finding", facts=("measure",), when=_accused),
    R(key="reason", facts=("reason",), values=("reason",), when=lambda f: _full(f) or f.kind == "restored"),
    R(key="source", facts=("measure",), when=_full),
    R(key="programs", facts=("measure",), when=_accused),
    R(key="by_program", facts=("decided_by",), when=lambda f: _accused(f) and f.decided_by == "program"),
    R(key="by_person", facts=("decided_by",), when=lambda f: _full(f) and f.decided_by == "person"),
    R(key="law", facts=("law",), values=("law",), when=_full),
    R(
        key="decide_by",
        facts=("decide_by",),
        values=("decide_by",),
        when=lambda f: _limited(f) and f.decide_by is not None and f.decide_by > f.now,
    ),
    R(key="until", facts=("until",), values=("until",), when=lambda f: _full(f) and f.until is not None and f.until > f.now),
    R(key="no_end", facts=("no_end",), when=lambda f: _full(f) and f.until is None),
    R(key="no_mark", facts=("no_mark",), when=lambda f: f.kind in ("restored", "protected")),
    R(key="appeal", facts=("appeal_until",), values=("appeal_until",), when=_appeal),
    R(
        key="appeal_new_person",
        facts=("appeal_until", "appeal_decider"),
        when=lambda f: _appeal(f) and f.appeal_decider == "new_person",
    ),
    R(
        key="appeal_same_later",
        facts=("appeal_until", "appeal_decider"),
        when=lambda f: _appeal(f) and f.appeal_decider == "same_later",
    ),
    R(key="dispute_body", facts=("dispute_body",), values=("dispute_body",), when=_accused),
    R(key="court", facts=("measure",), when=_accused),
    R(key="danger", facts=("emergency",), values=("emergency",), when=lambda f: f.kind == "protected"),
    R(key="helplines", facts=("helplines",), values=("helplines",), when=lambda f: f.kind == "protected"),
)
