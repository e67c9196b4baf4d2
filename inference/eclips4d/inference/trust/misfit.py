"""Measured segments against rendered ones: how bright each pixel is, and what no brightness explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Misfit:
    """What rendering a frame again leaves of it.

    Attributes
    ----------
    brightness : float32 [y, x]
        Measured over rendered signal.
    brightness_sd : float32 [y, x]
        Of its noise, relative.
    beside : float32 [n − 3, y, x]
        What neither brightness nor slopes could change, in units of its sd.
    chi2 : float32 [y, x]
        Squared differences between measured and rendered segments over their variances, summed.
    """

    brightness: F32
    brightness_sd: F32
    beside: F32
    chi2: F32


def misfit(data: RawArray, calibration: Calibration, rendered: F32) -> Misfit:
    """Compare a frame [n, y, x] with what was rendered for it."""
    segments, rows, columns = data.shape
    gain, dark, floor, slope = (
        np.asarray(values, np.float32)
        for values in (
            calibration.gain,
            calibration.offset_adu,
            calibration.noise_floor_adu2,
            calibration.noise_slope_adu,
        )
    )
    found = Misfit(
        brightness=np.empty((rows, columns), np.float32),
        brightness_sd=np.empty((rows, columns), np.float32),
        beside=np.empty((max(segments - 3, 0), rows, columns), np.float32),
        chi2=np.empty((rows, columns), np.float32),
    )
    typical = np.maximum(data[:, ::16, ::16].mean(axis=(1, 2), dtype=np.float64) - dark, 1.0) / gain
    least = np.float32(DARKEST * typical.mean())
    numbers = (1.0 / gain, dark, floor / gain**2, slope / gain)
    raw = np.ascontiguousarray(data, dtype=np.uint16)
    _compare(raw, rendered, *numbers, least, _beside(calibration), *_planes(found))
    return found


def _planes(found: Misfit) -> tuple[F32, F32, F32, F32]:
    return found.brightness, found.brightness_sd, found.beside, found.chi2


def _beside(calibration: Calibration) -> F32:
    """Combinations of segments that see no slope and no brightness of a surface, [n − 3, n], orthonormal."""
    design = np.column_stack([calibration.flat, np.asarray(calibration.contrast)])
    left = np.linalg.svd(design)[0][:, 3:]
    signs = np.sign(left[np.abs(left).argmax(axis=0), range(left.shape[1])])
    return np.ascontiguousarray((left * signs).T, dtype=np.float32)


@_compiled  # type: ignore[untyped-decorator]
def _compare(
    raw: NDArray[np.uint16],
    rendered: F32,
    per_gain: F32,
    dark: F32,
    floor: F32,
    slope: F32,
    least: np.float32,
    beside: F32,
    brightness: F32,
    brightness_sd: F32,
    out: F32,
    chi2: F32,
) -> None:
    segments, rows, columns = raw.shape
    s, variance = np.empty((segments, columns), np.float32), np.empty((segments, columns), np.float32)
    up, down = np.empty(columns, np.float32), np.empty(columns, np.float32)
    for y in range(rows):
        u, noise = brightness[y], brightness_sd[y]
        for k in range(segments):
            _signals(raw[k, y], per_gain[k], dark[k], s[k])
        _first_brightness(s, rendered, y, down, u)
        for k in range(segments):
            _variance(u, rendered[k, y], floor[k], slope[k], least, variance[k])
        _weighted_brightness(s, rendered, y, variance, least, down, u, noise)
        _left(s, rendered, y, variance, u, chi2[y])
        for j in range(beside.shape[0]):
            _combined(beside[j], s, variance, up, down, out[j, y])


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
def _weighted_brightness(
    s: F32, rendered: F32, y: int, variance: F32, least: np.float32, down: F32, u: F32, noise: F32
) -> None:
    _clear(u, down)
    for k in range(s.shape[0]):
        signal, image, spread = s[k], rendered[k, y], variance[k]
        for i in range(u.size):
            weighted = image[i] / spread[i]
            u[i] += weighted * signal[i]
            down[i] += weighted * image[i]
    for i in range(u.size):
        u[i] = max(u[i], np.float32(0.0)) / down[i]
        noise[i] = np.float32(1.0) / (np.sqrt(down[i]) * max(u[i], least))


@_compiled  # type: ignore[untyped-decorator]
def _left(s: F32, rendered: F32, y: int, variance: F32, u: F32, chi2: F32) -> None:
    """What is left of the signals, in their place, and the sum of its squares."""
    for i in range(u.size):
        chi2[i] = np.float32(0.0)
    for k in range(s.shape[0]):
        signal, image, spread = s[k], rendered[k, y], variance[k]
        for i in range(u.size):
            signal[i] -= u[i] * image[i]
            chi2[i] += signal[i] * signal[i] / spread[i]


@_compiled  # type: ignore[untyped-decorator]
def _combined(beside: F32, left: F32, variance: F32, up: F32, down: F32, out: F32) -> None:
    _clear(up, down)
    for k in range(left.shape[0]):
        rest, spread, share = left[k], variance[k], beside[k]
        for i in range(out.size):
            up[i] += share * rest[i]
            down[i] += share * share * spread[i]
    for i in range(out.size):
        out[i] = up[i] / np.sqrt(down[i])
