"""What judgement is given and what it gives back: frozen values, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Desk = Literal["solo", "pair", "team"]
Regime = Literal["child", "intimate", "other"]
Opinion = Literal["confirmed", "seed", "disputed", "negative"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A hash of the item near an entry of a bank; `distance` in bits, 0 for equal bytes; `quality` 0-100 (100 for file hashes).

    `child`: the bank (or its category) is of child sexual abuse material (True), of adult intimate images (False), or it does not
    say (None). `wide`: a reporter's hash that hits more hosted items, or older ones, than the policy's `[match]` lets it hide.
    """

    bank: str
    opinion: Opinion
    type: Literal["pdq", "md5", "sha256"]
    distance: int
    quality: int = 100
    child: bool | None = None
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The thing that made the desk judge now: a notice (then the `concern` fields are that notice's own), or a change of facts.

    `what`: `notice`, `spread` (new view counts), `registered` (a known address became an item), `changed_media`, `match`,
    `account_marked`, `appeal`, `clock`, `second_look`.
    `heard_before` is true when this reporter already reported this case. `instant_lost`: after a warning this reporter's claims no
    longer hide at once (DSA art. 23(2)); never true of an anonymous child-safety reporter.
    """

    what: str
    source: str = "user"
    kind: str = "other"
    minor: bool | None = None
    claimant: str = "other"
    flags: frozenset[str] = frozenset()
    heard_before: bool = False
    instant_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known of one case at `now`, this trigger included. Sums over notices only ever grow (a notice only raises).

    `kinds`, `flags`, `claimants`, `sources`, `regimes`: everything any notice of the case said. `regimes` are the formal requests
    that are complete: `tida` (Pub. L. 119-12 s.3), `uk` (OSA s.20A), `au` (OSA 2021 (Cth) s.88).
    `minor`: True if any notice says so, else None if any does not know, else False.
    `notices` all notices; `independent` reporters independent of each other; `same_reporter` the most notices by one reporter.
    `claimed_by_person`: the person in the picture or a guardian, who has not lost the instant trigger, claimed it about media that
    was not cleared before (`claimants` holds every claim).
    `views`, `reposts` totals; `views_per_hour` speed now. `published` is false when nothing is public yet (a threat only).
    `account_marked` by a human decision, unexpired; `account_minor`: an account fact says that the uploader is a minor.
    `clearances`: how many times these very bytes were found to be no violation; `hides_since_clearance` how often a bare claim hid
    them since. `new_facts` since the last clearance: any of `match`, `hotline`, `trusted_flagger`, `authority`, `changed_media`.
    `on_watch_until`: a solo desk restored it on watch until then; `watch_hide_used` the one hide of the watch has happened.
    `unverified_hides_last_hour` and `hourly_peak_30_days` are the desk's, for the breaker. `withheld`: it is hidden now by us.
    `raised_by_trusted`: a confirmed bank, hotline, trusted flagger or authority raised the case.
    `seen_by` people who saw it (the members of a private room), None to take `views`. `reporter_is_uploader`: a notice came from
    the account that published the item.
    """

    now: datetime
    opened_at: datetime
    trigger: Trigger
    desk: Desk
    jurisdiction: str
    kinds: frozenset[str]
    minor: bool | None
    flags: frozenset[str]
    claimants: frozenset[str]
    sources: frozenset[str]
    regimes: frozenset[str] = frozenset()
    notices: int = 1
    independent: int = 1
    same_reporter: int = 1
    claimed_by_person: bool = False
    views: int = 0
    reposts: int = 0
    views_per_hour: float = 0.0
    published: bool = True
    private: bool = False
    account_marked: bool = False
    account_minor: bool = False
    matches: tuple[Match, ...] = ()
    clearances: int = 0
    hides_since_clearance: int = 0
    new_facts: frozenset[str] = frozenset()
    on_watch_until: datetime | None = None
    watch_hide_used: bool = False
    withheld: bool = False
    raised_by_trusted: bool = False
    unverified_hides_last_hour: int = 0
    hourly_peak_30_days: int = 0
    seen_by: int | None = None
    reporter_is_uploader: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why: a stable `code` (a key of the words of every language) and plain facts for the sentence."""

    code: str
    facts: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One moment of a clock: `after` its start the system does `deed` by itself.

    Deeds: `warn` (alarm the lead), `withhold` (hide the media), `withhold_item` (the whole item, unavailable everywhere),
    `escalate` (stays as it is, or is hidden if `protects`; the lead is alarmed, reporters get news, the clock starts again),
    `answer` (send the answer from recorded facts, alarm the lead), `resend`, `close_window`. None deletes.
    """

    after: timedelta
    deed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPlan:
    """A clock that must run on the case. A case has at most one armed clock of a name; a new plan can only make it ring earlier.

    `halve` is set when a repeat halves what is left (never below `floor`). `statutory` clocks may be shortened, never lengthened.
    """

    name: str
    length: timedelta
    steps: tuple[Step, ...]
    statutory: bool = False
    halve: bool = False
    floor: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Who must sign to clear the case (un-hide it, or find no violation).

    `people` distinct people, each blind to the others; `rounds` decisions by the same person when the desk is one (`apart` between
    them); `outside`: one of them must be the source that raised it, or another human, outside the desk. `tie_breaker`: what happens
    when they disagree (`third` person, or `outside` opinion); meanwhile it stays hidden.
    """

    people: int
    rounds: int
    apart: timedelta
    outside: bool
    tie_breaker: Literal["third", "outside"]
    watch: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The whole judgement. `hide_now` is the interim measure at once; otherwise a clock's step may hide later.

    `scope` of hiding: `media` or `item`. `unverified`: the hide rests on a claim nobody verified (the breaker counts these).
    `severity` 0-100. `head_start`: how far ahead of its opening time the case stands in the queue (bounded; larger = more urgent):
    the queue is ordered by `opened_at - head_start`, so a waiting case is overtaken only by cases opened less than the bound later.
    `alarms`: codes to ring at once (`breaker`, `danger`, ...). `guard_uploads`: hold uploads that match the claimant's fingerprint.
    `advice`: codes of sentences that the reporter must be shown (`do_not_pay`, `emergency`).
    `protect_uploader`: the uploader may be the person depicted or a minor: no mark, no suspension, no accusing statement.
    `full_statement_held`: the uploader's full statement waits for the safety officer.
    """

    child_safety: bool
    regime: Regime
    severity: int
    head_start: timedelta
    hide_now: bool
    scope: Literal["media", "item"]
    unverified: bool
    clocks: tuple[ClockPlan, ...]
    sign: Signatures
    alarms: tuple[str, ...]
    advice: tuple[str, ...]
    protect_uploader: bool
    full_statement_held: bool
    guard_uploads: bool
    reasons: tuple[Reason, ...]
