"""Measured segments against rendered ones: how bright each pixel is, and what no brightness explains."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray

F32 = NDArray[np.float32]

DARKEST = np.float32(0.05)
"""Signals and brightness are not taken below this share of the usual ones."""
_TINY = np.float32(1e-9)

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})


class Reading(NamedTuple):
    """How the segments of a frame are read; float32 [n], in units of the rendered signal.

    Attributes
    ----------
    per_gain, dark
        Signal of a digit; digits without signal.
    floor, slope
        Variance without signal, and per signal.
    beside : [n − 3, n]
        Combinations of segments that see no slope and no brightness of a surface, orthonormal.
    least : float32
        Below which no signal is taken.
    """

    per_gain: F32
    dark: F32
    floor: F32
    slope: F32
    beside: F32
    least: np.float32


class Misfit(NamedTuple):
    """What rendering pixels again leaves of them, float32.

    Attributes
    ----------
    brightness : [y, x]
        Measured over rendered signal.
    precision : [y, x]
        One over the relative sd of its noise.
    chi2 : [y, x]
        Squared differences between measured and rendered segments over their variances, summed.
    beside : [n − 3, y, x]
        What neither brightness nor slopes could change, in units of its sd.
    """

    brightness: F32
    precision: F32
    chi2: F32
    beside: F32


def reading_of(data: RawArray, calibration: Calibration) -> Reading:
    """Of a frame [n, y, x]."""
    gain, dark, floor, slope = (
        np.asarray(values, np.float32)
        for values in (
            calibration.gain,
            calibration.offset_adu,
            calibration.noise_floor_adu2,
            calibration.noise_slope_adu,
        )
    )
    typical = np.maximum(data[:, ::16, ::16].mean(axis=(1, 2), dtype=np.float64) - dark, 1.0) / gain
    least = np.float32(DARKEST * typical.mean())
    return Reading(1.0 / gain, dark, floor / gain**2, slope / gain, _beside(calibration), least)


def room_for_misfit(segments: int, rows: int, columns: int) -> Misfit:
    """To be filled by `misfit_row`."""
    made = np.empty((3 + max(segments - 3, 0), rows, columns), np.float32)
    return Misfit(made[0], made[1], made[2], made[3:])


@_compiled  # type: ignore[untyped-decorator]
def misfit(raw: NDArray[np.uint16], rendered: F32, reading: Reading, out: Misfit) -> None:
    """Compare pixels [n, y, x] with what was rendered for them."""
    work = np.empty((2 * len(raw) + 1, raw.shape[2]), np.float32)
    for y in range(raw.shape[1]):
        misfit_row(raw, rendered, y, reading, work, y, out)


def _beside(calibration: Calibration) -> F32:
    design = np.column_stack([calibration.flat, np.asarray(calibration.contrast)])
    left = np.linalg.svd(design)[0][:, 3:]
    signs = np.sign(left[np.abs(left).argmax(axis=0), range(left.shape[1])])
    return np.ascontiguousarray((left * signs).T, dtype=np.float32)


@_compiled  # type: ignore[untyped-decorator]
def misfit_row(
    raw: NDArray[np.uint16], rendered: F32, y: int, reading: Reading, work: F32, at: int, out: Misfit
) -> None:
    """Of row y, into row `at` of `out`; `work` is room for 2·n + 1 rows."""
    segments, sorts = raw.shape[0], reading.beside.shape[0]
    s, weight, room = work[:segments], work[segments : 2 * segments], work[2 * segments]
    u, precision, chi2 = out.brightness[at], out.precision[at], out.chi2[at]
    for k in range(segments):
        _signals(raw[k, y], reading.per_gain[k], reading.dark[k], s[k])
    _first_brightness(s, rendered, y, room, u)
    for j in range(sorts):
        out.beside[j, at, :] = np.float32(0.0)
    for k in range(segments):
        _variance(u, rendered[k, y], reading.floor[k], reading.slope[k], reading.least, weight[k])
        for j in range(sorts):
            _add(np.square(reading.beside[j, k]), weight[k], out.beside[j, at])
        _inverted(weight[k])
    _weighted_brightness(s, rendered, y, weight, reading.least, precision, u)
    _left(s, rendered, y, weight, u, chi2)
    for j in range(sorts):
        room[:] = np.float32(0.0)
        for k in range(segments):
            _add(reading.beside[j, k], s[k], room)
        _over_root(room, out.beside[j, at])


@_compiled  # type: ignore[untyped-decorator]
def _signals(source: NDArray[np.uint16], per_gain: np.float32, dark: np.float32, s: F32) -> None:
    for i in range(s.size):
        s[i] = (np.float32(source[i]) - dark) * per_gain


@_compiled  # type: ignore[untyped-decorator]
def _first_brightness(s: F32, rendered: F32, y: int, down: F32, u: F32) -> None:
    """Of all segments alike: by it variances are known."""
    _clear(u, down)
    for k in range(s.shape[0]):
        signal, image = s[k], rendered[k, y]
        for i in range(u.size):
            u[i] += signal[i]
            down[i] += image[i]
    for i in range(u.size):
        u[i] = max(u[i], np.float32(0.0)) / down[i]


@_compiled  # type: ignore[untyped-decorator]
def _clear(up: F32, down: F32) -> None:
    for i in range(up.size):
        up[i], down[i] = np.float32(0.0), _TINY


@_compiled  # type: ignore[untyped-decorator]
def _variance(u: F32, image: F32, floor: np.float32, slope: np.float32, least: np.float32, variance: F32) -> None:
    for i in range(u.size):
        variance[i] = floor + slope * max(u[i] * image[i], least) + _TINY


@_compiled  # type: ignore[untyped-decorator]
def _inverted(values: F32) -> None:
    """In place: one division serves both sums that divide by it."""
    for i in range(values.size):
        values[i] = np.float32(1.0) / values[i]


@_compiled  # type: ignore[untyped-decorator]
def _weighted_brightness(s: F32, rendered: F32, y: int, weight: F32, least: np.float32, precision: F32, u: F32) -> None:
    _clear(u, precision)
    for k in range(s.shape[0]):
        signal, image, per_variance = s[k], rendered[k, y], weight[k]
        for i in range(u.size):
            weighted = image[i] * per_variance[i]
            u[i] += weighted * signal[i]
            precision[i] += weighted * image[i]
    for i in range(u.size):
        u[i] = max(u[i], np.float32(0.0)) / precision[i]
        precision[i] = np.sqrt(precision[i]) * max(u[i], least)


@_compiled  # type: ignore[untyped-decorator]
def _left(s: F32, rendered: F32, y: int, weight: F32, u: F32, chi2: F32) -> None:
    """What is left of the signals, in their place, and the sum of its squares."""
    for i in range(u.size):
        chi2[i] = np.float32(0.0)
    for k in range(s.shape[0]):
        signal, image, per_variance = s[k], rendered[k, y], weight[k]
        for i in range(u.size):
            signal[i] -= u[i] * image[i]
            chi2[i] += signal[i] * signal[i] * per_variance[i]


@_compiled  # type: ignore[untyped-decorator]
def _add(share: np.float32, values: F32, total: F32) -> None:
    for i in range(total.size):
        total[i] += share * values[i]


@_compiled  # type: ignore[untyped-decorator]
def _over_root(total: F32, variance: F32) -> None:
    """The sum over its sd, in the variance's place."""
    for i in range(total.size):
        variance[i] = total[i] / np.sqrt(variance[i])
