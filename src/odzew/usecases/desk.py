"""What every use case is given besides its own facts: the desk it acts for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from odzew.enforcement.api import hourly_peak
from odzew.foundation.secrets import Keys
from odzew.ledger.people import Size, desk_now
from odzew.ledger.policies import text_of
from odzew.notices.misuse import suspended_now
from odzew.policy.rules import Policy
from odzew.usecases._policy_texts import readable


@dataclass(slots=True)
class _Remembered:
    """Figures that change slowly; read again when they are older than a few seconds of the caller's own time."""

    size: Size = "solo"
    size_at: datetime | None = None
    digest: str | None = None
    policy: Policy | None = None
    suspended: frozenset[str] = frozenset()
    suspended_at: datetime | None = None
    peak: int = 0
    peak_hour: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk: its keys, its policy, whose law binds it, and how it tells times. Made once by an entrypoint.

    `formal`: the laws under which a reporter may make a formal request on the status page.
    """

    keys: Keys
    policy: Policy
    jurisdiction: str = "EU"
    country: str = "PL"
    zone: str = "Europe/Warsaw"
    language: str = "en"
    origin: str = "odzew"
    emergency: str = "112"
    witness_url: str = ""
    formal: frozenset[str] = frozenset()
    public_url: str = ""
    mail_domain: str = "odzew.invalid"
    size_cached_for: timedelta = timedelta(seconds=2)
    _remembered: _Remembered = field(default_factory=_Remembered, repr=False, compare=False)

    @property
    def draw_key(self) -> bytes:
        """The key under which final decisions are drawn for a second look."""
        return self.keys.derive(label="draw")

    def size(self, *, now: datetime) -> Size:
        """Return the size of the desk, at most `size_cached_for` old."""
        memory = self._remembered
        if memory.size_at is None or not timedelta(0) <= now - memory.size_at < self.size_cached_for:
            memory.size, memory.digest = desk_now(now=now)
            memory.size_at = now
        return memory.size

    def current(self, *, now: datetime) -> Desk:
        """Return this desk under the policy that is in force, known at most `size_cached_for` after it came into force.

        Entry points call it once for each call of a use case, which then acts under one policy from its beginning to its end. What is
        asked for it is what `size` asks anyway. A desk where none is in force yet, or whose own this release cannot use, keeps the
        policy that it was made with.
        """
        memory = self._remembered
        self.size(now=now)
        digest = memory.digest
        if digest is None or digest == self.policy.digest:
            return self
        policy = memory.policy
        if policy is None or policy.digest != digest:
            policy = memory.policy = readable(text_of(digest=digest) or "")
        return self if policy is None else replace(self, policy=policy)

    def suspended(self, *, now: datetime) -> frozenset[str]:
        """Return the opaque names of reporters whose word alone hides nothing at once, at most `size_cached_for` old."""
        memory = self._remembered
        if memory.suspended_at is None or not timedelta(0) <= now - memory.suspended_at < self.size_cached_for:
            memory.suspended, memory.suspended_at = suspended_now(now=now), now
        return memory.suspended

    def peak(self, *, now: datetime) -> int:
        """Return the hourly peak of unverified hides of the last 30 days, counted once an hour."""
        memory, hour = self._remembered, now.replace(minute=0, second=0, microsecond=0)
        if memory.peak_hour != hour:
            memory.peak, memory.peak_hour = hourly_peak(now=now), hour
        return memory.peak

    def forget(self) -> None:
        """Drop what is remembered: people or roles have just changed."""
        self._remembered.size_at = None
        self._remembered.suspended_at = None
        self._remembered.peak_hour = None
