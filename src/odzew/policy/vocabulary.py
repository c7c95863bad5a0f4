"""The closed words of a notice and of a decision; code, database, API and screens use the same."""

from __future__ import annotations

from typing import Final

CHILD_KINDS: Final = frozenset(
    {
        "csam",
        "csam_link",
        "csam_solicitation",
        "child_sexualised",
        "grooming",
        "sextortion_child",
        "child_trafficking",
        "child_abuse_disclosure",
        "obscene_to_child",
        "sadistic_exploitation",
    }
)
INTIMATE_KINDS: Final = frozenset({"ncii", "sextortion_adult"})
OTHER_KINDS: Final = frozenset({"bullying_minor", "other"})
KINDS: Final = CHILD_KINDS | INTIMATE_KINDS | OTHER_KINDS
FLAGS: Final = frozenset(
    {
        "synthetic",
        "drawn",
        "self_produced",
        "coerced",
        "live_stream",
        "infant",
        "animal",
        "violence",
        "viral",
        "meme",
        "threat_to_publish",
        "money_demanded",
        "peer",
        "women",
        "imminent",
    }
)
SOURCES: Final = frozenset({"user", "trusted_flagger", "hotline", "authority", "automatic"})
TRUSTED_SOURCES: Final = frozenset({"trusted_flagger", "hotline", "authority"})
CLAIMANTS: Final = frozenset({"depicted", "guardian", "other"})
OUTCOMES: Final = frozenset({"remove", "keep_withheld", "no_violation", "cannot_judge", "not_found"})
# What somebody outside the desk may say: whether it is there, only the desk can see.
OPINIONS: Final = OUTCOMES - {"not_found"}
DESKS: Final = ("solo", "pair", "team")
REGIMES: Final = frozenset({"tida", "uk", "au"})
ROLES: Final = ("reviewer", "lead", "safety_officer", "auditor", "operator", "specialist", "outside")
JURISDICTIONS: Final = ("EU", "UK", "US", "AU", "other")
