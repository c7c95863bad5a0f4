"""The values of this room: the facts an answer or a statement may rest on, and the text that comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AnswerKind = Literal["receipt", "hidden", "removed", "not_removed", "not_found", "update"]
Outcome = Literal["remove", "keep_withheld", "no_violation", "cannot_judge", "not_found"]
Looked = Literal["two_people", "one_twice", "one"]
Decider = Literal["new_person", "same_later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """All that an answer to a reporter may rest on. A default means "not recorded", and what is not recorded is never said.

    `receipt`: the notice is stored. `next_promise`: due time of the clock behind the promise. `hidden_since`: a probe saw it so;
    `hide_told_since`: only the platform says so. `hide_by`: when a clock hides it if nobody has decided. `child`: claimed under 18.
    `rule`: key of a ground (`rule.*` of the language file), or an operator's own label. Copies count the reported item too:
    `copies_removed` were ordered to go, of these `copies_seen_gone` were seen gone and `copies_told` rest on the platform's word;
    `measures_failed` were tried in vain. `looked`: who looked, by the record. `reason`: the reviewer's words, verbatim; whoever
    renders the text escapes it. `found`: a place was found. `late`: a promised time has passed. `restored`: this reader was told that it is
    hidden, and that was ended by order. `automated`: the step was taken
    with no person (DSA art. 16(6)). `helplines`: (name, number) pairs. `zone`: IANA name of the reader's time zone.
    """

    kind: AnswerKind
    language: str
    now: datetime
    zone: str = "UTC"
    by: Literal["reporter"] = "reporter"
    receipt: bool = False
    next_promise: datetime | None = None
    hidden_since: datetime | None = None
    hide_told_since: datetime | None = None
    hide_by: datetime | None = None
    child: bool = False
    decided_at: datetime | None = None
    outcome: Outcome | None = None
    rule: str = ""
    copies_removed: int = 0
    copies_seen_gone: int = 0
    copies_told: int = 0
    measures_failed: int = 0
    looked: Looked | None = None
    reason: str = ""
    appeal_until: datetime | None = None
    appeal_decider: Decider | None = None
    found: bool = False
    referral_released: bool = False
    automated: bool = False
    advice: tuple[str, ...] = ()
    threat_only: bool = False
    late: bool = False
    emergency: str = ""
    helplines: tuple[tuple[str, str], ...] = ()
    restored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """All that a statement to an uploader may rest on (DSA art. 17(3)).

    There is no field for the source, the item's address, a match or a referral, so no statement can tell them, and a notice reads
    like a detection. `kind`: `first` is neutral; `full` comes later, and reads as `first` while `full_held`; `restored` ends it;
    `protected` is for an uploader who may be the person in the picture or a minor. `decide_by`: due time of the
    clock while nobody has decided; `until`: the end of the measure; `no_end`: it was decided to last.
    `territory`: `everywhere`, or country names to show.
    `law`: the operator's words for the legal ground. `dispute_body`: a certified body, only if there is one.
    `no_mark`: it is recorded that this leaves no mark on the account.
    """

    kind: Literal["first", "full", "restored", "protected"]
    language: str
    now: datetime
    zone: str = "UTC"
    full_held: bool = False
    measure: Literal["withhold", "remove", "suspend_account"] | None = None
    scope: Literal["media", "item", "account"] | None = None
    imposed_at: datetime | None = None
    decide_by: datetime | None = None
    until: datetime | None = None
    no_end: bool = False
    territory: str = ""
    posted_at: datetime | None = None
    rule: str = ""
    law: str = ""
    reason: str = ""
    decided_by: Literal["program", "person"] | None = None
    appeal_until: datetime | None = None
    appeal_decider: Decider | None = None
    dispute_body: str = ""
    restored_at: datetime | None = None
    no_mark: bool = False
    emergency: str = ""
    helplines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One thing said: its `key` in the language files, its `text`, and the names of the facts it rests on."""

    key: str
    text: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a person reads, clause by clause; `text` has one clause on a line. Plain text: whoever renders it escapes it."""

    language: str
    clauses: tuple[Clause, ...]

    @property
    def text(self) -> str:
        """The clauses, each on its own line."""
        return "\n".join(clause.text for clause in self.clauses)
