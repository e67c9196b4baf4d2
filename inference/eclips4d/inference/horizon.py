"""Steep facets: from the slope that the linear law reads to that of a facet which hides part of the detector itself.

Beyond 90° minus the outermost take-off angle (41° for a detector that reaches to 49°) the linear law reads slopes too
small: 48.9° for a face of 50°. What it reads is a known function of the true slope, whatever the yield, so a table of
its inverse corrects it. Below that angle nothing is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.facet import facet_signals, steepest_unclipped

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

STEEPEST = 2.75
"""Largest slope that is corrected to (70°): beyond, what is left of the signal says too little."""
_STEP = 0.05
_ITERATIONS = 200

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class HorizonTable:
    """True minus read slope, and by how much noise grows, on a square grid of read slopes.

    Attributes
    ----------
    start : float
        Read slopes up to this one are right.
    reach : float
        The grid runs from −reach to reach in both slopes.
    values : float32 [3, q, p]
        Correction of dh/dx, of dh/dy, and the factor on the slope sd.
    """

    start: float
    reach: float
    values: F32

    def apply(self, slope: F32, slope_sd: F32) -> None:
        """Correct slopes [2, y, x] and their sd in place."""
        _apply(slope, slope_sd, np.float32(self.start), np.float32(self.reach), np.float32(1.0 / _STEP), self.values)


Ratio: TypeAlias = Callable[[F64], F64]
"""Contrast over that at small slopes, of tilts in rad."""


def horizon_table(instrument: Instrument, ratio: Ratio | None = None) -> HorizonTable:
    """Tabulate the correction for a detector whose radii are known, and for a contrast that changes with tilt."""
    reach = _STEP * round(STEEPEST / _STEP)
    axis = np.linspace(-reach, reach, 2 * round(STEEPEST / _STEP) + 1)
    grid = np.stack(np.meshgrid(axis, axis, indexing="xy"))
    read = read_slope(instrument, grid, ratio)
    true = _inverse(read, grid, reach)
    shift = true - grid
    # Half the squared gradient of the map from read to true slopes: the mean square factor on either slope's noise.
    rows = np.array([np.gradient(component, _STEP) for component in true])
    growth = np.maximum(np.sqrt((rows**2).sum(axis=(0, 1)) / 2.0), 1.0)
    start = steepest_unclipped(instrument)
    if ratio is not None:
        start *= float(ratio(np.arctan(np.array(start))))
    values = np.concatenate([shift, growth[None]]).astype(np.float32)
    return HorizonTable(start, reach, np.ascontiguousarray(values))


def read_slope(instrument: Instrument, slope: F64, ratio: Ratio | None = None) -> F64:
    """What the linear law, weighted for counting noise, reads from a facet of `slope` [2, y, x]."""
    signals = facet_signals(instrument, slope)
    if ratio is not None:
        flat = segment_response(instrument).flat[:, None, None]
        signals = flat + ratio(np.arctan(np.hypot(*slope))) * (signals - flat)
    signals = np.maximum(signals, 1e-9)
    design = segment_response(instrument).matrix
    predicted = np.einsum("ki,ij,jyx->kyx", design, np.linalg.pinv(design), signals)
    weight = 1.0 / np.maximum(predicted, 0.05 * signals.mean(axis=0))
    normal = np.einsum("ki,kyx,kj->yxij", design, weight, design)
    right = np.einsum("ki,kyx,kyx->yxi", design, weight, signals)
    u, up, uq = np.moveaxis(np.linalg.solve(normal, right[..., None])[..., 0], -1, 0)
    return np.stack([up / u, uq / u])


def _inverse(read: F64, grid: F64, reach: float) -> F64:
    """True slopes whose reading is `grid`, by fixed-point iteration: readings rise with the slope, ever more slowly."""
    true = grid.copy()
    for _ in range(_ITERATIONS):
        true = true + grid - _bilinear(read, true, reach)
        length = np.maximum(np.hypot(*true), 1e-12)
        true *= np.minimum(np.maximum(reach, np.hypot(*grid)) / length, 1.0)
    return true


def _bilinear(table: F64, at: F64, reach: float) -> F64:
    count = table.shape[1]
    column, row = np.clip((at + reach) / _STEP, 0.0, count - 1.000001)
    i, j = row.astype(int), column.astype(int)
    v, h = row - i, column - j
    return np.asarray(
        (1 - v) * ((1 - h) * table[:, i, j] + h * table[:, i, j + 1])
        + v * ((1 - h) * table[:, i + 1, j] + h * table[:, i + 1, j + 1])
    )


@_compiled  # type: ignore[untyped-decorator]
def _apply(slope: F32, slope_sd: F32, start: np.float32, reach: np.float32, per_step: np.float32, table: F32) -> None:
    one, edge = np.float32(1.0), np.float32(table.shape[1]) - np.float32(1.001)
    for y in range(slope.shape[1]):
        for x in range(slope.shape[2]):
            p, q = slope[0, y, x], slope[1, y, x]
            if p * p + q * q <= start * start:
                continue
            row = min(max((q + reach) * per_step, np.float32(0.0)), edge)
            column = min(max((p + reach) * per_step, np.float32(0.0)), edge)
            i, j = int(row), int(column)
            v, h = row - np.float32(i), column - np.float32(j)
            upper = (one - h) * table[:, i, j] + h * table[:, i, j + 1]
            lower = (one - h) * table[:, i + 1, j] + h * table[:, i + 1, j + 1]
            mixed = (one - v) * upper + v * lower
            slope[0, y, x] = p + mixed[0]
            slope[1, y, x] = q + mixed[1]
            slope_sd[y, x] *= mixed[2]
