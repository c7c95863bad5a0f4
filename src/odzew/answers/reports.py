"""What a reporter is told: the clauses of an answer, in the order they are read."""

from __future__ import annotations

from odzew.answers.data import AnswerFacts, Text
from odzew.answers.words import Rule, apply

FINAL = frozenset({"remove", "keep_withheld", "no_violation", "not_found"})


def compose(*, facts: AnswerFacts) -> Text:
    """Write an answer from recorded facts alone. What was not recorded is left out; without a stored notice there is no answer."""
    if not facts.receipt:
        raise ValueError("there is no stored notice to answer")
    return apply(rules=ANSWER_RULES, facts=facts, section="answer")


def _decided(f: AnswerFacts) -> bool:
    return f.outcome in FINAL and f.decided_at is not None


def _remove(f: AnswerFacts) -> bool:
    return f.outcome == "remove" and f.decided_at is not None and not f.restored


def _gone(f: AnswerFacts) -> bool:
    """Every copy found was seen gone by a probe: nothing failed, nothing rests on somebody's word."""
    return _remove(f) and f.copies_seen_gone >= f.copies_removed > 0 and not f.copies_told and not f.measures_failed


def _stays(f: AnswerFacts) -> bool:
    return f.outcome == "keep_withheld" and f.decided_at is not None and not f.restored


def _cleared(f: AnswerFacts) -> bool:
    return f.outcome == "no_violation" and f.decided_at is not None


def _hidden(f: AnswerFacts) -> bool:
    """Hiding is the state to speak of: not ended, not cleared, not gone for good."""
    return not (f.restored or _cleared(f) or _gone(f))


def _not_found(f: AnswerFacts) -> bool:
    return f.kind == "not_found" and f.outcome == "not_found" and f.decided_at is not None and not f.found


def _led(f: AnswerFacts) -> bool:
    """The kind of the answer is borne out by the facts, so its own first sentence is said."""
    return {
        "receipt": True,
        "hidden": _stays(f) or (_hidden(f) and bool(f.hidden_since or f.hide_told_since)),
        "removed": _remove(f),
        "not_removed": _cleared(f),
        "not_found": _not_found(f),
        "update": False,
    }[f.kind]


def _told_all(f: AnswerFacts) -> bool:
    return _remove(f) and not f.copies_seen_gone and not f.measures_failed and f.copies_told >= f.copies_removed


def _appeal(f: AnswerFacts) -> bool:
    return f.appeal_until is not None and f.appeal_until > f.now


def _promise(f: AnswerFacts) -> bool:
    return f.next_promise is not None and f.next_promise > f.now


def _hide_planned(f: AnswerFacts) -> bool:
    hidden = f.hidden_since or f.hide_told_since or f.restored
    return f.hide_by is not None and f.hide_by > f.now and not (hidden or f.threat_only or _decided(f))


R = Rule[AnswerFacts]
ANSWER_RULES: tuple[R, ...] = (
    R(key="danger_now", facts=("emergency", "advice"), values=("emergency",), when=lambda f: "emergency" in f.advice),
    R(key="late", facts=("late",)),
    R(key="received", facts=("receipt",), when=lambda f: f.kind == "receipt"),
    R(key="not_your_fault", facts=("by", "receipt"), when=lambda f: f.kind == "receipt" or (f.kind == "removed" and _remove(f))),
    R(key="still_checking", facts=("receipt",), when=lambda f: not _led(f) and not _decided(f)),
    R(key="news", facts=("decided_at", "outcome"), when=lambda f: not _led(f) and _decided(f)),
    R(key="child", facts=("child",), when=lambda f: f.kind == "receipt"),
    R(key="threat", facts=("threat_only",), when=lambda f: not _decided(f)),
    R(key="found", facts=("found",), when=lambda f: not (f.threat_only or _decided(f) or f.kind == "hidden")),
    R(key="not_found", facts=("outcome", "decided_at"), when=_not_found),
    R(key="look_again", facts=("outcome", "decided_at"), when=_not_found),
    R(key="cleared", facts=("outcome", "decided_at"), when=lambda f: f.kind == "not_removed" and _cleared(f)),
    R(key="gone", facts=("outcome", "decided_at", "copies_removed", "copies_seen_gone"), when=_gone),
    R(key="must_go", facts=("outcome", "decided_at"), when=lambda f: _remove(f) and not _gone(f)),
    R(key="gone_some", facts=("copies_seen_gone",), when=lambda f: _remove(f) and not _gone(f)),
    R(key="gone_told", facts=("copies_told",), when=_told_all),
    R(key="gone_told_some", facts=("copies_told",), when=lambda f: _remove(f) and not _told_all(f)),
    R(key="going_failed", facts=("measures_failed",), when=_remove),
    R(
        key="going",
        facts=("copies_removed",),
        when=lambda f: _remove(f) and not f.measures_failed and f.copies_seen_gone + f.copies_told < f.copies_removed,
    ),
    R(key="hidden", facts=("hidden_since",), values=("hidden_since",), when=_hidden),
    R(
        key="hidden_told",
        facts=("hide_told_since",),
        values=("hide_told_since",),
        when=lambda f: _hidden(f) and f.hidden_since is None,
    ),
    R(key="hide_planned", facts=("hide_by",), values=("hide_by",), when=_hide_planned),
    R(key="hidden_stays", facts=("hidden_since",), when=lambda f: _hidden(f) and not _decided(f)),
    R(key="keep_hidden", facts=("outcome", "decided_at"), when=_stays),
    R(key="restored", facts=("restored",)),
    R(
        key="automated",
        facts=("automated",),
        when=lambda f: _remove(f) or (_hidden(f) and bool(f.hidden_since or f.hide_told_since)),
    ),
    R(key="looked_two_people", facts=("looked", "decided_at"), when=lambda f: f.looked == "two_people" and _decided(f)),
    R(key="looked_one_twice", facts=("looked", "decided_at"), when=lambda f: f.looked == "one_twice" and _decided(f)),
    R(key="looked_one", facts=("looked", "decided_at"), when=lambda f: f.looked == "one" and _decided(f)),
    R(key="rule_broken", facts=("rule", "outcome", "decided_at"), values=("rule",), when=lambda f: _remove(f) or _stays(f)),
    R(key="rule_not_seen", facts=("rule", "outcome", "decided_at"), values=("rule",), when=_cleared),
    R(key="reason", facts=("reason", "decided_at"), values=("reason",), when=_decided),
    R(key="referral", facts=("referral_released",)),
    R(key="tell_us_more", facts=("outcome", "decided_at"), when=_cleared),
    R(key="appeal", facts=("appeal_until", "decided_at"), values=("appeal_until",), when=_appeal),
    R(
        key="appeal_new_person",
        facts=("appeal_until", "decided_at", "appeal_decider"),
        when=lambda f: _appeal(f) and f.appeal_decider == "new_person",
    ),
    R(
        key="appeal_same_later",
        facts=("appeal_until", "decided_at", "appeal_decider"),
        when=lambda f: _appeal(f) and f.appeal_decider == "same_later",
    ),
    R(key="court", facts=("outcome", "decided_at"), when=_cleared),
    R(key="if_back", facts=("outcome", "copies_seen_gone"), when=_gone),
    R(key="what_next", facts=("receipt",), when=lambda f: f.kind == "receipt" and not _decided(f)),
    R(key="answer_by", facts=("next_promise",), values=("next_promise",), when=lambda f: f.kind == "receipt" and _promise(f)),
    R(key="news_by", facts=("next_promise",), values=("next_promise",), when=lambda f: f.kind != "receipt" and _promise(f)),
    R(key="do_not_pay", facts=("advice",), when=lambda f: "do_not_pay" in f.advice),
    R(
        key="danger",
        facts=("emergency",),
        values=("emergency",),
        when=lambda f: not _decided(f) or f.kind == "not_found",
    ),
    R(
        key="danger_after",
        facts=("emergency", "decided_at"),
        values=("emergency",),
        when=lambda f: _decided(f) and f.kind != "not_found" and "emergency" not in f.advice,
    ),
    R(key="helplines", facts=("helplines",), values=("helplines",)),
)
