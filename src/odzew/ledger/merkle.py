"""The Merkle tree of the record: RFC 6962 section 2 hashes, proofs and their verification, on bytes alone.

A *level* counts up from the leaves (level 0), an *index* from the left; node (level, index) is the hash of the 2**level leaves that
begin at index * 2**level. Every hash is 32 bytes of SHA-256. Stored levels are multiples of `TILE_LEVELS` (C2SP tlog-tiles).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import islice

from odzew.foundation.errors import Invalid

HASH_BYTES = 32
TILE_LEVELS = 8
EMPTY_ROOT = sha256(b"").digest()
_CHUNK = 1 << 16

HashOf = Callable[[int, int], bytes]
"""`(level, index)` of a complete subtree -> its hash."""
Rows = Callable[[int, int, int], Sequence[bytes]]
"""`(level, first index, count)` -> that many neighbouring hashes of a stored level (0, 8, 16, ...)."""
Node = tuple[int, int, bytes]
"""`(level, index, hash)` of a subtree that has become complete."""


class TreeError(Invalid):
    """A size, index or hash with which no tree can be built."""

    code = "bad-tree"


def leaf_hash(*, data: bytes) -> bytes:
    """Return the hash of one entry: SHA-256(0x00 || data). Source: RFC 6962 2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(*, left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side: SHA-256(0x01 || left || right). Source: RFC 6962 2.1."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to append: the number of leaves and the hashes of the complete subtrees they fall into.

    `peaks` holds one 32-byte hash per set bit of `size`, the largest (leftmost) subtree first. Raises TreeError when they disagree.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or self.size.bit_count() != len(self.peaks):
            raise TreeError("A frontier has one peak per set bit of its size.", size=self.size, peaks=len(self.peaks))
        _check_hashes(self.peaks)

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves so far; SHA-256 of nothing when there are none. Source: RFC 6962 2.1."""
        return _fold(self.peaks) if self.peaks else EMPTY_ROOT

    def append(self, leaf: bytes) -> Frontier:
        """Return the frontier with one more leaf hash (32 bytes) at its right."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """Return the frontier with these leaf hashes (32 bytes each) at its right, in O(leaves) hashes and bounded memory."""
        size, peaks, rest = self.size, _by_level(self), iter(leaves)
        while chunk := list(islice(rest, _CHUNK)):
            _check_hashes(chunk)
            for _ in _grow(size=size, peaks=peaks, row=chunk.copy()):
                pass
            size += len(chunk)
        return _from_levels(size=size, peaks=peaks)

    def to_bytes(self) -> bytes:
        """Return the size as 8 bytes (big-endian) followed by the peaks, 32 bytes each."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, *, data: bytes) -> Frontier:
        """Read what `to_bytes` wrote; raises TreeError when the length does not fit the size it states."""
        if len(data) < 8 or (len(data) - 8) % HASH_BYTES:
            raise TreeError("A stored frontier is 8 bytes of size and 32 bytes per peak.", length=len(data))
        peaks = tuple(data[i : i + HASH_BYTES] for i in range(8, len(data), HASH_BYTES))
        return cls(size=int.from_bytes(data[:8], "big"), peaks=peaks)


def grow(*, frontier: Frontier, leaves: Iterable[bytes], lowest: int = 0) -> tuple[Frontier, tuple[Node, ...]]:
    """Append leaf hashes and return the new frontier with every stored-level node that became complete by it, in one pass.

    Nodes are `(level, index, hash)` with level 0, 8, 16, ... from `lowest` up (8 leaves out the leaves, when they are kept with
    their events), ordered by level, then index. Raises TreeError on a hash that is not 32 bytes. Source: C2SP tlog-tiles.
    """
    row, peaks = list(leaves), _by_level(frontier)
    _check_hashes(row)
    size, nodes = frontier.size + len(row), list[Node]()
    for level, start, hashes in _grow(size=frontier.size, peaks=peaks, row=row):
        if level >= lowest and level % TILE_LEVELS == 0:
            nodes += [(level, start + i, value) for i, value in enumerate(hashes)]
    return _from_levels(size=size, peaks=peaks), tuple(nodes)


def completed_nodes(*, frontier: Frontier, leaves: Iterable[bytes], lowest: int = 0) -> Iterator[Node]:
    """Yield the nodes of `grow` alone: what must be stored when `leaves` are appended to `frontier`."""
    yield from grow(frontier=frontier, leaves=leaves, lowest=lowest)[1]


def hashes_from_leaves(*, leaves: Sequence[bytes]) -> HashOf:
    """Return the hash of any complete subtree over a list of leaf hashes held in memory (all levels are computed once).

    The callable raises TreeError for a subtree that is not complete within the list.
    """
    levels = [list(leaves)]
    _check_hashes(levels[0])
    while len(levels[-1]) > 1:
        levels.append(_pairs(levels[-1]))

    def hash_of(level: int, index: int) -> bytes:
        if not 0 <= level < len(levels) or not 0 <= index < len(levels[level]):
            raise TreeError("That subtree is not complete.", level=level, index=index, size=len(leaves))
        return levels[level][index]

    return hash_of


def hashes_from_tiles(*, rows: Rows, remembered: int = 1024) -> HashOf:
    """Return the hash of any complete subtree from stored levels (0, 8, 16, ...), recomputing the levels in between.

    `rows(level, start, count)` is asked for at most 128 neighbours at once; the last `remembered` answers are kept, so make a new
    one when the store may have been changed. The callable raises TreeError when the store gives fewer than asked.
    """

    @lru_cache(maxsize=remembered)
    def hash_of(level: int, index: int) -> bytes:
        above = level % TILE_LEVELS
        row = list(rows(level - above, index << above, 1 << above))
        if len(row) != 1 << above:
            raise TreeError("The store lacks nodes of that subtree.", level=level, index=index, found=len(row))
        _check_hashes(row)
        while len(row) > 1:
            row = _pairs(row)
        return row[0]

    return hash_of


def root_at(*, size: int, hashes: HashOf) -> bytes:
    """Return the Merkle tree hash of the first `size` leaves. Source: RFC 6962 2.1."""
    if size < 0:
        raise TreeError("A size is not negative.", size=size)
    return _subroot(start=0, end=size, hashes=hashes) if size else EMPTY_ROOT


def inclusion_proof(*, index: int, size: int, hashes: HashOf) -> tuple[bytes, ...]:
    """Return the audit path of leaf `index` in the tree of the first `size` leaves, lowest hash first.

    At most 64 hashes. Raises TreeError unless 0 <= index < size. Source: RFC 6962 2.1.1.
    """
    if not 0 <= index < size:
        raise TreeError("The leaf is not in a tree of that size.", index=index, size=size)
    path, start, end = list[bytes](), 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subroot(start=middle, end=end, hashes=hashes))
            end = middle
        else:
            path.append(_subroot(start=start, end=middle, hashes=hashes))
            start = middle
    return tuple(reversed(path))


def consistency_proof(*, old: int, new: int, hashes: HashOf) -> tuple[bytes, ...]:
    """Return the proof that the first `old` leaves of the tree of `new` leaves are the tree that was signed before.

    Empty when old is 0 or equals new. Raises TreeError unless 0 <= old <= new. Source: RFC 6962 2.1.2.
    """
    if not 0 <= old <= new:
        raise TreeError("An older tree is not larger than a newer one.", old=old, new=new)
    if old == 0:
        return ()
    path, start, end = list[bytes](), 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subroot(start=middle, end=end, hashes=hashes))
            end = middle
        else:
            path.append(_subroot(start=start, end=middle, hashes=hashes))
            start = middle
    if start:
        path.append(_subroot(start=start, end=end, hashes=hashes))
    return tuple(reversed(path))


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows that leaf hash `leaf` stands at `index` in the tree of `size` leaves with this root.

    False for anything that does not fit, an impossible index included; never raises on bytes. Source: RFC 9162 2.1.3.2.
    """
    if not 0 <= index < size or any(len(value) != HASH_BYTES for value in (leaf, root, *proof)):
        return False
    node, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = node_hash(left=sibling, right=value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = node_hash(left=value, right=sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and value == root


def verify_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree (`new`, `new_root`) begins with the tree (`old`, `old_root`).

    False for anything that does not fit, impossible sizes included; never raises on bytes. Source: RFC 9162 2.1.4.2.
    """
    if not 0 <= old <= new or any(len(value) != HASH_BYTES for value in (old_root, new_root, *proof)):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    trailing = (~(old - 1) & old).bit_length() - 1
    node, last = (old - 1) >> trailing, (new - 1) >> trailing
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(left=sibling, right=first), node_hash(left=sibling, right=second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(left=second, right=sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if not {HASH_BYTES}.issuperset(map(len, hashes)):
        raise TreeError("Every hash in the tree is 32 bytes.")


def _split(width: int) -> int:
    """The largest power of two smaller than `width` (RFC 6962 2.1)."""
    return 1 << (width - 1).bit_length() - 1


def _fold(peaks: Sequence[bytes]) -> bytes:
    value = peaks[-1]
    for peak in reversed(peaks[:-1]):
        value = node_hash(left=peak, right=value)
    return value


def _pairs(row: Sequence[bytes]) -> list[bytes]:
    """The next level up; an odd last hash is left out."""
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]


def _subroot(*, start: int, end: int, hashes: HashOf) -> bytes:
    """The tree hash of leaves start..end-1, where `start` is a multiple of a power of two not smaller than the width."""
    width, at, peaks = end - start, start, list[bytes]()
    for level in range(width.bit_length() - 1, -1, -1):
        if width >> level & 1:
            peaks.append(hashes(level, at >> level))
            at += 1 << level
    return _fold(peaks)


def _by_level(frontier: Frontier) -> dict[int, bytes]:
    levels = [level for level in range(frontier.size.bit_length() - 1, -1, -1) if frontier.size >> level & 1]
    return dict(zip(levels, frontier.peaks, strict=True))


def _from_levels(*, size: int, peaks: dict[int, bytes]) -> Frontier:
    return Frontier(size=size, peaks=tuple(peaks[level] for level in sorted(peaks, reverse=True)))


def _grow(*, size: int, peaks: dict[int, bytes], row: list[bytes]) -> Iterator[tuple[int, int, list[bytes]]]:
    """Append `row` (consumed) to the tree behind `peaks` (changed in place), yielding each level's new complete nodes.

    Yields (level, index of the first, hashes); read each list before asking for the next.
    """
    level = 0
    while row:
        yield level, size >> level, row
        if size >> level & 1:
            row.insert(0, peaks.pop(level))
        if len(row) & 1:
            peaks[level] = row.pop()
        row = _pairs(row)
        level += 1
