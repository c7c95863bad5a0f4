"""The walk along a record that finds what was done to it: events in order, checkpoints where they fall, findings out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from odzew.ledger.checkpoint import BadCheckpoint, Checkpoint, VerifierKey, parse_checkpoint, verify_checkpoint
from odzew.ledger.merkle import Frontier

MAX_FINDINGS = 100
_FLUSH = 1 << 14


class Kind(StrEnum):
    """What kind of tampering or damage a finding is."""

    BAD_HEADER = "bad-header"
    BAD_LINE = "bad-line"
    OTHER_KEY = "other-key"
    CHANGED = "changed"
    MISSING = "missing"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out-of-order"
    RENUMBERED = "renumbered"
    BAD_CHECKPOINT = "bad-checkpoint"
    ROOT_DIFFERS = "root-differs"
    FORKED = "forked"
    ROLLED_BACK = "rolled-back"
    NOT_CHECKED = "not-checked"
    UNSIGNED = "unsigned"
    STORE_DIFFERS = "store-differs"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `seq` names the event (the first, where several), `size` the checkpoint, `sentence` says it."""

    kind: Kind
    sentence: str
    seq: int | None = None
    size: int | None = None


class Audit:
    """Takes the events and checkpoints of a record in order and collects findings (at most 100; `unlisted` counts the rest).

    `verifier` is the key every checkpoint must be signed with (None: signatures can not be checked and every checkpoint fails);
    `older` are notes held from before, which the record must extend. Memory is bounded whatever the record's length.
    """

    def __init__(self, *, verifier: VerifierKey | None, older: Iterable[str] = ()) -> None:
        self.findings: list[Finding] = []
        self.unlisted = 0
        self.checkpoints = 0
        self.covered: int | None = None
        self._verifier = verifier
        self._expected = 0
        self._frontier = Frontier()
        self._pending: list[bytes] = []
        self._held: tuple[int, bytes] | None = None
        self._renumbered: dict[int, int] = {}
        self._gaps: list[tuple[int, int]] = []
        self._late: tuple[int, int] | None = None
        self._broken: int | None = None
        self._last: Checkpoint | None = None
        self._failing: Kind | None = None
        self._older = sorted(self._held_notes(older), key=lambda c: c.size, reverse=True)
        self._stop = 0
        self._at_stop()

    @property
    def size(self) -> int:
        """The number of events the numbering has reached."""
        return self._expected

    @property
    def root(self) -> bytes | None:
        """The root of all events so far; None once an event is missing or out of order."""
        if self._broken is not None:
            return None
        if self._pending:
            self._frontier = self._frontier.extend(self._pending)
            self._pending.clear()
        return self._frontier.root

    def note(self, kind: Kind, sentence: str, *, seq: int | None = None, size: int | None = None) -> None:
        """Add a finding."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(kind=kind, sentence=sentence, seq=seq, size=size))
        else:
            self.unlisted += 1

    def event(self, seq: int, leaf: bytes) -> None:
        """Take the next event: its number and its leaf hash (32 bytes)."""
        if seq == self._expected and self._held is None:
            self._pending.append(leaf)
            self._expected = seq = seq + 1
            if seq == self._stop:
                self._at_stop()
        else:
            self._misplaced(seq, leaf)

    def checkpoint(self, text: str) -> None:
        """Take a checkpoint that stands after the events given so far."""
        self.checkpoints += 1
        try:
            found = self._verified(text)
        except BadCheckpoint as error:
            where = f"The checkpoint after {self._expected} events"
            return self._fail(Kind.BAD_CHECKPOINT, f"{where} is not to be believed: {error.sentence}", size=_size(text))
        self._release(as_renumbered=self._fits_held(found))
        last, self._last = self._last, found
        if self._broken is not None:
            return None
        if found.size > self._expected:
            sentence = (
                f"A checkpoint is signed for {found.size} events but stands where only {self._expected} are: events were cut off."
            )
            return self._fail(Kind.ROLLED_BACK, sentence, size=found.size)
        if found.size < self._expected:
            sentence = (
                f"The checkpoint of {found.size} events stands after event {self._expected - 1}: it was moved, or events put in."
            )
            return self._fail(Kind.OUT_OF_ORDER, sentence, size=found.size)
        if last is not None and last.size == found.size and last.root != found.root:
            sentence = f"Two checkpoints of {found.size} events are signed with different roots: the record was forked."
            return self._fail(Kind.FORKED, sentence, size=found.size)
        if self.root != found.root:
            return self._fail(Kind.ROOT_DIFFERS, self._differs(found.size), size=found.size)
        self.covered, self._failing = found.size, None
        return None

    def finish(self, *, must_be_signed: bool) -> None:
        """End the walk; `must_be_signed` makes events after the last good checkpoint a finding."""
        self._release()
        self._say_late()
        for start, end in self._gaps:
            self.note(Kind.MISSING, f"{_events(start, end)} missing.", seq=start)
        for checkpoint in reversed(self._older):
            self._older_unmet(checkpoint)
        if must_be_signed and not self.findings and self.covered != self._expected:
            first = self.covered or 0
            what = f"{_events(first, self._expected)} not covered by a" if first < self._expected else "There is no"
            self.note(Kind.UNSIGNED, f"{what} signed checkpoint, so nothing vouches for the end of the record.", seq=first)

    def _verified(self, text: str) -> Checkpoint:
        if self._verifier is None:
            raise BadCheckpoint("There is no key to check it with.")
        return verify_checkpoint(text=text, origin=self._verifier.name, public_key=self._verifier.public_key)

    def _held_notes(self, notes: Iterable[str]) -> list[Checkpoint]:
        good = list[Checkpoint]()
        for text in notes:
            try:
                good.append(self._verified(text))
            except BadCheckpoint as error:
                sentence = f"The older checkpoint is not of this record's key: {error.sentence}"
                self.note(Kind.BAD_CHECKPOINT, sentence, size=_size(text))
        return good

    def _at_stop(self) -> None:
        """Hash what is pending; compare with older checkpoints of this very size; choose where to stop next."""
        while self._older and self._older[-1].size == self._expected and self._broken is None:
            older = self._older.pop()
            if older.root != self.root:
                sentence = f"The record does not extend the older checkpoint of {older.size} events: its past was rewritten."
                self.note(Kind.FORKED, sentence, size=older.size)
        if len(self._pending) >= _FLUSH:
            _ = self.root
        self._stop = self._expected + _FLUSH
        if self._older and self._older[-1].size > self._expected:
            self._stop = min(self._stop, self._older[-1].size)
        if self._broken is not None:
            self._pending.clear()

    def _older_unmet(self, older: Checkpoint) -> None:
        if self._broken is not None:
            why = f"event {self._broken} is not in its place"
            sentence = f"Whether the record extends the older checkpoint of {older.size} events cannot be told: {why}."
            self.note(Kind.NOT_CHECKED, sentence, size=older.size)
        else:
            sentence = (
                f"The older checkpoint is of {older.size} events but the record has only {self._expected}: it was rolled back."
            )
            self.note(Kind.ROLLED_BACK, sentence, size=older.size)

    def _misplaced(self, seq: int, leaf: bytes) -> None:
        self._release(as_renumbered=seq == self._expected + 1)
        if seq == self._expected:
            self.event(seq, leaf)
        elif seq > self._expected:
            self._held = (seq, leaf)
        elif seq < 0:
            self.note(Kind.BAD_LINE, f"No event is numbered {seq}.", seq=seq)
        elif self._renumbered.get(seq) == self._expected:
            self.note(Kind.OUT_OF_ORDER, f"Events {seq} and {self._expected} have changed places.", seq=self._expected)
            self.event(self._expected, leaf)
        elif not self._fill_gap(seq):
            self.note(Kind.DUPLICATE, f"Event number {seq} is there more than once.", seq=seq)

    def _fits_held(self, found: Checkpoint) -> bool:
        """Whether this checkpoint vouches for the event that is held as the next one, whatever its number."""
        if self._held is None or self._broken is not None or found.size != self._expected + 1:
            return False
        _ = self.root
        return self._frontier.append(self._held[1]).root == found.root

    def _release(self, *, as_renumbered: bool = False) -> None:
        """Settle an event whose number ran ahead: either its number is wrong, or those before it are missing."""
        if self._held is None:
            return
        (seq, leaf), self._held = self._held, None
        if as_renumbered:
            at = self._expected
            self.note(Kind.RENUMBERED, f"Where event {at} should stand there is one numbered {seq}.", seq=at)
            if len(self._renumbered) < MAX_FINDINGS:
                self._renumbered[at] = seq
            self.event(at, leaf)
            return
        self._gaps.append((self._expected, seq))
        if self._broken is None:
            self._broken = self._expected
        self._expected = seq + 1
        self._at_stop()

    def _fill_gap(self, seq: int) -> bool:
        """Take a late event out of the gap it belongs to; False when no gap lacks it. Gaps are sorted and do not touch."""
        i = bisect_right(self._gaps, seq, key=_start) - 1
        if i < 0 or seq >= self._gaps[i][1]:
            return False
        start, end = self._gaps[i]
        self._gaps[i : i + 1] = [gap for gap in ((start, seq), (seq + 1, end)) if gap[0] < gap[1]]
        if self._late and self._late[1] == seq:
            self._late = (self._late[0], seq + 1)
        else:
            self._say_late()
            self._late = (seq, seq + 1)
        return True

    def _say_late(self) -> None:
        if self._late:
            start, end = self._late
            self.note(Kind.OUT_OF_ORDER, f"{_events(start, end)} not in order: later ones stand before.", seq=start)
            self._late = None

    def _differs(self, size: int) -> str:
        since = self.covered or 0
        among = f"something in events {since} to {size - 1} was changed, added or taken out" if since < size else "it is false"
        return f"The first checkpoint that fails is that of {size} events: {among}."

    def _fail(self, kind: Kind, sentence: str, *, size: int | None) -> None:
        """Note a failing checkpoint; of a run that fails in the same way only the first."""
        if self._failing is kind:
            self.unlisted += 1
        else:
            self._failing = kind
            self.note(kind, sentence, size=size)


def _start(gap: tuple[int, int]) -> int:
    return gap[0]


def _size(text: str) -> int | None:
    try:
        return parse_checkpoint(text=text).size
    except BadCheckpoint:
        return None


def _events(start: int, end: int) -> str:
    return f"Event {start} is" if end - start == 1 else f"Events {start} to {end - 1} are"
