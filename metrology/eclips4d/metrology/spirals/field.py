"""Slopes of a frame as spirals are fitted to: binned as far as risers allow, with precisions and row times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.movie import Grid, SurfaceFrame

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Slopes on (binned) pixels.

    Attributes
    ----------
    slope : float64 [2, y, x]
        0 where nothing was seen.
    precision : float64 [y, x]
        1/variance of one component; 0 where nothing was seen.
    x, y : float64 [x], [y]
        nm, of pixel centres on the grid.
    time_s : float64 [y]
        When each row was seen.
    pixel_nm : float
        Mean pitch.
    correlation_px : float
        Effective number of these pixels that share one value of the noise.
    """

    slope: F64
    precision: F64
    x: F64
    y: F64
    time_s: F64
    pixel_nm: float
    correlation_px: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.precision.shape[0], self.precision.shape[1]

    def row_time(self, y_nm: float) -> float:
        """When the row at this place was seen, s; rows beyond the image as the nearest."""
        return float(np.interp(y_nm, self.y, self.time_s))


def field_of(frame: SurfaceFrame, grid: Grid, binning: int = 1) -> Field:
    """Means over `binning`² pixels; what is left over at the far edges is not used."""
    rows, columns = frame.slope_sd.shape
    bins = rows // binning, columns // binning
    slope, precision = np.empty((2, *bins)), np.empty(bins)
    _bin(np.asarray(frame.slope, np.float32), np.asarray(frame.slope_sd, np.float32), binning, slope, precision)
    x, y = (
        start + pitch * np.arange(n)
        for start, pitch, n in zip(grid.origin_nm, grid.pixel_size_nm, (columns, rows), strict=True)
    )
    # Neighbours share noise within a patch; binning takes the part of it within a bin away.
    correlation = max(grid.noise_correlation_px / binning**2, 1.0)
    return Field(
        slope=slope,
        precision=precision,
        x=_binned(x, binning),
        y=_binned(y, binning),
        time_s=_binned(np.asarray(frame.row_time_s, np.float64), binning),
        pixel_nm=float(np.sqrt(grid.pixel_size_nm[0] * grid.pixel_size_nm[1])) * binning,
        correlation_px=correlation if binning > 1 else grid.noise_correlation_px,
    )


def thinned(field: Field, region: F64, by: int) -> tuple[Field, F64]:
    """Every `by`-th pixel of every `by`-th row, with what `region` says of these; noise stays that of single pixels."""
    few = slice(by // 2, None, by)
    kept = replace(
        field,
        slope=np.ascontiguousarray(field.slope[:, few, few]),
        precision=np.ascontiguousarray(field.precision[few, few]),
        x=np.ascontiguousarray(field.x[few]),
        y=np.ascontiguousarray(field.y[few]),
        time_s=np.ascontiguousarray(field.time_s[few]),
        pixel_nm=field.pixel_nm * by,
    )
    return kept, np.ascontiguousarray(region[few, few])


def _binned(values: F64, by: int) -> F64:
    """Means; what is left over at the end is not used."""
    bins = len(values) // by
    return np.ascontiguousarray(values[: bins * by].reshape(bins, by).mean(axis=1))


@_compiled  # type: ignore[untyped-decorator]
def _bin(slope: FloatArray, sd: FloatArray, by: int, mean: F64, precision: F64) -> None:
    """Means of slopes and precisions of these means; 0 for a bin with any pixel missing."""
    for row in range(mean.shape[1]):
        for column in range(mean.shape[2]):
            across, down, total = 0.0, 0.0, 0.0
            seen: Any = True
            for y in range(row * by, (row + 1) * by):
                for x in range(column * by, (column + 1) * by):
                    along_x, along_y, u = slope[0, y, x], slope[1, y, x], np.float64(sd[y, x])
                    # False for what is not a number, too.
                    seen = seen and 0.0 < u < np.inf and abs(along_x) < np.inf and abs(along_y) < np.inf
                    across += along_x
                    down += along_y
                    total += 1.0 / (u * u)
            mean[0, row, column] = across / (by * by) if seen else 0.0
            mean[1, row, column] = down / (by * by) if seen else 0.0
            precision[row, column] = total if seen else 0.0
