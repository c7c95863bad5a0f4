"""Every code a judgement can give as a reason, an alarm or an advice; each is a key of the words of every language."""

from __future__ import annotations

from typing import Final

TRIGGERS: Final = frozenset(
    {
        "confirmed_match",
        "near_match",
        "seed_match",
        "new_facts",
        "trusted_source",
        "marked_account",
        "person",
        "person_and_fingerprint",
        "person_and_fast_spread",
        "second_reporter",
        "watch",
    }
)
REASONS: Final[frozenset[str]] = TRIGGERS | frozenset(
    {
        "child_kind",
        "minor_claimed",
        "child_bank",
        "age_unknown",
        "bank_of_unknown_kind",
        "intimate_kind",
        "intimate_bank",
        "formal_request",
        "other_kind",
        "any_claim",
        "disputed_match",
        "wide_hash",
        "instant_lost",
        "cleared_before",
        "hide_used_up",
        "nothing_public_yet",
        "breaker_waits",
        "already_withheld",
        "same_reporter_again",
        "spread",
        "imminent_danger",
        "uploader_may_be_child",
        "statement_held",
    }
)
ALARMS: Final = frozenset({"danger", "breaker"})
ADVICE: Final = frozenset({"emergency", "do_not_pay"})
