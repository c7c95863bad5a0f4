"""The kernels, compiled by numba; `odzew.hashing.plain` is the same in numpy, and says what each of them gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from odzew.hashing import plain
from odzew.hashing.operator import Band

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


def reference(pixels: Pixels) -> NDArray[np.float32]:
    """Return what `plain.reference` returns."""
    return plain.reference(pixels)
