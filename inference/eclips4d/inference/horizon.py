"""Steep facets: from the slope that the linear law reads to the true one, by a table over both slopes.

Two things make the linear law read wrong. Beyond 90° minus the outermost take-off angle (41° for a detector that
reaches to 49°) a facet hides part of the detector from itself: 48.9° is read for a face of 50°. And emission lobes
other than Lambert's change contrast with tilt and are not round, which a calibration tells. What is read is a known
function of the true slope, whatever the yield, so a table of its inverse corrects it. Below its start nothing is
touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import annulus_mm, segment_response
from eclips4d.physics.facet import facet_signals, harmonic, steepest_unclipped

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

STEEPEST = 2.75
"""Largest slope that is corrected to (70°): beyond, what is left of the signal says too little."""
_STEP = 0.05
_ITERATIONS = 200
_ROUND = float(np.tan(np.radians(15.0)))
"""Slope up to which lobes are taken as round: the rest is below a thousandth there."""

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class TiltLaw:
    """How contrast changes with tilt.

    Attributes
    ----------
    scale : float
        Contrast at small slopes over the one calculated from the geometry.
    ratio
        Contrast over that at small slopes, of tilts in rad.
    second
        Second harmonic, of tilts in rad.
    third : float
        As in `Calibration`.
    """

    scale: float
    ratio: Callable[[F64], F64]
    second: Callable[[F64], F64]
    third: float = 0.0


Known: TypeAlias = TiltLaw | None
"""None: Lambert's law."""


@dataclass(frozen=True, slots=True)
class HorizonTable:
    """True minus read slope, and by how much noise grows, on a square grid of read slopes.

    Attributes
    ----------
    start : float
        Read slopes up to this one are left alone.
    reach : float
        The grid runs from −reach to reach in both slopes.
    values : float32 [3, q, p]
        Correction of dh/dx, of dh/dy, and the factor on the slope sd.
    noisy : bool
        Whether the mean share of noise in the squared slope is taken out before the table is read.
    rises : bool
        The true slope at the start is below it.
    """

    start: float
    reach: float
    values: F32
    noisy: bool = False
    rises: bool = False

    def apply(self, slope: F32, slope_sd: F32) -> None:
        """Correct slopes [2, y, x] and their sd in place."""
        share = np.float32(4.0 if self.noisy else 0.0)
        _apply(
            slope, slope_sd, np.float32(self.start), np.float32(self.reach), np.float32(1 / _STEP), share, self.values
        )


def horizon_table(instrument: Instrument, law: Known = None) -> HorizonTable:
    """Tabulate the correction for own horizons, where the detector's radii are known, and for a calibrated law."""
    reach = _STEP * round(STEEPEST / _STEP)
    axis = np.linspace(-reach, reach, 2 * round(STEEPEST / _STEP) + 1)
    grid = np.stack(np.meshgrid(axis, axis, indexing="xy"))
    read = read_slope(instrument, grid, law)
    true = _inverse(read, grid, reach)
    shift = true - grid
    # Half the squared gradient of the map from read to true slopes: the mean square factor on either slope's noise.
    rows = np.array([np.gradient(component, _STEP) for component in true])
    growth = np.maximum(np.sqrt((rows**2).sum(axis=(0, 1)) / 2.0), 1.0 if law is None else 0.5)
    true_start = steepest_unclipped(instrument) if annulus_mm(instrument)[2] else reach
    if law is not None and (law.third or law.second(np.array(_ROUND)) != 0.0):
        true_start = min(true_start, _ROUND)
    start = true_start if law is None else true_start * float(law.ratio(np.arctan(np.array(true_start))))
    values = np.ascontiguousarray(np.concatenate([shift, growth[None]]), dtype=np.float32)
    return HorizonTable(start, reach, values, noisy=law is not None, rises=start > true_start)


def read_slope(instrument: Instrument, slope: F64, law: Known = None) -> F64:
    """What the linear law, weighted for counting noise, reads from a facet of `slope` [2, y, x]."""
    response = segment_response(instrument)
    design = np.column_stack([response.flat, -(1.0 if law is None else law.scale) * response.contrast])
    signals = np.maximum(signals_of_facets(instrument, slope, law), 1e-9)
    predicted = np.einsum("ki,ij,jyx->kyx", design, np.linalg.pinv(design), signals)
    weight = 1.0 / np.maximum(predicted, 0.05 * signals.mean(axis=0))
    normal = np.einsum("ki,kyx,kj->yxij", design, weight, design)
    right = np.einsum("ki,kyx,kyx->yxi", design, weight, signals)
    u, up, uq = np.moveaxis(np.linalg.solve(normal, right[..., None])[..., 0], -1, 0)
    return np.stack([up / u, uq / u])


def signals_of_facets(instrument: Instrument, slope: F64, law: Known) -> F64:
    """Of a facet per unit yield, [n, y, x]."""
    signals = lambert_signals(instrument, slope)
    if law is None:
        return signals
    flat = segment_response(instrument).flat[:, None, None]
    tilt = np.arctan(np.hypot(*slope))
    second, third = harmonics(instrument, slope)
    added = law.second(tilt) * second + law.third * third
    return np.asarray(flat + law.scale * law.ratio(tilt) * (signals - flat) + flat * added)


def lambert_signals(instrument: Instrument, slope: F64) -> F64:
    """Of facets [2, y, x] per unit yield, [n, y, x]; own horizons count where the detector's radii are known."""
    if annulus_mm(instrument)[2]:
        return facet_signals(instrument, slope)
    seen = np.stack([np.ones_like(slope[0]), *slope])
    return np.asarray(np.einsum("kc,cyx->kyx", segment_response(instrument).matrix, seen))


def harmonics(instrument: Instrument, slope: F64) -> tuple[F64, F64]:
    """The second and third of facets [2, y, x], each [n, y, x], of strength 1."""
    azimuths = np.radians(np.asarray(instrument.detector.azimuths_deg) - instrument.scan.rotation_deg)
    shape = (len(azimuths), *slope.shape[1:])
    flat = slope.reshape(2, -1).T
    return harmonic(flat, azimuths, 2).T.reshape(shape), harmonic(flat, azimuths, 3).T.reshape(shape)


def _inverse(read: F64, grid: F64, reach: float) -> F64:
    """True slopes whose reading is `grid`, by fixed-point iteration: readings rise with the slope, ever more slowly."""
    true = np.empty_like(grid)
    _iterate(read, grid, reach, true)
    return true


@_compiled  # type: ignore[untyped-decorator]
def _iterate(table: F64, grid: F64, reach: float, true: F64) -> None:
    edge = table.shape[1] - 1.000001
    for y in range(grid.shape[1]):
        for x in range(grid.shape[2]):
            wanted_p, wanted_q = grid[0, y, x], grid[1, y, x]
            most = max(reach, math.hypot(wanted_p, wanted_q))
            p, q = wanted_p, wanted_q
            for _ in range(_ITERATIONS):
                row, column = min(max((q + reach) / _STEP, 0.0), edge), min(max((p + reach) / _STEP, 0.0), edge)
                i, j = int(row), int(column)
                v, h = row - i, column - j
                next_p = p + wanted_p - _between(table[0], i, j, v, h)
                next_q = q + wanted_q - _between(table[1], i, j, v, h)
                within = min(most / max(math.hypot(next_p, next_q), 1e-12), 1.0)
                next_p, next_q = next_p * within, next_q * within
                if next_p == p and next_q == q:
                    break
                p, q = next_p, next_q
            true[0, y, x], true[1, y, x] = p, q


@_compiled  # type: ignore[untyped-decorator]
def _between(table: F64, i: int, j: int, v: float, h: float) -> float:
    upper, lower = (1 - h) * table[i, j] + h * table[i, j + 1], (1 - h) * table[i + 1, j] + h * table[i + 1, j + 1]
    return float((1 - v) * upper + v * lower)


@_compiled  # type: ignore[untyped-decorator]
def _apply(
    slope: F32,
    slope_sd: F32,
    start: np.float32,
    reach: np.float32,
    per_step: np.float32,
    share: np.float32,
    table: F32,
) -> None:
    one, edge = np.float32(1.0), np.float32(table.shape[1]) - np.float32(1.001)
    least = start * start
    for y in range(slope.shape[1]):
        line_p, line_q, line_sd = slope[0, y], slope[1, y], slope_sd[y]
        if not _steep(line_p, line_q, least):
            continue
        for x in range(line_sd.size):
            p, q, sd = line_p[x], line_q[x], line_sd[x]
            square = p * p + q * q
            if square <= least:
                continue
            noise = share * min(sd * sd, np.float32(0.1) * square)
            less = np.sqrt(one - noise / square)
            row = min(max((less * q + reach) * per_step, np.float32(0.0)), edge)
            column = min(max((less * p + reach) * per_step, np.float32(0.0)), edge)
            i, j = int(row), int(column)
            v, h = row - np.float32(i), column - np.float32(j)
            line_p[x] = p + _mixed(table[0], i, j, v, h) / less
            line_q[x] = q + _mixed(table[1], i, j, v, h) / less
            line_sd[x] = sd * _mixed(table[2], i, j, v, h)


@_compiled  # type: ignore[untyped-decorator]
def _steep(p: F32, q: F32, least: np.float32) -> np.int32:
    """In how many pixels of a row the squared slope is beyond `least`."""
    count = np.int32(0)
    for x in range(p.size):
        count += np.int32(p[x] * p[x] + q[x] * q[x] > least)
    return count


@_compiled  # type: ignore[untyped-decorator]
def _mixed(table: F32, i: int, j: int, v: np.float32, h: np.float32) -> np.float32:
    """Between four neighbours of a table."""
    one = np.float32(1.0)
    upper = (one - h) * table[i, j] + h * table[i, j + 1]
    lower = (one - h) * table[i + 1, j] + h * table[i + 1, j + 1]
    mixed: np.float32 = (one - v) * upper + v * lower
    return mixed
