"""The height function of the copper scene, point by point, compiled: it is evaluated some millions of times a frame."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FLOW_COS, FLOW_SIN = math.cos(math.radians(-28.0)), math.sin(math.radians(-28.0))
"""Direction in which steps flow, array axes."""
FACET_DEG = 30.0
TAN_FACET = math.tan(math.radians(FACET_DEG))
OXIDE_YIELD = 0.80
"""Backscatter yield of cuprous oxide over copper's: mean atomic numbers 24 and 29."""
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
    """Exact to 1e-8; most steps are far away, where it is 1."""
    if x > 9.5:
        return 1.0
    if x < -9.5:
        return -1.0
    e = math.exp(2.0 * x)
    return (e - 1.0) / (e + 1.0)


@njit(cache=True, nogil=True)
def train_profile(q: float, bunches: FloatArray, period: float) -> float:
    """Height of a descending train of bunched steps about its mean plane, at distance `q` along the flow."""
    n = bunches.shape[0]
    q -= math.floor(q / period) * period
    rise = bunches[n - 1, 1] + bunches[n - 1, 2]
    guess = int(q / period * n)
    height = bunches[guess - 1, 2] if guess > 0 else bunches[n - 1, 2] - rise
    for k in range(guess - 1, guess + 2):
        wrapped = k + n if k < 0 else (k - n if k >= n else k)
        at = bunches[wrapped, 0] + (period if k >= n else (-period if k < 0 else 0.0))
        height += bunches[wrapped, 1] * 0.5 * (1.0 + _tanh((q - at) / RISER_HALF_WIDTH_NM))
    return float(rise * q / period - height)


@njit(cache=True, nogil=True)
def _train(x: float, y: float, shift: float, bunches: FloatArray, period: float) -> float:
    """The train with meandering edges."""
    across = -x * FLOW_SIN + y * FLOW_COS
    along = x * FLOW_COS + y * FLOW_SIN + 16.0 * math.sin(across / 95.0) + 9.0 * math.sin(across / 41.0 + 1.3)
    return train_profile(along - shift, bunches, period)


@njit(cache=True, nogil=True)
def _spiral(x: float, y: float, shift: float, hills: FloatArray, k: int) -> float:
    """A hillock with one step that winds around its core; the step flows outwards as the spiral turns."""
    dx, dy = x - hills[k, 0], y - hills[k, 1]
    r2 = dx * dx + dy * dy + 1e-9
    r = math.sqrt(r2)
    d2 = dx * dx - dy * dy
    cos4 = (d2 * d2 - 4.0 * dx * dx * dy * dy) / (r2 * r2)
    fourfold = 1.0 + FOURFOLD * cos4 * r2 / (r2 + 1600.0)
    spacing = hills[k, 4]
    u = r * fourfold / spacing - hills[k, 5] * math.atan2(dy, dx) / (2.0 * math.pi) - shift / spacing - hills[k, 6]
    steepness = math.sqrt(1.0 / (spacing * spacing) + 1.0 / (4.0 * math.pi * math.pi * (r2 + 36.0)))
    width = hills[k, 7] * steepness
    f = u - math.floor(u + 0.5)
    stairs = 0.5 * (_tanh((f + 1.0) / width) + _tanh(f / width) + _tanh((f - 1.0) / width)) - f
    fade = 1.0 - math.exp(-r2 / (2.0 * CORE_NM * CORE_NM)) if r2 < 100.0 * CORE_NM * CORE_NM else 1.0
    cone = math.sqrt(r2 * fourfold * fourfold + CORE_NM * CORE_NM) / spacing
    return float(hills[k, 2] - hills[k, 3] * (cone + fade * stairs))


@njit(cache=True, nogil=True)
def _island(x: float, y: float, coverage: float, islands: FloatArray, k: int) -> float:
    """A truncated pyramid with rounded edges, as high and wide as the oxide coverage lets it be."""
    dx, dy = x - islands[k, 0], y - islands[k, 1]
    a = abs(dx * islands[k, 5] + dy * islands[k, 6])
    b = abs(dy * islands[k, 5] - dx * islands[k, 6])
    size = math.sqrt(coverage)
    top = islands[k, 3] * (0.4 + 0.6 * size)
    fall = _upper(_upper(a, b, 8.0) - top, 0.0, EDGE_NM / TAN_FACET) * TAN_FACET
    return float(islands[k, 2] - 12.0 + (islands[k, 4] + 12.0) * size - fall)


@njit(cache=True, nogil=True)
def _spline(x: float, y: float, tile: FloatArray) -> float:
    """Periodic cubic B-spline; the tile's side is a power of two."""
    last = tile.shape[0] - 1
    u, v = x / ROUGHNESS_STEP_NM, y / ROUGHNESS_STEP_NM
    i, j = math.floor(u), math.floor(v)
    f, g = u - i, v - j
    e, d = 1.0 - f, 1.0 - g
    x0, x1, x2, x3 = e * e * e, 4.0 + f * f * (3.0 * f - 6.0), 4.0 + e * e * (3.0 * e - 6.0), f * f * f
    weights = (d * d * d, 4.0 + g * g * (3.0 * g - 6.0), 4.0 + d * d * (3.0 * d - 6.0), g * g * g)
    c0, c1, c2, c3 = (i - 1) & last, i & last, (i + 1) & last, (i + 2) & last
    total = 0.0
    for k in range(4):
        row = (j - 1 + k) & last
        total += weights[k] * (x0 * tile[row, c0] + x1 * tile[row, c1] + x2 * tile[row, c2] + x3 * tile[row, c3])
    return total / 36.0


@njit(cache=True, nogil=True)
def _near(at: float, centres: FloatArray, reach: FloatArray, found: NDArray[np.int64]) -> int:
    """Which features a line can meet; their number."""
    count = 0
    for k in range(centres.shape[0]):
        if abs(at - centres[k]) < reach[k]:
            found[count] = k
            count += 1
    return count


@njit(cache=True, nogil=True)
def _crystal(
    x: float, y: float, shift: float, bunches: FloatArray, period: float, train_range: FloatArray, hills: FloatArray
) -> float:
    """Upper envelope of the hillocks and the step train; what lies well below it is not evaluated."""
    height = -1e30
    for k in range(hills.shape[0]):
        dx, dy = x - hills[k, 0], y - hills[k, 1]
        rises = 0.5 - (1.0 - FOURFOLD) * math.sqrt(dx * dx + dy * dy) / hills[k, 4]
        if hills[k, 2] + hills[k, 3] * rises > max(height, train_range[0]) - MEETING_NM:
            height = _upper(height, _spiral(x, y, shift, hills, k), MEETING_NM)
    if height < train_range[1] + MEETING_NM:
        height = _upper(height, _train(x, y, shift, bunches, period), MEETING_NM)
    return height


@njit(cache=True, nogil=True)
def _particle(x: float, y: float, particles: FloatArray, k: int) -> float:
    dx, dy = x - particles[k, 0], y - particles[k, 1]
    z = (dx * dx + dy * dy) / (2.0 * particles[k, 3] * particles[k, 3])
    return particles[k, 2] * math.exp(-z) if z < 18.0 else 0.0


@njit(cache=True, nogil=True)
def surface_lines(
    x0: FloatArray,
    step: float,
    ys: FloatArray,
    shifts: FloatArray,
    coverages: FloatArray,
    bunches: FloatArray,
    period: float,
    train_range: FloatArray,
    hills: FloatArray,
    islands: FloatArray,
    particles: FloatArray,
    roughness: FloatArray,
    height: FloatArray,
    relative_yield: FloatArray,
) -> None:
    """Fill height (nm) and relative yield on lines of equidistant points; see `copper_redox.CopperRedox`."""
    lines, count = height.shape
    near_islands, near_particles = np.empty(len(islands), np.int64), np.empty(len(particles), np.int64)
    island_reach, particle_reach = 1.5 * islands[:, 3] + 150.0, 6.0 * particles[:, 3]
    for line in range(lines):
        y, shift, coverage = ys[line], shifts[line], coverages[line]
        some_islands = _near(y, islands[:, 1], island_reach, near_islands)
        some_particles = _near(y, particles[:, 1], particle_reach, near_particles)
        for column in range(count):
            x = x0[line] + step * column
            h = _crystal(x, y, shift, bunches, period, train_range, hills)
            cover = 0.0
            for m in range(some_islands):
                k = near_islands[m]
                if abs(x - islands[k, 0]) < island_reach[k]:
                    oxide = _island(x, y, coverage, islands, k)
                    cover = max(cover, min(1.0, max(0.0, 0.5 + (oxide - h) / EDGE_NM)))
                    h = _upper(h, oxide, EDGE_NM)
            for m in range(some_particles):
                k = near_particles[m]
                if abs(x - particles[k, 0]) < particle_reach[k]:
                    h += _particle(x, y, particles, k)
            height[line, column] = h + _spline(x, y, roughness)
            relative_yield[line, column] = 1.0 - (1.0 - OXIDE_YIELD) * cover
