"""Levenberg and Marquardt's least squares for humps on a background, compiled: it runs for every profile of a run."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.steps.skyline import factorise, first_of_rows, inverse_diagonal, solve_in_place

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

REACH = 6.0
"""Standard deviations beyond which a hump is nothing."""
SHAPE = 0.3989422804014327
START, LEAST_DAMPING = 1e-2, 1e-3
"""Damping: at the beginning, and at least, as a share of the diagonal."""
SHORTEST = 0.4
"""Of a whole step, where whole ones go too far."""


@_compiled  # type: ignore[untyped-decorator]
def ranks(theta: F64, humps: int, samples: int) -> I64:
    """Row of each parameter in the normal equations, [3 k + b]: in the order of places, so that neighbours are near."""
    k, knots = humps, theta.size - 3 * humps
    place = np.empty(theta.size)
    for part in range(3):
        place[part * k : (part + 1) * k] = theta[:k]
    place[3 * k :] = np.arange(knots) * (samples - 1.0) / (knots - 1.0)
    out = np.empty(theta.size, np.int64)
    out[np.argsort(place)] = np.arange(theta.size)
    return out


@_compiled  # type: ignore[untyped-decorator]
def normal_equations(y: F64, w: F64, theta: F64, humps: int, rank: I64, matrix: F64, right: F64) -> float:
    """Fill the matrix and the right side for a step of `theta`; returns the sum of squared weighted residuals.

    Parameters
    ----------
    y, w : float64 [n]
        Measured values and square roots of their weights; 0 where nothing was seen.
    theta : float64 [3 k + b]
        Places, areas, logarithms of standard deviations of k humps; values of the background at b even knots.
    rank : int64 [3 k + b]
        As `ranks` gives it.
    matrix, right : float64 [3 k + b, 3 k + b], [3 k + b]
        To be filled, rows and columns by rank; of the matrix the lower triangle.
    """
    n, k, size = y.size, humps, theta.size
    knots = size - 3 * k
    row, used = np.empty(3 * k + 2), np.empty(3 * k + 2, np.int64)
    matrix[:] = 0.0
    right[:] = 0.0
    total = 0.0
    spread = np.exp(theta[2 * k : 3 * k])
    for s in range(n):
        if w[s] == 0.0:
            continue
        count, model = 0, 0.0
        for j in range(k):
            sd = spread[j]
            if abs(s - theta[j]) > REACH * sd:
                continue
            t = (s - theta[j]) / sd
            unit = SHAPE / sd * math.exp(-0.5 * t * t)
            hump = theta[k + j] * unit
            model += hump
            row[count], row[count + 1], row[count + 2] = hump * t / sd, unit, hump * (t * t - 1.0)
            used[count], used[count + 1], used[count + 2] = rank[j], rank[k + j], rank[2 * k + j]
            count += 3
        at = s * (knots - 1.0) / (n - 1.0)
        low = min(int(at), knots - 2)
        part = at - low
        row[count], row[count + 1] = 1.0 - part, part
        used[count], used[count + 1] = rank[3 * k + low], rank[3 * k + low + 1]
        count += 2
        model += (1.0 - part) * theta[3 * k + low] + part * theta[3 * k + low + 1]
        left = (y[s] - model) * w[s]
        total += left * left
        weight = w[s] * w[s]
        for a in range(count):
            p = used[a]
            right[p] += row[a] * left * w[s]
            share = row[a] * weight
            for b in range(a + 1):
                matrix[max(p, used[b]), min(p, used[b])] += share * row[b]
    return total


@_compiled  # type: ignore[untyped-decorator]
def laid_out(theta: F64, humps: int, samples: int) -> F64:
    """Every hump by itself, without the background, [n, k]."""
    out = np.zeros((samples, humps))
    for j in range(humps):
        sd = math.exp(theta[2 * humps + j])
        first = max(math.ceil(theta[j] - REACH * sd), 0)
        for s in range(first, min(int(theta[j] + REACH * sd) + 1, samples)):
            t = (s - theta[j]) / sd
            out[s, j] = theta[humps + j] * SHAPE / sd * math.exp(-0.5 * t * t)
    return out


@_compiled  # type: ignore[untyped-decorator]
def misfits(residual: F64, w: F64, place: F64, reach: F64) -> F64:
    """Square roots of chi² per degree of freedom within a reach of each hump, at least 1, [k].

    Parameters
    ----------
    residual, w : float64 [n]
        Over their standard deviations; 0 in `w` where nothing was seen.
    place, reach : float64 [k]
    """
    out = np.empty(place.size)
    for j in range(place.size):
        total, count = 0.0, 0
        first = max(math.ceil(place[j] - reach[j]), 0)
        for s in range(first, min(int(place[j] + reach[j]) + 1, w.size)):
            if w[s] > 0.0:
                total += residual[s] ** 2
                count += 1
        out[j] = math.sqrt(max(total / max(count - 4.0, 2.0), 1.0))
    return out


@_compiled  # type: ignore[untyped-decorator]
def variances(y: F64, w: F64, theta: F64, humps: int) -> F64:
    """Of places and areas, [2 k], as least squares has them; empty where something is not determined at all."""
    rank = ranks(theta, humps, y.size)
    matrix, right = np.zeros((theta.size, theta.size)), np.zeros(theta.size)
    normal_equations(y, w, theta, humps, rank, matrix, right)
    first = first_of_rows(matrix)
    if not factorise(matrix, first):
        return np.zeros(0)
    found: F64 = inverse_diagonal(matrix, first, rank[: 2 * humps])
    return found


@_compiled  # type: ignore[untyped-decorator]
def fit(y: F64, w: F64, theta: F64, humps: int, narrowest: float, broadest: float, rounds: int, done: float) -> F64:
    """Least squares from the guess `theta`; standard deviations stay in their range, places on the profile.

    Where the model bends, whole steps go too far, forth and back about the best place. What a step gained tells the
    parabola of the cost along it: the next one is as long as would have been best.
    """
    size, k, n = theta.size, humps, y.size
    rank = ranks(theta, humps, n)
    matrix, right = np.zeros((size, size)), np.zeros(size)
    trial_matrix, trial_right = np.zeros((size, size)), np.zeros(size)
    damped, step = np.empty((size, size)), np.empty(size)
    cost = normal_equations(y, w, theta, k, rank, matrix, right)
    damping, pace = START, 1.0
    for _ in range(rounds):
        damped[:] = matrix
        step[:] = right
        most = 1e-300
        for p in range(size):
            most = max(most, matrix[p, p])
        for p in range(size):
            damped[p, p] += damping * matrix[p, p] + 1e-12 * most
        first = first_of_rows(damped)
        if not factorise(damped, first):
            damping *= 8.0
            continue
        solve_in_place(damped, first, step)
        hoped = step @ right
        step *= pace
        trial = theta + step[rank]
        moved = 0.0
        for j in range(k):
            sd = math.exp(theta[2 * k + j])
            trial[j] = min(max(theta[j] + min(max(step[rank[j]], -sd), sd), 0.0), n - 1.0)
            spread = theta[2 * k + j] + min(max(step[rank[2 * k + j]], -0.5), 0.5)
            trial[2 * k + j] = min(max(spread, math.log(narrowest)), math.log(broadest))
            moved = max(moved, abs(trial[j] - theta[j]))
        trial_cost = normal_equations(y, w, trial, k, rank, trial_matrix, trial_right)
        if trial_cost <= cost:
            small = moved < done and cost - trial_cost < 1e-3 + 1e-6 * cost
            curved = (2.0 * hoped * pace - cost + trial_cost) / pace**2
            pace = min(max(hoped / max(curved, 1e-300), SHORTEST), 1.0)
            theta, cost, damping = trial, trial_cost, max(0.2 * damping, LEAST_DAMPING)
            matrix, trial_matrix, right, trial_right = trial_matrix, matrix, trial_right, right
            if small:
                break
        else:
            damping *= 8.0
            if damping > 1e6:
                break
    return theta
