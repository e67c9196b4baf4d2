"""Contrast that falls with tilt: from the slope that small-slope contrast reads to the true one.

Emission lobes other than Lambert's respond less and less as a facet tilts. A calibration tells the contrast over tilt;
what is read is then `ratio(tilt)·slope` along the true direction, a known function whose inverse is tabulated over the
squared slope. Noise in that square would lift the correction, so its mean share, four variances, is taken out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.inference.horizon import HorizonTable

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_STEEPEST = np.tan(np.radians(72.0))
_CELLS = 1024
_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


def contrast_ratio(calibration: Calibration, tilt: F64) -> F64:
    """Contrast over that at small slopes, at these tilts (rad): linear in sin² of the tilt between the known ones."""
    known = np.sin(np.radians(calibration.contrast_tilt_deg)) ** 2
    return np.asarray(np.interp(np.sin(tilt) ** 2, known, calibration.contrast_ratio))


def second_harmonic(calibration: Calibration, tilt: F64) -> F64:
    """Second harmonic at these tilts (rad), likewise."""
    if not calibration.second_harmonic:
        return np.zeros_like(tilt)
    known = np.sin(np.radians(calibration.contrast_tilt_deg)) ** 2
    return np.asarray(np.interp(np.sin(tilt) ** 2, known, calibration.second_harmonic))


@dataclass(frozen=True, slots=True)
class TiltTable:
    """True over read slope, and by how much noise grows, over the squared read slope.

    Attributes
    ----------
    reach : float
        Largest squared slope of the table; beyond, its last values hold.
    values : float32 [2, cells]
        Factor on both slopes, and on their sd.
    """

    reach: float
    values: F32

    def apply(self, slope: F32, slope_sd: F32, horizon: HorizonTable | None) -> None:
        """Correct slopes [2, y, x] and their sd in place; steep ones by `horizon`, which then knows this law too."""
        start = np.inf if horizon is None else horizon.start
        _apply(slope, slope_sd, np.float32(start * start), np.float32(_CELLS / self.reach), self.values)


def tilt_table(calibration: Calibration) -> TiltTable | None:
    """Tabulate it; None where contrast is the same at all tilts."""
    if not calibration.contrast_ratio or np.ptp(calibration.contrast_ratio) < 1e-6:
        return None
    true = np.linspace(0.0, _STEEPEST, 8 * _CELLS)
    # Readings rise with the slope; where a law would have them fall, they are held.
    read = np.maximum.accumulate(contrast_ratio(calibration, np.arctan(true)) * true + 1e-9 * true)
    reach = float(read[-1] ** 2)
    square = (np.arange(_CELLS) + 0.5) * reach / _CELLS
    root = np.sqrt(square)
    factor = np.interp(root, read, true) / root
    along = np.gradient(np.interp(root, read, true), root)
    growth = np.sqrt((factor**2 + along**2) / 2.0)
    return TiltTable(reach, np.ascontiguousarray(np.stack([factor, growth]), dtype=np.float32))


@_compiled  # type: ignore[untyped-decorator]
def _apply(slope: F32, slope_sd: F32, most: np.float32, per_cell: np.float32, table: F32) -> None:
    columns = slope.shape[2]
    cell, part = np.empty(columns, np.int32), np.empty(columns, np.float32)
    factor, growth = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for y in range(slope.shape[1]):
        p, q, sd = slope[0, y], slope[1, y], slope_sd[y]
        _places(p, q, sd, per_cell, table.shape[1], cell, part)
        _looked_up(table[0], table[1], cell, part, factor, growth)
        _multiply(p, q, sd, most, factor, growth)


@_compiled  # type: ignore[untyped-decorator]
def _places(p: F32, q: F32, sd: F32, per_cell: np.float32, cells: int, cell: Any, part: F32) -> None:
    """Where pixels of a row lie in a table: which cell, and how far from its middle to that of the next."""
    half, one, zero = np.float32(0.5), np.float32(1.0), np.float32(0.0)
    four, quarter = np.float32(4.0), np.float32(0.25)
    last, lowest = np.float32(cells - 2), np.float32(-cells)
    for x in range(p.size):
        square = p[x] * p[x] + q[x] * q[x]
        at = (square - four * min(sd[x] * sd[x], quarter)) * per_cell - half
        within = np.int32(min(max(at, zero), last))
        cell[x] = within
        part[x] = min(max(at - np.float32(within), lowest), one)


@_compiled  # type: ignore[untyped-decorator]
def _looked_up(factors: F32, growths: F32, cell: Any, part: F32, factor: F32, growth: F32) -> None:
    zero, one = np.float32(0.0), np.uint64(1)
    for x in range(cell.size):
        at = np.uint64(cell[x])  # unsigned: nobody need ask whether it counts from the end
        factor[x] = factors[at] + part[x] * (factors[at + one] - factors[at])
        growth[x] = growths[at] + max(part[x], zero) * (growths[at + one] - growths[at])


@_compiled  # type: ignore[untyped-decorator]
def _multiply(p: F32, q: F32, sd: F32, most: np.float32, factor: F32, growth: F32) -> None:
    """A row by its factors, but not where the squared slope is beyond `most`."""
    one = np.float32(1.0)
    for x in range(p.size):
        beyond = p[x] * p[x] + q[x] * q[x] > most
        by = one if beyond else factor[x]
        p[x], q[x] = p[x] * by, q[x] * by
        sd[x] *= one if beyond else growth[x]
