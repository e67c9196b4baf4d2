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
    half, last = np.float32(0.5), table.shape[1] - 2
    four = np.float32(4.0)
    for y in range(slope.shape[1]):
        for x in range(slope.shape[2]):
            p, q, sd = slope[0, y, x], slope[1, y, x], slope_sd[y, x]
            square = p * p + q * q
            if square > most:
                continue
            at = (square - four * min(sd * sd, np.float32(0.25))) * per_cell - half
            cell = min(max(int(np.floor(at)), 0), last)
            part = min(max(at - np.float32(cell), np.float32(-table.shape[1])), np.float32(1.0))
            factor = table[0, cell] + part * (table[0, cell + 1] - table[0, cell])
            growth = table[1, cell] + max(part, np.float32(0.0)) * (table[1, cell + 1] - table[1, cell])
            slope[0, y, x] = p * factor
            slope[1, y, x] = q * factor
            slope_sd[y, x] = sd * growth
