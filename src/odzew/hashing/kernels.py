"""The kernels, compiled by numba; `odzew.hashing.plain` is the same in numpy, and says what each of them gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from odzew.hashing import plain
from odzew.hashing.operator import SIDE, Band, centres, window

Pixels = NDArray[np.uint8]


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile on first use, and keep the machine code on disk where there is a folder to keep it in."""
    try:
        return cast(Callable[..., Any], njit(cache=True, nogil=True)(function))
    except RuntimeError:  # no folder that can be written
        return cast(Callable[..., Any], njit(nogil=True)(function))


@_compiled
def _grey(flat, r_start, r_count, r_weight, c_start, c_count, c_weight):  # type: ignore[no-untyped-def]
    out = np.empty((64, 64), np.float64)
    tall = np.empty(flat.shape[1], np.int32)
    for o in range(64):
        _weigh(flat, r_start[o], r_weight[o, : r_count[o]], tall)
        for p in range(64):
            first, total = c_start[p], 0.0
            for k in range(c_count[p]):
                total += c_weight[p, k] * np.float64(tall[first + k])
            out[o, p] = total
    return out


@_compiled
def _colour(flat, r_start, r_count, r_weight, c_start, c_count, c_weight):  # type: ignore[no-untyped-def]
    out = np.empty((64, 64), np.float64)
    tall = np.empty(flat.shape[1], np.int32)
    luma = np.empty(flat.shape[1] // 3, np.float64)
    for o in range(64):
        _weigh(flat, r_start[o], r_weight[o, : r_count[o]], tall)
        for x in range(luma.size):
            luma[x] = np.rint((tall[3 * x] * 299.0 + tall[3 * x + 1] * 587.0 + tall[3 * x + 2] * 114.0) * 2.0**-10)
        for p in range(64):
            first, total = c_start[p], 0.0
            for k in range(c_count[p]):
                total += c_weight[p, k] * luma[first + k]
            out[o, p] = total
    return out


@_compiled
def _weigh(flat, first, weights, tall):  # type: ignore[no-untyped-def]
    """Sum the weighted rows; whole numbers below 2^30."""
    tall[:] = 0
    for k in range(weights.size):
        weight = weights[k]
        row = flat[first + k]
        for x in range(row.size):
            tall[x] += np.int32(weight * np.int32(row[x]))


def shrunk(pixels: Pixels, rows: Band, columns: Band) -> NDArray[np.float64]:
    """Return what `plain.shrunk` returns."""
    flat = np.ascontiguousarray(pixels).reshape(pixels.shape[0], -1)
    kernel = _grey if pixels.ndim == 2 else _colour
    out: NDArray[np.float64] = kernel(flat, rows.start, rows.count, rows.weights, columns.start, columns.count, columns.weights)
    return out


@_compiled
def _luma(row, out):  # type: ignore[no-untyped-def]
    """Write the luma of one row, as pdqhash makes it: in float64, then rounded to float32."""
    width = out.size
    if row.size == width:
        for x in range(width):
            out[x] = np.float32(row[x])
    else:
        for x in range(width):
            out[x] = np.float32(row[3 * x] * 0.299 + row[3 * x + 1] * 0.587 + row[3 * x + 2] * 0.114)


@_compiled
def _box_row(row, window, out):  # type: ignore[no-untyped-def]
    """Average over a running window, as a running sum in float32."""
    side, half = row.size, (window + 2) // 2
    total = np.float32(0.0)
    for i in range(window):
        total += row[i]
        if i >= half - 1:
            out[i - half + 1] = total / np.float32(i + 1)
    for i in range(window, side):
        total += row[i]
        total -= row[i - window]
        out[i - half + 1] = total / np.float32(window)
    for i in range(side, side + half - 1):
        total -= row[i - window]
        out[i - half + 1] = total / np.float32(side + window - i - 1)


@_compiled
def _reference(flat, width, along, down, kept_rows, kept_columns):  # type: ignore[no-untyped-def]
    """Run the reference's four passes row by row: only as many rows as the filter is high are in memory at a time.

    A sum that has no row to add or to take away adds or takes away 0, which changes nothing.
    """
    height, half = flat.shape[0], (down + 2) // 2
    luma, fresh, boxed = np.empty(width, np.float32), np.zeros(width, np.float32), np.empty(width, np.float32)
    ring, total = np.zeros((down, width), np.float32), np.zeros(width, np.float32)
    fresh_kept, ring_kept, total_kept = np.zeros(64, np.float32), np.zeros((down, 64), np.float32), np.zeros(64, np.float32)
    out, done = np.empty((64, 64), np.float32), 0
    for step in range(height + 2 * (half - 1)):
        if step < height + half - 1:
            if step < height:
                _luma(flat[step], luma)
                _box_row(luma, along, fresh)
            else:
                fresh[:] = np.float32(0.0)
            _pass_down(fresh, ring[step % down], total)
        second = step - half + 1
        if second < 0:
            continue
        if second < height:
            _divide(total, np.float32(min(step + 1, height) - max(0, step + 1 - down)), boxed)
            _box_row(boxed, along, luma)
            for p in range(64):
                fresh_kept[p] = luma[kept_columns[p]]
        else:
            fresh_kept[:] = np.float32(0.0)
        _pass_down(fresh_kept, ring_kept[second % down], total_kept)
        while done < 64 and kept_rows[done] == second - half + 1:
            _divide(total_kept, np.float32(min(second + 1, height) - max(0, second + 1 - down)), out[done])
            done += 1
    return out


@_compiled
def _pass_down(fresh, oldest, total):  # type: ignore[no-untyped-def]
    for x in range(total.size):
        total[x] = (total[x] + fresh[x]) - oldest[x]
        oldest[x] = fresh[x]


@_compiled
def _divide(total, count, out):  # type: ignore[no-untyped-def]
    for x in range(total.size):
        out[x] = total[x] / count


def reference(pixels: Pixels, always: bool = False) -> NDArray[np.float32]:
    """Return what `plain.reference` returns."""
    height, width = pixels.shape[:2]
    if (height, width) == (SIDE, SIDE) and not always:
        return plain.reference(pixels)
    flat = np.ascontiguousarray(pixels).reshape(height, -1)
    columns, rows = centres(side=width), centres(side=height)
    out: NDArray[np.float32] = _reference(flat, width, window(side=width), window(side=height), rows, columns)
    return out
