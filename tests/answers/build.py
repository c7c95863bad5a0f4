"""Facts to try the words on: every combination that the record could hold, contradictions included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from odzew.answers.data import AnswerFacts, StatementFacts

NOW = datetime(2027, 1, 12, 9, 3, 20, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
LANGUAGES = ("en", "pl")
KINDS = ("receipt", "hidden", "removed", "not_removed", "not_found", "update")
GROUNDS = ("child_safety", "grooming", "intimate_images", "legal_order", "not_in_scope", "other_terms", "sextortion")
REASON = "We saw a day at the beach."

_times = st.integers(-400, 400).map(lambda hours: NOW + timedelta(hours=hours, seconds=hours * 7))
_maybe = st.none() | _times
_few = st.integers(0, 3)
_languages = st.sampled_from(LANGUAGES)
_zones = st.sampled_from(("UTC", "Europe/Warsaw", "America/New_York", "Asia/Tokyo", "No/Where"))
_deciders = st.sampled_from((None, "new_person", "same_later"))
_helplines = st.sampled_from(((), (("Childline", "0800 1111"),), (("findahelpline.com", ""),)))

answer_facts = st.builds(
    AnswerFacts,
    kind=st.sampled_from(KINDS),
    language=_languages,
    now=st.just(NOW),
    zone=_zones,
    by=st.just("reporter"),
    receipt=st.just(True),
    next_promise=_maybe,
    hidden_since=_maybe,
    hide_told_since=_maybe,
    hide_by=_maybe,
    child=st.booleans(),
    decided_at=_maybe,
    outcome=st.sampled_from((None, "remove", "keep_withheld", "no_violation", "cannot_judge", "not_found")),
    rule=st.sampled_from(("", *GROUNDS)),
    copies_removed=_few,
    copies_seen_gone=_few,
    copies_told=_few,
    measures_failed=_few,
    looked=st.sampled_from((None, "two_people", "one_twice", "one")),
    reason=st.sampled_from(("", REASON)),
    appeal_until=_maybe,
    appeal_decider=_deciders,
    found=st.booleans(),
    referral_released=st.booleans(),
    automated=st.booleans(),
    advice=st.sampled_from(((), ("do_not_pay",), ("emergency",), ("do_not_pay", "emergency"))),
    threat_only=st.booleans(),
    late=st.booleans(),
    emergency=st.sampled_from(("", "112", "999")),
    helplines=_helplines,
    restored=st.booleans(),
)

statement_facts = st.builds(
    StatementFacts,
    kind=st.sampled_from(("first", "full", "restored", "protected")),
    language=_languages,
    now=st.just(NOW),
    zone=_zones,
    full_held=st.booleans(),
    measure=st.sampled_from(("withhold", "remove", "suspend_account")),
    scope=st.sampled_from((None, "media", "item", "account")),
    imposed_at=_times,
    decide_by=_maybe,
    until=_maybe,
    no_end=st.booleans(),
    territory=st.sampled_from(("", "everywhere", "PL, DE")),
    posted_at=_maybe,
    rule=st.sampled_from(("", *GROUNDS)),
    law=st.sampled_from(("", "art. 1")),
    reason=st.sampled_from(("", REASON)),
    decided_by=st.sampled_from((None, "program", "person")),
    appeal_until=_maybe,
    appeal_decider=_deciders,
    dispute_body=st.sampled_from(("", "Body A")),
    restored_at=_times,
    no_mark=st.booleans(),
    emergency=st.sampled_from(("", "112")),
    helplines=_helplines,
)
