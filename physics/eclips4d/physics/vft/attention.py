"""Attention over the rings of a vision field: from tangents in rings to two horizons. Blocks of lanes at a time.

A pixel and a way see tangents `t[r, k]`: of rings k on this way and on the ways before and after it (r). They are
divided by the largest, T, and cut off at −1: heights in another unit, or twice as high, see the same. Then

    e = relu(embed·q + bias_k)                 what a ring looks like, [E] per ring
    a = exp(score·e) / sum over rings          which rings each head attends to, [J] per ring
    v[r, j] = sum over k of a[j, k]·q[r, k]    what they show there; beside them the largest q of each way
    z = relu(hidden·(v, geometry) + bias)
    horizon = T·(head·(z, v) + bias)           on the way itself, and between it and the next one
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

LANES: Final = 128
"""Pixels that are attended to together."""
SCORES: Final = np.float32(30.0)
"""Scores are cut off at ± this."""

_compiled: Any = numba.njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract", "reassoc"}
)


class Attention(NamedTuple):
    """Weights.

    Attributes
    ----------
    embed : float32 [E, 3]
    embed_bias : float32 [E, rings]
    score : float32 [J, E]
    hidden : float32 [Z, 3·J + 3 + geometry]
        Columns: heads of the way before, of the way itself, of the way after; the largest of each; geometry.
    hidden_bias : float32 [Z]
    head : float32 [2, Z + 3·J + 3]
    head_bias : float32 [2]
    """

    embed: F32
    embed_bias: F32
    score: F32
    hidden: F32
    hidden_bias: F32
    head: F32
    head_bias: F32


class Scratch(NamedTuple):
    """What a block of lanes needs on the way, kept for the transposed step.

    Attributes
    ----------
    query : float32 [3, rings, LANES]
        Tangents over the largest of them.
    share : float32 [J, rings, LANES]
        What each head pays attention to; adds up to 1 over the rings.
    value : float32 [3·J + 3, LANES]
        The last three, the largest of each way, are given with the queries.
    hidden : float32 [Z, LANES]
    horizon : float32 [2, LANES]
        Over the largest tangent.
    row, total : float32 [LANES]
        Of one number at a time.
    power : int32 [LANES]
    """

    query: F32
    share: F32
    value: F32
    hidden: F32
    horizon: F32
    row: F32
    total: F32
    power: NDArray[np.int32]


@_compiled  # type: ignore[untyped-decorator]
def scratch(attention: Attention) -> Scratch:
    """Room for one block of lanes."""
    rings, heads = attention.embed_bias.shape[1], attention.score.shape[0]
    return Scratch(
        np.empty((3, rings, LANES), np.float32),
        np.empty((heads, rings, LANES), np.float32),
        np.empty((3 * heads + 3, LANES), np.float32),
        np.empty((attention.hidden.shape[0], LANES), np.float32),
        np.empty((2, LANES), np.float32),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.int32),
    )


@_compiled  # type: ignore[untyped-decorator]
def attend(attention: Attention, geometry: F32, room: Scratch) -> None:
    """Fill everything in `room` from its queries."""
    heads, rings = attention.score.shape[0], attention.embed_bias.shape[1]
    for k in range(rings):
        _score(attention, k, room)
    for j in range(heads):
        _pay(room.share[j], room.total, room.power)
        for r in range(3):
            value = room.value[r * heads + j]
            value[:] = np.float32(0.0)
            for k in range(rings):
                share, query = room.share[j, k], room.query[r, k]
                for x in range(LANES):
                    value[x] += share[x] * query[x]
    _read(attention, geometry, room)


@_compiled  # type: ignore[untyped-decorator]
def _score(attention: Attention, k: int, room: Scratch) -> None:
    before, here, after, row = room.query[0, k], room.query[1, k], room.query[2, k], room.row
    nought = np.float32(0.0)
    room.share[:, k] = nought
    for e in range(attention.embed.shape[0]):
        of_before, of_here, of_after = attention.embed[e, 0], attention.embed[e, 1], attention.embed[e, 2]
        bias = attention.embed_bias[e, k]
        for x in range(LANES):
            row[x] = max(bias + of_before * before[x] + of_here * here[x] + of_after * after[x], nought)
        for j in range(attention.score.shape[0]):
            weight, score = attention.score[j, e], room.share[j, k]
            for x in range(LANES):
                score[x] += weight * row[x]


@_compiled  # type: ignore[untyped-decorator]
def _pay(share: F32, total: F32, power: NDArray[np.int32]) -> None:
    """Exponentials of scores, each over their sum."""
    total[:] = np.float32(0.0)
    for k in range(share.shape[0]):
        of_ring = share[k]
        _exponential(of_ring, power)
        for x in range(LANES):
            total[x] += of_ring[x]
    for x in range(LANES):
        total[x] = np.float32(1.0) / total[x]
    for k in range(share.shape[0]):
        of_ring = share[k]
        for x in range(LANES):
            of_ring[x] *= total[x]


@_compiled  # type: ignore[untyped-decorator]
def _exponential(of: F32, power: NDArray[np.int32]) -> None:
    """Exponentials in place, to 2e-6: a power of two that is written into the exponent's bits, times a polynomial."""
    per_two, two = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
    as_number = power.view(np.float32)
    for x in range(LANES):
        scaled = min(max(of[x], -SCORES), SCORES) * per_two
        whole = np.int32(scaled + np.float32(200.5)) - np.int32(200)
        f = (scaled - np.float32(whole)) * two
        power[x] = (whole + np.int32(127)) << np.int32(23)
        of[x] = np.float32(1.0) + f * (
            np.float32(1.0)
            + f
            * (
                np.float32(0.5)
                + f * (np.float32(0.16666667) + f * (np.float32(0.041666668) + f * np.float32(0.008333334)))
            )
        )
    for x in range(LANES):
        of[x] *= as_number[x]


@_compiled  # type: ignore[untyped-decorator]
def _read(attention: Attention, geometry: F32, room: Scratch) -> None:
    values, hidden = room.value.shape[0], room.hidden.shape[0]
    for z in range(hidden):
        constant = attention.hidden_bias[z]
        for g in range(geometry.size):
            constant += attention.hidden[z, values + g] * geometry[g]
        row = room.hidden[z]
        row[:] = constant
        _add_weighed(attention.hidden[z, :values], room.value, row)
        for x in range(LANES):
            row[x] = max(row[x], np.float32(0.0))
    for o in range(2):
        out = room.horizon[o]
        out[:] = attention.head_bias[o]
        _add_weighed(attention.head[o, :hidden], room.hidden, out)
        _add_weighed(attention.head[o, hidden:], room.value, out)


@_compiled  # type: ignore[untyped-decorator]
def _add_weighed(weights: F32, rows: F32, out: F32) -> None:
    for v in range(weights.size):
        weight, row = weights[v], rows[v]
        for x in range(LANES):
            out[x] += weight * row[x]
