"""What the slopes network sees: closed-form slopes, brightness and misfit in units that no instrument has to itself.

Fine detail comes in units of the frame's noise, so that a step a tenth as high under a tenth of the noise looks the
same; absolute slopes come beside it, because shadows depend on them. Low-precision arithmetic inside the network then
rounds fine detail relative to the noise, never relative to a steep slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.inference.closed_form import ClosedForm, ClosedFormSlopes
from eclips4d.inference.networks.curl import rotational

F32 = NDArray[np.float32]

VERSION: Final = "slopes-3"
"""Changes whenever a plane, or an output, changes its meaning: weights belong to one version."""
PLANES: Final = (
    "dh/dx above its surroundings, in noise units",
    "dh/dy above its surroundings, in noise units",
    "dh/dx",
    "dh/dy",
    "dh/dx of the surroundings, in noise units, compressed",
    "dh/dy of the surroundings, in noise units, compressed",
    "brightness above its surroundings, in noise units",
    "logarithm of the brightness",
    "residual − 1, 0 for three segments",
    "logarithm of slope_sd over the noise unit",
    "logarithm of the noise unit",
    "slope from which a facet hides the detector from itself, s/(1 + s)",
    "correlation of the noise along x, 1 − 1/length",
    "what shadows were taken to add to dh/dx, compressed",
    "what shadows were taken to add to dh/dy, compressed",
    "what no surface has of dh/dx, in noise units, compressed",
    "what no surface has of dh/dy, in noise units, compressed",
)
MULTIPLE: Final = 32
"""Sides of the planes are multiples of this: what a network halves to has whole pixels."""
NOISE_RANGE: Final = (2e-4, 1.0)
_FINE, _STEEP, _BRIGHT, _FAINT = np.float32(12.0), np.float32(3.0), np.float32(3.0), np.float32(0.1)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one number tells of a whole frame.

    Attributes
    ----------
    kappa : float
        Directional contrast: ties the noise of the brightness to that of the slopes.
    clip_slope : float
        Slope from which a facet hides part of the detector from itself.
    correlation_px : float
        Correlation length of the noise along x.
    pixel_size_xy_nm
        (x, y).
    """

    kappa: float
    clip_slope: float
    correlation_px: float
    pixel_size_xy_nm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Features:
    """Input of the slopes network.

    Attributes
    ----------
    planes : float32 [len(PLANES), Y, X]
        Sides padded to multiples of `MULTIPLE`, mirrored at the far edges.
    gradient, rotation : float32 [2, Y, X]
        Closed-form slopes, padded likewise: the part that a surface can have, and the rest.
    noise_unit : float
        Slope that counts as 1: the median slope sd of the frame.
    """

    planes: F32
    gradient: F32
    rotation: F32
    noise_unit: float


def conditions(slopes: ClosedFormSlopes, calibration: Calibration) -> Conditions:
    """Of frames of this instrument under this calibration."""
    flat, contrast = np.asarray(calibration.flat), np.asarray(calibration.contrast)
    # n segments evenly around: the least-squares slope has sd √2/(κ√N) with κ the mean contrast of a segment.
    kappa = float(np.hypot(contrast[:, 0], contrast[:, 1]).sum() / flat.sum())
    pixel = slopes.instrument.scan.pixel_size_xy_nm
    return Conditions(kappa, slopes.clip_slope, slopes.correlation_px(calibration), pixel)


def slope_features(
    closed: ClosedForm, given: Conditions, feigned: F32 | None = None, room: F32 | None = None
) -> Features:
    """Planes of one frame.

    Parameters
    ----------
    closed
        Slopes in closed form, [y, x] at least 3 × 3; without what shadows were taken to add.
    given
        What holds for the whole frame.
    feigned
        What shadows were taken to add, [2, y, x]; see `networks.shadows`.
    room
        For the planes, as `room_for` makes it; new memory costs a quarter of what is written into it.
    """
    rows, columns = closed.slope_sd.shape
    unit = float(np.clip(np.median(closed.slope_sd[::4, ::4]), *NOISE_RANGE))
    planes = room_for((rows, columns)) if room is None else room
    inverse = np.float32(1.0 / unit)
    for k in range(2):
        _slope_planes(closed.slope[k], inverse, planes[k], planes[2 + k], planes[4 + k])
    bright_noise = np.float32(np.sqrt(2.0) / (given.kappa * unit))
    _other_planes(closed.brightness, closed.residual, closed.slope_sd, bright_noise, inverse, planes[6:10])
    planes[10] = np.log(unit)
    planes[11] = given.clip_slope / (1.0 + given.clip_slope)
    planes[12] = 1.0 - 1.0 / max(given.correlation_px, 1.0)
    _mirror(planes[:10], rows, columns)
    planes[13:15, :rows, :columns] = 0.0 if feigned is None else feigned / (_FAINT + np.abs(feigned))
    gradient, rotation = np.empty((2, 2, *planes.shape[1:]), np.float32)
    finite = np.nan_to_num(np.clip(closed.slope, -_STEEP, _STEEP))
    rotation[:, :rows, :columns] = rotational(finite, given.pixel_size_xy_nm)
    np.subtract(finite, rotation[:, :rows, :columns], out=gradient[:, :rows, :columns])
    _mirror(gradient, rows, columns)
    _mirror(rotation, rows, columns)
    for k in range(2):
        _in_noise_units(rotation[k], inverse, planes[15 + k])
    _mirror(planes[13:15], rows, columns)
    return Features(planes, gradient, rotation, unit)


def room_for(shape: tuple[int, int]) -> F32:
    """Memory for the planes of images of that shape, [len(PLANES), Y, X] with the padding."""
    padded = (-(-side // MULTIPLE) * MULTIPLE for side in shape)
    return np.empty((len(PLANES), *padded), np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _surroundings(image: F32, y: int, out: F32) -> None:
    """Mean of 5 × 5 pixels around each pixel of row y; edges repeat."""
    rows, columns = image.shape
    column = np.zeros(columns + 4, np.float32)
    for j in range(-2, 3):
        line = image[min(max(y + j, 0), rows - 1)]
        for x in range(columns):
            column[x + 2] += line[x]
    column[0] = column[1] = column[2]
    column[columns + 2] = column[columns + 3] = column[columns + 1]
    share = np.float32(1.0 / 25.0)
    for x in range(columns):
        out[x] = share * (column[x] + column[x + 1] + column[x + 2] + column[x + 3] + column[x + 4])


@_compiled  # type: ignore[untyped-decorator]
def _slope_planes(slope: F32, inverse: np.float32, fine: F32, absolute: F32, wide: F32) -> None:
    rows, columns = slope.shape
    around = np.empty(columns, np.float32)
    one = np.float32(1.0)
    for y in range(rows):
        _surroundings(slope, y, around)
        for x in range(columns):
            detail = (slope[y, x] - around[x]) * inverse
            fine[y, x] = detail / (one + abs(detail) / _FINE)
            absolute[y, x] = min(max(slope[y, x], -_STEEP), _STEEP)
            far = around[x] * inverse
            wide[y, x] = far / (one + abs(far) / _FINE)


@_compiled  # type: ignore[untyped-decorator]
def _in_noise_units(image: F32, inverse: np.float32, out: F32) -> None:
    one = np.float32(1.0)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            value = image[y, x] * inverse
            out[y, x] = value / (one + abs(value) / _FINE)


@_compiled  # type: ignore[untyped-decorator]
def _other_planes(
    brightness: F32, residual: F32, slope_sd: F32, bright_noise: np.float32, inverse: np.float32, out: F32
) -> None:
    rows, columns = brightness.shape
    around = np.empty(columns, np.float32)
    one, tiny = np.float32(1.0), np.float32(0.05)
    for y in range(rows):
        _surroundings(brightness, y, around)
        for x in range(columns):
            detail = (brightness[y, x] - around[x]) * bright_noise
            out[0, y, x] = detail / (one + abs(detail) / _FINE)
            out[1, y, x] = min(max(np.log(max(brightness[y, x], tiny)), -_BRIGHT), _BRIGHT)
            r = residual[y, x]
            misfit = np.float32(0.0) if np.isnan(r) else r - one
            out[2, y, x] = misfit / (one + abs(misfit) / _FINE)
            out[3, y, x] = min(np.log(max(slope_sd[y, x] * inverse, tiny)), _BRIGHT)


@_compiled  # type: ignore[untyped-decorator]
def _mirror(planes: F32, rows: int, columns: int) -> None:
    """Fill what lies beyond the image by its mirror image, over and over for images smaller than the padding."""
    count, padded_rows, padded_columns = planes.shape
    for c in range(count):
        for y in range(rows):
            for x in range(columns, padded_columns):
                planes[c, y, x] = planes[c, y, _folded(x, columns)]
        for y in range(rows, padded_rows):
            planes[c, y] = planes[c, _folded(y, rows)]


@_compiled  # type: ignore[untyped-decorator]
def _folded(at: int, count: int) -> int:
    """Index of the mirror image, the edge pixel not repeated."""
    if count == 1:
        return 0
    period = 2 * (count - 1)
    at = at % period
    return at if at < count else period - at
