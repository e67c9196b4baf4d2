"""The height function of the copper scene, point by point, compiled: it is evaluated some millions of times a frame."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FLOW_COS, FLOW_SIN = math.cos(math.radians(-28.0)), math.sin(math.radians(-28.0))
"""Direction in which steps flow, array axes."""
TAN_FACET = math.tan(math.radians(30.0))
OXIDE_CONTRAST = 0.20
RISER_HALF_WIDTH_NM = 13.0
ROUGHNESS_STEP_NM = 5.0
FOURFOLD = 0.06
"""How square the spirals are."""
CORE_NM = 14.0
EDGE_NM = 5.0
MEETING_NM = 5.0


@njit(cache=True, nogil=True, inline="always")
def _upper(a: float, b: float, soft: float) -> float:
    """Maximum of two heights with a rounded corner of width `soft`."""
    gap = abs(a - b)
    top = max(a, b)
    return top if gap >= soft else top + (soft - gap) * (soft - gap) / (4.0 * soft)


@njit(cache=True, nogil=True, inline="always")
def _tanh(x: float) -> float:
    if x > 19.0:
        return 1.0
    if x < -19.0:
        return -1.0
    e = math.exp(2.0 * x)
    return (e - 1.0) / (e + 1.0)


@njit(cache=True, nogil=True)
def _train(x: float, y: float, shift: float, bunches: FloatArray, period: float) -> float:
    """Step bunches that descend along the flow, their mean plane level; meandering edges."""
    across = -x * FLOW_SIN + y * FLOW_COS
    along = x * FLOW_COS + y * FLOW_SIN + 16.0 * math.sin(across / 95.0) + 9.0 * math.sin(across / 41.0 + 1.3)
    q = along - shift
    n = bunches.shape[0]
    turns = math.floor(q / period)
    q -= turns * period
    rise = bunches[n - 1, 1] + bunches[n - 1, 2]
    guess = int(q / period * n)
    height = 0.0
    low = guess - 1
    if low >= 0:
        height = bunches[low, 2]
    else:
        height = bunches[low + n, 2] - rise
    for k in range(guess - 1, guess + 2):
        wrapped = k % n
        at = bunches[wrapped, 0] + (period if k >= n else (-period if k < 0 else 0.0))
        height += bunches[wrapped, 1] * 0.5 * (1.0 + _tanh((q - at) / RISER_HALF_WIDTH_NM))
    return rise * q / period - height


@njit(cache=True, nogil=True)
def _spiral(x: float, y: float, shift: float, hill: FloatArray) -> float:
    """A hillock with one step that winds around its core; the step flows outwards as the spiral turns."""
    dx, dy = x - hill[0], y - hill[1]
    r2 = dx * dx + dy * dy + 1e-9
    r = math.sqrt(r2)
    fourfold = 1.0 + FOURFOLD * (dx**4 - 6.0 * dx * dx * dy * dy + dy**4) / (r2 * r2) * (r2 / (r2 + 1600.0))
    spacing = hill[4]
    u = r * fourfold / spacing - hill[5] * math.atan2(dy, dx) / (2.0 * math.pi) - shift / spacing - hill[6]
    steepness = math.sqrt(1.0 / (spacing * spacing) + 1.0 / (4.0 * math.pi * math.pi * (r2 + 36.0)))
    width = hill[7] * steepness
    f = u - math.floor(u + 0.5)
    stairs = 0.5 * (_tanh((f + 1.0) / width) + _tanh(f / width) + _tanh((f - 1.0) / width)) - f
    fade = 1.0 - math.exp(-r2 / (2.0 * CORE_NM * CORE_NM))
    cone = math.sqrt(r2 * fourfold * fourfold + CORE_NM * CORE_NM) / spacing
    return hill[2] - hill[3] * (cone + fade * stairs)


@njit(cache=True, nogil=True)
def _island(x: float, y: float, coverage: float, island: FloatArray) -> float:
    """A truncated pyramid with rounded edges, as high and wide as the oxide coverage lets it be."""
    dx, dy = x - island[0], y - island[1]
    a = abs(dx * island[5] + dy * island[6])
    b = abs(dy * island[5] - dx * island[6])
    size = math.sqrt(coverage)
    top = island[3] * (0.4 + 0.6 * size)
    fall = _upper(_upper(a, b, 8.0) - top, 0.0, EDGE_NM / TAN_FACET) * TAN_FACET
    return island[2] - 12.0 + (island[4] + 12.0) * size - fall


@njit(cache=True, nogil=True)
def _spline(x: float, y: float, tile: FloatArray) -> float:
    """Periodic cubic B-spline."""
    n = tile.shape[0]
    u, v = x / ROUGHNESS_STEP_NM, y / ROUGHNESS_STEP_NM
    i, j = math.floor(u), math.floor(v)
    f, g = u - i, v - j
    f1, g1 = 1.0 - f, 1.0 - g
    wx0, wx1, wx2, wx3 = f1 * f1 * f1, 4.0 - 6.0 * f * f + 3.0 * f**3, 4.0 - 6.0 * f1 * f1 + 3.0 * f1**3, f * f * f
    wy = (g1 * g1 * g1, 4.0 - 6.0 * g * g + 3.0 * g**3, 4.0 - 6.0 * g1 * g1 + 3.0 * g1**3, g * g * g)
    c0, c1, c2, c3 = (int(i) - 1) % n, int(i) % n, (int(i) + 1) % n, (int(i) + 2) % n
    total = 0.0
    for k in range(4):
        row = tile[(int(j) - 1 + k) % n]
        total += wy[k] * (wx0 * row[c0] + wx1 * row[c1] + wx2 * row[c2] + wx3 * row[c3])
    return total / 36.0


@njit(cache=True, nogil=True)
def surface_lines(
    x0: FloatArray,
    step: float,
    ys: FloatArray,
    shifts: FloatArray,
    coverages: FloatArray,
    bunches: FloatArray,
    period: float,
    hills: FloatArray,
    islands: FloatArray,
    particles: FloatArray,
    roughness: FloatArray,
    height: FloatArray,
    relative_yield: FloatArray,
) -> None:
    """Fill height (nm) and relative yield on lines of equidistant points; see `copper_redox.CopperRedox`."""
    lines, count = height.shape
    near_islands = np.empty(islands.shape[0], np.int64)
    near_particles = np.empty(particles.shape[0], np.int64)
    for line in range(lines):
        y, shift, coverage = ys[line], shifts[line], coverages[line]
        some_islands = 0
        for k in range(islands.shape[0]):
            if abs(y - islands[k, 1]) < 1.5 * islands[k, 3] + 150.0:
                near_islands[some_islands] = k
                some_islands += 1
        some_particles = 0
        for k in range(particles.shape[0]):
            if abs(y - particles[k, 1]) < 6.0 * particles[k, 3]:
                near_particles[some_particles] = k
                some_particles += 1
        for column in range(count):
            x = x0[line] + step * column
            h = _train(x, y, shift, bunches, period)
            for k in range(hills.shape[0]):
                dx, dy = x - hills[k, 0], y - hills[k, 1]
                reach = (hills[k, 2] + 25.0) * hills[k, 4] / hills[k, 3] * 1.1
                if dx * dx + dy * dy < reach * reach:
                    h = _upper(h, _spiral(x, y, shift, hills[k]), MEETING_NM)
            cover = 0.0
            for m in range(some_islands):
                k = near_islands[m]
                if abs(x - islands[k, 0]) < 1.5 * islands[k, 3] + 150.0:
                    oxide = _island(x, y, coverage, islands[k])
                    above = (oxide - h) / EDGE_NM
                    cover = max(cover, min(1.0, max(0.0, 0.5 + above)))
                    h = _upper(h, oxide, EDGE_NM)
            for m in range(some_particles):
                k = near_particles[m]
                dx, dy = x - particles[k, 0], y - particles[k, 1]
                z = (dx * dx + dy * dy) / (2.0 * particles[k, 3] * particles[k, 3])
                if z < 18.0:
                    h += particles[k, 2] * math.exp(-z)
            height[line, column] = h + _spline(x, y, roughness)
            relative_yield[line, column] = 1.0 - OXIDE_CONTRAST * cover
