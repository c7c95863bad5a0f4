"""The kernels of `nearest.py`, compiled by numba. They read arrays by address, so that one call searches any number of parts.

Search. Give the 8 pairs of chunks (`nearest_tables.py`) bounds b with the sum of (b + 1) = radius + 1: whatever is within the radius is
within the bound of a pair, by the pigeonhole principle. A pair (x, y) within 3 bits has x within 1 and the rest in y, or y within 1: so
each chunk and its 16 neighbours at one bit are looked up, and of what is found only those go on whose partner is near enough. About 1 in
350 does; each of these is compared whole, and reported by the first pair that leads to it. Where what the second chunk of a pair finds
has no place, its pair is looked up once more, in the first chunk's table. Nothing is dropped: candidates are compared whenever their
buffer is full, and hits beyond the caller's space are counted, so that the caller comes back with more.

A look-up is 272 places in memory, each far from the next. What it takes is the way there: so they are all asked for at once, before the
first is read, which only blocks of one size allow.
After Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with Multi-Index Hashing" (2014), and Qin et al., "GPH: Similarity
Search in Hamming Space" (2018), for the bounds.
"""

# mypy: disable-error-code="attr-defined, call-arg, no-untyped-call, no-untyped-def"
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

import numpy as np
from llvmlite import ir
from numba import carray, cfunc, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from odzew.hashing.nearest_tables import ALL, ENTRY, FIRST, HEAD, IN_ORDER, KEYS, MOST, PLACE, SCRATCH, TAIL

_LANES: Final = 32  # partners that are compared at once: a line of memory
_AHEAD: Final = 24  # how many blocks before it is looked at the rest of one is asked to come near
_EIGHT: Final = 8
_CANDIDATES: Final = SCRATCH[1]
_FIRST: Final = np.array(FIRST, np.int64)
# When looking up is dearer than looking at everything, in the time that one whole comparison of a scan takes.
_POSTINGS_PER_SCAN: Final = 8
_SCANS_PER_CANDIDATE: Final = 8


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first use, and keep the machine code on disk where there is a folder to keep it in."""
    try:
        return cast(Callable[..., Any], njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder that can be written
        return cast(Callable[..., Any], njit(nogil=True)(function))


def _ones(bits: int) -> Any:
    def population(_context, value):
        def generate(_ctx, builder, _signature, arguments):
            return builder.call(builder.module.declare_intrinsic("llvm.ctpop", [ir.IntType(bits)]), arguments)

        return value(value), generate

    return intrinsic(population)


def _pointer(kind: Any) -> Any:
    def at(_context, address):
        pointer = types.CPointer(kind)

        def generate(context, builder, _signature, arguments):
            return builder.inttoptr(arguments[0], context.get_value_type(pointer))

        return pointer(address), generate

    return intrinsic(at)


_ones16, _ones64 = _ones(16), _ones(64)
_at8, _at16, _at32, _at64 = (_pointer(kind) for kind in (types.uint8, types.uint16, types.uint32, types.uint64))
_at_int = _pointer(types.int64)


@intrinsic
def _fetch(_context, address):
    """Ask the processor to bring the line at this address near; nothing waits for it."""

    def generate(_ctx, builder, signature, arguments):
        place = builder.inttoptr(arguments[0], ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [place, number(0), number(3), number(1)])
        return _ctx.get_dummy_value()

    return types.void(address), generate


@intrinsic
def _any_within(_context, address, other, low, span):
    """Is any of the `_LANES` numbers of 16 bits from this address on from `low` to `low + span` bits away from `other`?"""

    def generate(_ctx, builder, _signature, arguments):
        place, against, least, most = arguments
        many = ir.VectorType(ir.IntType(16), _LANES)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)

        def spread(value):
            nothing = ir.Constant(many, ir.Undefined)
            return builder.shuffle_vector(builder.insert_element(nothing, value, ir.IntType(32)(0)), nothing, everywhere)

        numbers = builder.load(builder.inttoptr(place, many.as_pointer()))
        numbers.align = 2
        count = cgutils.get_or_insert_function(builder.module, ir.FunctionType(many, [many]), f"llvm.ctpop.v{_LANES}i16")
        ones = builder.call(count, [builder.xor(numbers, spread(against))])
        within = builder.icmp_unsigned("<=", builder.sub(ones, spread(least)), spread(most))
        flags = builder.bitcast(within, ir.IntType(_LANES))
        return builder.icmp_unsigned("!=", flags, flags.type(0))

    return types.boolean(types.int64, types.uint16, types.uint16, types.uint16), generate


@intrinsic
def _any_near(_context, address, q0, q1, q2, q3, radius):
    """Is any of the eight hashes from this address on within `radius` bits (at most 255) of the question's four words?

    The ones of two hashes lie in one vector, word by word; four such vectors go into one, 16 bits for each, and the words are added up.
    """

    def generate(_ctx, builder, _signature, arguments):
        place, *question, radius = arguments
        wide, number = ir.VectorType(ir.IntType(64), 8), ir.IntType(32)
        nothing = ir.Constant(wide, ir.Undefined)
        against = nothing
        for lane in range(8):
            against = builder.insert_element(against, question[lane % 4], number(lane))
        count = cgutils.get_or_insert_function(builder.module, ir.FunctionType(wide, [wide]), "llvm.ctpop.v8i64")
        hashes = builder.inttoptr(place, wide.as_pointer())
        together = None
        for n in range(4):
            two = builder.load(builder.gep(hashes, [number(n)]))
            two.align = 8
            ones = builder.call(count, [builder.xor(two, against)])
            shifted = builder.shl(ones, ir.Constant(wide, [16 * n] * 8))
            together = shifted if together is None else builder.or_(together, shifted)
        for step in (2, 1):
            order = ir.Constant(ir.VectorType(number, 8), [lane ^ step for lane in range(8)])
            together = builder.add(together, builder.shuffle_vector(together, nothing, order))
        narrow = ir.VectorType(ir.IntType(16), 32)
        everywhere = ir.Constant(ir.VectorType(number, 32), [0] * 32)
        most = builder.insert_element(ir.Constant(narrow, ir.Undefined), builder.trunc(radius, ir.IntType(16)), number(0))
        most = builder.shuffle_vector(most, ir.Constant(narrow, ir.Undefined), everywhere)
        within = builder.bitcast(builder.icmp_unsigned("<=", builder.bitcast(together, narrow), most), ir.IntType(32))
        return builder.icmp_unsigned("!=", within, within.type(0))

    word = types.uint64
    return types.boolean(types.int64, word, word, word, word, types.int64), generate


@_compiled
def _scan(address, n, query, radius, out, found, label, part):
    hashes = carray(_at64(address), 4 * n)
    q0, q1, q2, q3 = query[0], query[1], query[2], query[3]
    for begin in range(0, n, _EIGHT):
        size = min(_EIGHT, n - begin)
        if size == _EIGHT and not _any_near(address + 32 * begin, q0, q1, q2, q3, radius):
            continue
        for i in range(begin, begin + size):
            o = 4 * i
            distance = np.int64(
                _ones64(hashes[o] ^ q0) + _ones64(hashes[o + 1] ^ q1) + _ones64(hashes[o + 2] ^ q2) + _ones64(hashes[o + 3] ^ q3)
            )
            if distance <= radius:
                if found < out.shape[0]:
                    out[found, 0], out[found, 1], out[found, 2], out[found, 3] = label, part, i, distance
                found += 1
    return found


@_compiled
def _bounds(radius, bounds):
    for pair in range(8):
        bounds[pair] = (radius + 1 + pair) // 8 - 1


@_compiled
def _plan(entry, query16, bounds, addresses, keys, lows, spans):
    """Write down what is looked up, and ask for it: a block, its key and chunk, and from which to which distance a partner must be."""
    m, size = 0, 2 * entry[3]
    for pair in range(8):
        bound = bounds[pair]
        if bound < 0:
            continue
        for side in range(2):
            if side == 1 and bound < 1:
                continue
            k = _FIRST[pair] ^ side
            table = entry[2] + k * KEYS * size
            reach = 16 if bound >= 2 and (side == 0 or bound >= 3) else 0
            low = 0 if side == 0 else (2 if bound >= 2 else 1)
            for bit in range(-1, reach):
                key = np.int64(query16[k]) if bit < 0 else np.int64(query16[k]) ^ (1 << bit)
                at = table + size * key
                _fetch(at)
                addresses[m], keys[m], lows[m], spans[m] = at, key << 4 | k, low, bound - low - (bit >= 0)
                m += 1
    return m


@_compiled
def _lines(entry):
    """How many lines of memory beyond its first a block usually fills."""
    return (min(2 * entry[3], 2 * (HEAD + (entry[1] >> 16) + (entry[1] >> 19))) - 1) // 64


@_compiled
def _fetch_rest(at, lines):
    for line in range(lines):
        _fetch(at + 64 * (line + 1))


@_compiled
def _place_at(entry, k, p):
    """Return the address of what says where a hash is that has this place in a table."""
    row = k if entry[6] == ALL else k >> 1
    return entry[5] + PLACE * ((row - (k > IN_ORDER)) * entry[1] + p)


@_compiled
def _fetch_place(entry, k, p):
    if k != IN_ORDER:
        _fetch(_place_at(entry, k, p))


@_compiled
def _inside(words, count):
    """How many of a block's partners are in it."""
    return count if count <= words - HEAD else words - HEAD - TAIL


@_compiled
def _beyond(entry, at):
    """Return the address of those that are not."""
    last = carray(_at16(at), entry[3])
    return entry[4] + 2 * (np.int64(last[entry[3] - 2]) | np.int64(last[entry[3] - 1]) << 16)


@_compiled
def _fetch_beyond(entry, at):
    if np.int64(carray(_at32(at), 2)[1]) > entry[3] - HEAD:
        _fetch(_beyond(entry, at))


@_compiled
def _pairs_at(entry, k, key, partner):
    """Return from where to where a pair is in the table of its first chunk."""
    words = entry[3]
    at = entry[2] + 2 * words * (k * KEYS + key)
    head, numbers = carray(_at32(at), 2), carray(_at16(at), words)
    start, count = np.int64(head[0]), np.int64(head[1])
    inside = _inside(words, count)
    more = carray(_at16(_beyond(entry, at)), MOST) if count > inside else numbers
    low, high = np.int64(0), count
    while low < high:
        middle = (low + high) // 2
        if (numbers[HEAD + middle] if middle < inside else more[middle - inside]) < partner:
            low = middle + 1
        else:
            high = middle
    while high < count and (numbers[HEAD + high] if high < inside else more[high - inside]) == partner:
        high += 1
    return start + low, start + high


@_compiled
def _compare(entry, candidates, count, query, radius, bounds, out, found, label, part):
    """Compare candidates whole; report a hit unless an earlier pair has led to it."""
    n = entry[1]
    hashes = carray(_at64(entry[0]), 4 * n)
    for v in range(count):
        k, p = candidates[v] & 15, candidates[v] >> 4
        if k != IN_ORDER:
            place = carray(_at8(_place_at(entry, k, p)), PLACE)
            p = np.int64(place[0]) | np.int64(place[1]) << 8 | np.int64(place[2]) << 16
        candidates[v] = p << 4 | k
        _fetch(entry[0] + 32 * p)
    for v in range(count):
        o = (candidates[v] >> 4) * 4
        x0, x1, x2, x3 = hashes[o] ^ query[0], hashes[o + 1] ^ query[1], hashes[o + 2] ^ query[2], hashes[o + 3] ^ query[3]
        distance = np.int64(_ones64(x0) + _ones64(x1) + _ones64(x2) + _ones64(x3))
        if distance > radius:
            continue
        first = True
        for pair in range((candidates[v] & 15) >> 1):
            word = x0 if pair < 2 else x1 if pair < 4 else x2 if pair < 6 else x3
            half = (word >> np.uint64(32)) if pair & 1 else (word & np.uint64(0xFFFFFFFF))
            if np.int64(_ones64(half)) <= bounds[pair]:
                first = False
                break
        if first:
            if found < out.shape[0]:
                out[found, 0], out[found, 1], out[found, 2], out[found, 3] = label, part, candidates[v] >> 4, distance
            found += 1
    return found


@_compiled
def _resolve(entry, seconds, count, candidates, waiting, query, radius, bounds, out, found, label, part, most):
    """Make candidates of the pairs that second chunks found, and compare whenever their buffer is full.

    Returns how many wait, how many were compared, and the hits; -1 of them where looking at everything is cheaper.
    """
    compared = 0
    for v in range(-1, count):
        begin, end, k = 0, 0, 0
        if v >= 0:
            k, key = seconds[v] & 15, seconds[v] >> 4 & 0xFFFF
            begin, end = _pairs_at(entry, k, key, seconds[v] >> 20)
        for p in range(begin, end + 1):
            if waiting == candidates.size:
                compared += waiting
                if compared > most:
                    return waiting, compared, -1
                found = _compare(entry, candidates, waiting, query, radius, bounds, out, found, label, part)
                waiting = 0
            if p < end:
                candidates[waiting] = p << 4 | k
                _fetch_place(entry, k, p)
                waiting += 1
    return waiting, compared, found


@_compiled
def _look_up(entry, query, radius, out, found, label, part, counters, scratch):
    """Search one part by its tables; -1 where looking at everything is cheaper."""
    bounds, addresses, keys, lows, spans = scratch[0, :8], scratch[1], scratch[2], scratch[3], scratch[4]
    candidates, seconds = scratch[5], scratch[6]
    n, words = entry[1], entry[3]
    _bounds(radius, bounds)
    query16 = query.view(np.uint16)
    m = _plan(entry, query16, bounds, addresses, keys, lows, spans)
    lines, everywhere = _lines(entry), entry[6] == ALL
    for i in range(min(_AHEAD, m)):
        _fetch_rest(addresses[i], lines)
    total, waiting, unresolved, compared = np.int64(0), 0, 0, 0
    most = n // _SCANS_PER_CANDIDATE + _CANDIDATES
    for i in range(m):
        if i + _AHEAD < m:
            _fetch_rest(addresses[i + _AHEAD], lines)
            _fetch_beyond(entry, addresses[i + _AHEAD // 2])
        at, k = addresses[i], keys[i] & 15
        head = carray(_at32(at), 2)
        start, count = np.int64(head[0]), np.int64(head[1])
        total += count
        if total > n * _POSTINGS_PER_SCAN:
            return -1
        other, low, span = query16[k ^ 1], np.uint16(lows[i]), np.uint16(spans[i])
        inside, last = _inside(words, count), -1
        # First those in the block, then those beyond it.
        begin, end = HEAD, HEAD + inside
        for run in range(2 if count > inside else 1):
            if run == 1:
                at, start, begin, end = _beyond(entry, at), start + inside + HEAD, 0, count - inside
            partners = carray(_at16(at), MOST)
            for j in range(0, end, _LANES):
                # All lanes at once, those before and after them too: what they say is looked at again one by one.
                if not _any_within(at + 2 * j, other, low, span):
                    continue
                for x in range(max(begin, j), min(j + _LANES, end)):
                    partner = np.int64(partners[x])
                    if np.uint16(_ones16(np.uint16(partners[x] ^ other)) - low) > span:
                        continue
                    if everywhere or k == _FIRST[k >> 1]:
                        candidates[waiting] = (start + x - HEAD) << 4 | k
                        _fetch_place(entry, k, start + x - HEAD)
                        waiting += 1
                    elif partner != last:  # equal ones lie together, and are one pair
                        seconds[unresolved] = keys[i] >> 4 << 20 | partner << 4 | (k ^ 1)
                        pair_at = entry[2] + 2 * words * ((k ^ 1) * KEYS + partner)
                        _fetch(pair_at)
                        _fetch_rest(pair_at, lines)
                        last = partner
                        unresolved += 1
                    if waiting < candidates.size and unresolved < seconds.size:
                        continue
                    waiting, more, found = _resolve(
                        entry, seconds, unresolved, candidates, waiting, query, radius, bounds, out, found, label, part, most
                    )
                    compared, unresolved = compared + more, 0
                    if found < 0 or compared > most:
                        return -1
    counters[0] += total
    waiting, more, found = _resolve(
        entry, seconds, unresolved, candidates, waiting, query, radius, bounds, out, found, label, part, most
    )
    if found < 0:
        return -1
    counters[1] += compared + more + waiting
    return _compare(entry, candidates, waiting, query, radius, bounds, out, found, label, part)


@_compiled
def _all_parts(table, query, radius, out, found, label, counters, scratch):
    for part in range(table.shape[0]):
        entry = table[part]
        after = -1
        if entry[2] != 0 and radius < 32:
            after = _look_up(entry, query, radius, out, found, label, part, counters, scratch)
            if after < 0:
                counters[2] += 1
        if after < 0:
            counters[1] += entry[1]
            after = _scan(entry[0], entry[1], query, radius, out, found, label, part)
        found = after
    return found


@_compiled
def search(table, queries, radii, out, counters):
    """Write (query, part, place, distance) of every hit into `out` as far as it goes; return how many there are.

    `table` has a row of `ENTRY` numbers for each part, with the address of blocks 0 for a part without tables, which is scanned.
    `counters` gets postings looked at, hashes compared, parts scanned although they have tables.
    """
    scratch = np.empty(SCRATCH, np.int64)
    found = 0
    for label in range(queries.shape[0]):
        found = _all_parts(table, queries[label], radii[label], out, found, label, counters, scratch)
    return found


def _ask(table, parts, query, radius, room, hits):
    at = carray(_at_int(room), 3)
    rows = carray(_at_int(table), (parts, ENTRY))
    out = carray(_at_int(at[0]), (hits, 4))
    counters, scratch = carray(_at_int(at[1]), 3), carray(_at_int(at[2]), SCRATCH)
    return _all_parts(rows, carray(query, 4, np.uint64), radius, out, 0, 0, counters, scratch)


def _callable(function: Callable[..., Any]) -> Any:
    """Compile for calls from outside numba, which cost a tenth of those through it, and less memory to walk through."""
    signature = types.int64(types.int64, types.int64, types.voidptr, types.int64, types.int64, types.int64)
    try:
        return cfunc(signature, cache=True)(function)
    except RuntimeError:  # no folder that can be written
        return cfunc(signature)(function)


# (address of the table, parts, the question's 32 bytes, radius, address of a room, hits it has room for) -> how many hits there are.
# A room is three addresses: of the hits, as `search` writes them, of the counters, and of the scratch.
ask = _callable(_ask).ctypes


@_compiled
def equal(addresses, sizes, width, in_order, query, out):
    """Write (part, place) of rows equal to `query`; return how many there are. Parts that are in order are searched by halving."""
    found = 0
    for part in range(addresses.size):
        n = sizes[part]
        rows = carray(_at64(addresses[part]), n * width)
        begin, end = 0, n
        if in_order[part]:
            while begin < end:
                middle = (begin + end) // 2
                if rows[middle * width] < query[0]:
                    begin = middle + 1
                else:
                    end = middle
            end = n
        for i in range(begin, end):
            if rows[i * width] != query[0]:
                if in_order[part]:
                    break
                continue
            same = True
            for w in range(1, width):
                same = same and rows[i * width + w] == query[w]
            if same:
                if found < out.shape[0]:
                    out[found, 0], out[found, 1] = part, i
                found += 1
    return found
