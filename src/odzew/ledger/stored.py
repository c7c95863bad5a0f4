"""The record as it lies in the database: streamed in pages, proved whole, and written out.

Every page is one short query by number, so that a million events take no more memory than a page. Ask inside `unchanging()`:
everything is then read as of one moment, while the desk goes on working.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from django.db import connection, transaction

from odzew.foundation.writes import fetch_all, fetch_none
from odzew.ledger.api import tree_state
from odzew.ledger.audit import Finding, Kind
from odzew.ledger.checkpoint import VerifierKey
from odzew.ledger.data import Audited
from odzew.ledger.export import Header, find_tampering, write_export
from odzew.ledger.merkle import EMPTY_ROOT, TILE_LEVELS, Frontier, Node, grow
from odzew.ledger.sequencer import RecordDamaged

PAGE: Final = 10_000
_SHOWN: Final = 20
_LOWEST: Final = -(2**63)
Progress = Callable[[int], None]

_ROWS: Final = """
SELECT seq, data, id::text, kind, actor, case_id::text, to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
FROM ledger_event WHERE seq > %s ORDER BY seq LIMIT %s
"""
_LEAVES: Final = "SELECT seq, hash FROM ledger_leaf WHERE seq BETWEEN %s AND %s"
_NODES: Final = """
SELECT n."level", n."index", n.hash FROM unnest(%s::smallint[], %s::bigint[]) AS w ("level", "index")
JOIN ledger_node n ON n."level" = w."level" AND n."index" = w."index"
"""


@contextmanager
def unchanging() -> Iterator[None]:
    """Read everything in the block as of one moment (REPEATABLE READ, READ ONLY); inside another transaction it is that one's view."""
    nested = connection.in_atomic_block
    with transaction.atomic():
        if not nested:
            fetch_none("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", [])
        yield


def stored_events() -> Iterator[tuple[int, bytes]]:
    """Yield (number, exact bytes) of every sealed event in order."""
    last = _LOWEST
    while page := fetch_all("SELECT seq, data FROM ledger_event WHERE seq > %s ORDER BY seq LIMIT %s", [last, PAGE]):
        yield from ((seq, bytes(data)) for seq, data in page)
        last = page[-1][0]


def stored_checkpoints() -> Iterator[str]:
    """Yield every signed note, the smallest first."""
    yield from (note for _, note in _sized_checkpoints())


def _sized_checkpoints() -> Iterator[tuple[int, str]]:
    last = _LOWEST
    while page := fetch_all("SELECT size, note FROM ledger_checkpoint WHERE size > %s ORDER BY size LIMIT %s", [last, 1000]):
        yield from ((size, note) for size, note in page)
        last = page[-1][0]


class _Walk:
    """One pass over the stored events that also holds the other columns, the nodes and the tree's row against them."""

    def __init__(self, progress: Progress | None) -> None:
        self.findings: list[Finding] = []
        self.events = 0
        self.nodes = self.checkpoints = 0
        self.frontier = Frontier()
        self.whole = True
        self._progress = progress

    def rows(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield (number, exact bytes, leaf hash), an empty hash where none is stored; by number."""
        last = _LOWEST
        while page := fetch_all(_ROWS, [last, PAGE]):
            last = page[-1][0]
            leaves = {seq: bytes(value) for seq, value in fetch_all(_LEAVES, [page[0][0], last])}
            self._columns(page)
            self._tree([row[0] for row in page], leaves)
            self.events += len(page)
            yield from ((row[0], bytes(row[1]), leaves.get(row[0], b"")) for row in page)
            if self._progress:
                self._progress(self.events)

    def notes(self) -> Iterator[str]:
        """Yield every signed note; one that is kept under another size than it is signed for is a finding."""
        for size, note in _sized_checkpoints():
            self.checkpoints += 1
            stated = note.split("\n", 2)[1:2]
            if stated != [str(size)]:
                sentence = f"The checkpoint kept as that of {size} events says {(stated or ['nothing'])[0]}."
                of = int(stated[0]) if stated and stated[0].isdecimal() and len(stated[0]) < 20 else size
                self.findings.append(Finding(kind=Kind.BAD_CHECKPOINT, sentence=sentence, size=of))
            yield note

    def _columns(self, page: list[tuple[Any, ...]]) -> None:
        """The columns are only there to search by; what they say must be what the bytes say."""
        for seq, data, event, kind, actor, case, at in page:
            head = f'{{"actor":"{actor}","at":"{at}",' + (f'"case":"{case}",' if case else "")
            tail, raw = f'"id":"{event}","kind":"{kind}"}}', bytes(data)
            plain = raw.startswith(head.encode()) and raw.endswith(tail.encode())
            if plain and (case or not raw.startswith(b'"case"', len(head))):
                continue
            if not _agree(raw, {"id": event, "kind": kind, "actor": actor, "case": case, "at": at}):
                self._find(Kind.CHANGED, f"Event {seq} was changed: its columns no longer say what its bytes say.", seq)

    def _tree(self, numbers: list[int], leaves: dict[int, bytes]) -> None:
        """Grow the tree from the stored leaves and compare its nodes with the stored ones; an unbroken row of leaves only."""
        begin = self.frontier.size
        row = [leaves.get(seq, b"") for seq in numbers]
        if not self.whole or numbers != list(range(begin, begin + len(numbers))) or any(len(value) != 32 for value in row):
            self.whole = False
            return
        self.frontier, nodes = grow(frontier=self.frontier, leaves=row, lowest=TILE_LEVELS)
        self.nodes += len(nodes)
        self._nodes(nodes)

    def _nodes(self, nodes: tuple[Node, ...]) -> None:
        wanted = {(level // TILE_LEVELS, index): value for level, index, value in nodes}
        places = [[level for level, _ in wanted], [index for _, index in wanted]]
        stored = {(level, index): bytes(value) for level, index, value in fetch_all(_NODES, places)}
        for (level, index), value in wanted.items():
            if stored.get((level, index)) != value:
                first = index << TILE_LEVELS * level
                span = f"{first} to {first + (1 << TILE_LEVELS * level) - 1}"
                self._find(Kind.STORE_DIFFERS, f"The stored hash of events {span} is not the one that their leaves give.", first)

    def totals(self) -> None:
        """After the walk: nothing more is stored than was walked, and the row that the tree grows from is the tree."""
        leaves, nodes = fetch_all("SELECT (SELECT count(*) FROM ledger_leaf), (SELECT count(*) FROM ledger_node)", [])[0]
        if leaves != self.events:
            self._find(Kind.STORE_DIFFERS, f"There are {leaves} leaves for {self.events} events.", None)
        if self.whole and nodes != self.nodes:
            self._find(Kind.STORE_DIFFERS, f"There are {nodes} stored hashes of subtrees where {self.nodes} should be.", None)
        try:
            state = tree_state()
        except RecordDamaged as error:
            self._find(Kind.STORE_DIFFERS, error.sentence, None)
            return
        if state.size != self.events:
            kind = Kind.ROLLED_BACK if state.size > self.events else Kind.STORE_DIFFERS
            self._find(kind, f"The tree has {state.size} events but {self.events} are stored.", None)
        elif self.whole and state.root != self.frontier.root:
            self._find(Kind.STORE_DIFFERS, "The row that the record grows from is not the tree of the stored leaves.", None)

    def _find(self, kind: Kind, sentence: str, seq: int | None) -> None:
        if len(self.findings) < _SHOWN:
            self.findings.append(Finding(kind=kind, sentence=sentence, seq=seq))


def _agree(data: bytes, columns: dict[str, object]) -> bool:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and all(body.get(name) == value for name, value in columns.items())


def audit_stored(*, verifier: VerifierKey, older: Iterable[str] = (), progress: Progress | None = None) -> Audited:
    """Prove the stored record: leaves from bytes, tree from leaves, every signature and root, and everything kept beside them.

    `older` are notes held elsewhere that the record must extend; `progress` is told how many events are done. Each finding is one
    sentence; an event is named where leaves differ, else the first checkpoint that fails. Run it inside `unchanging()`.
    """
    walk = _Walk(progress)
    found = find_tampering(stored=walk.rows(), checkpoints=walk.notes(), verifier=verifier, older=older)
    walk.totals()
    root = walk.frontier.root if walk.events else EMPTY_ROOT
    return Audited(events=walk.events, checkpoints=walk.checkpoints, root=root, findings=(*found, *walk.findings))


def export(*, out: BinaryIO, verifier: VerifierKey) -> None:
    """Write the stored record as an export file, whatever its state; sign a checkpoint first. Run it inside `unchanging()`."""
    header = Header(origin=verifier.name, public_key=str(verifier))
    write_export(header=header, events=stored_events(), checkpoints=stored_checkpoints(), out=out)
