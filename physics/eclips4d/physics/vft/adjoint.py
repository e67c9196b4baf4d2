"""The attention transposed: from derivatives with respect to horizons back to what was seen in rings."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.physics.vft.attention import LANES, Attention, Scratch

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

_NOUGHT, _LEAST = np.float32(0.0), np.float32(-1.0)

_compiled: Any = numba.njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"nnan", "nsz", "contract", "reassoc"}
)


class Back(NamedTuple):
    """Derivatives of a loss with respect to what lies in a `Scratch`.

    Attributes
    ----------
    horizon : float32 [2, LANES]
        With respect to horizons, so that what follows is with respect to tangents, the largest being held.
    query : float32 [3, rings, LANES]
    value : float32 [3·J + 3, LANES]
    score : float32 [J, rings, LANES]
    row, mean : float32 [LANES]
        Of one number at a time.
    """

    horizon: F32
    query: F32
    value: F32
    score: F32
    row: F32
    mean: F32


@_compiled  # type: ignore[untyped-decorator]
def room_for_back(room: Scratch) -> Back:
    """Room for one block of lanes."""
    return Back(
        np.empty_like(room.horizon),
        np.empty_like(room.query),
        np.empty_like(room.value),
        np.empty_like(room.share),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.float32),
    )


@_compiled  # type: ignore[untyped-decorator]
def unattend(attention: Attention, room: Scratch, back: Back) -> None:
    """Transpose of `attend`: fills `back` from its horizons and from what `attend` left in `room`."""
    _unread(attention, room, back)
    back.query[:] = _NOUGHT
    heads = attention.score.shape[0]
    for j in range(heads):
        _unpay(j, heads, room, back)
    for k in range(attention.embed_bias.shape[1]):
        _unscore(attention, k, room, back)


@_compiled  # type: ignore[untyped-decorator]
def _unread(attention: Attention, room: Scratch, back: Back) -> None:
    hidden, on, beside, row = room.hidden.shape[0], back.horizon[0], back.horizon[1], back.row
    for v in range(back.value.shape[0]):
        first, second, value = attention.head[0, hidden + v], attention.head[1, hidden + v], back.value[v]
        for x in range(LANES):
            value[x] = first * on[x] + second * beside[x]
    for z in range(hidden):
        first, second, lit = attention.head[0, z], attention.head[1, z], room.hidden[z]
        for x in range(LANES):
            row[x] = (first * on[x] + second * beside[x]) if lit[x] > _NOUGHT else _NOUGHT
        for v in range(back.value.shape[0]):
            weight, value = attention.hidden[z, v], back.value[v]
            for x in range(LANES):
                value[x] += weight * row[x]


@_compiled  # type: ignore[untyped-decorator]
def _unpay(j: int, heads: int, room: Scratch, back: Back) -> None:
    mean, rings = back.mean, room.share.shape[1]
    mean[:] = _NOUGHT
    for k in range(rings):
        share, score = room.share[j, k], back.score[j, k]
        score[:] = _NOUGHT
        for r in range(3):
            value, query, to_query = back.value[r * heads + j], room.query[r, k], back.query[r, k]
            for x in range(LANES):
                score[x] += value[x] * query[x]
                to_query[x] += value[x] * share[x]
        for x in range(LANES):
            mean[x] += score[x] * share[x]
    for k in range(rings):
        share, score = room.share[j, k], back.score[j, k]
        for x in range(LANES):
            score[x] = share[x] * (score[x] - mean[x])


@_compiled  # type: ignore[untyped-decorator]
def _unscore(attention: Attention, k: int, room: Scratch, back: Back) -> None:
    before, here, after, row = room.query[0, k], room.query[1, k], room.query[2, k], back.row
    for e in range(attention.embed.shape[0]):
        row[:] = _NOUGHT
        for j in range(attention.score.shape[0]):
            weight, score = attention.score[j, e], back.score[j, k]
            for x in range(LANES):
                row[x] += weight * score[x]
        of_before, of_here, of_after = attention.embed[e, 0], attention.embed[e, 1], attention.embed[e, 2]
        bias = attention.embed_bias[e, k]
        for x in range(LANES):
            lit = bias + of_before * before[x] + of_here * here[x] + of_after * after[x]
            row[x] = row[x] if lit > _NOUGHT else _NOUGHT
        for r in range(3):
            weight, to_query = attention.embed[e, r], back.query[r, k]
            for x in range(LANES):
                to_query[x] += weight * row[x]


@_compiled  # type: ignore[untyped-decorator]
def unask(around: I64, lanes: I64, count: int, room: Scratch, back: Back, at: I64, to_token: F32) -> None:
    """Transpose of `ask` and of the product with the largest tangent; adds to `to_token` [D, rings, columns].

    Parameters
    ----------
    around : int64 [3]
        The ways before, itself, and after.
    at : int64 [D, columns]
        Ring of the largest tangent of each way.
    """
    rings, last = room.query.shape[1], back.value.shape[0] - 3
    to_largest = back.row
    for i in range(LANES):
        to_largest[i] = back.horizon[0, i] * room.horizon[0, i] + back.horizon[1, i] * room.horizon[1, i]
    for r in range(3):
        of_way, value, largest = to_token[around[r]], back.value[last + r], room.value[last + r]
        for i in range(count):
            if largest[i] > _LEAST:
                to_largest[i] -= value[i] * largest[i]
                of_way[at[around[r], lanes[i]], lanes[i]] += value[i]
        for k in range(rings):
            query, to_query, of_ring = room.query[r, k], back.query[r, k], of_way[k]
            for i in range(count):
                if query[i] > _LEAST:
                    to_largest[i] -= to_query[i] * query[i]
                    of_ring[lanes[i]] += to_query[i]
    _to_largest(around, lanes, count, room, back, at, to_token)


@_compiled  # type: ignore[untyped-decorator]
def _to_largest(around: I64, lanes: I64, count: int, room: Scratch, back: Back, at: I64, to_token: F32) -> None:
    last = back.value.shape[0] - 3
    for i in range(count):
        top = 0
        for r in range(1, 3):
            if room.value[last + r, i] > room.value[last + top, i]:
                top = r
        to_token[around[top], at[around[top], lanes[i]], lanes[i]] += back.row[i]
