"""A sphere or a spherical dent of known radius, found in a frame; its cap is a relief like any other."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.pyramid import rough_slopes
from eclips4d.physics.calibration.relief import Relief

F64 = NDArray[np.float64]

_SOUGHT, _USED = np.sin(np.radians(35.0)), np.sin(np.radians(58.0))
"""Share of the radius in which the cap is sought, and the largest in which it is used."""
_AGREES = 0.3
_LEAST_PX = 12.0
_RINGS, _ROUNDS = 40, 8
_LEVEL = 0.06
"""Reading over the steepest one below which a ring is flat."""


def find_cap(raw: F64, radius_nm: float, instrument: Instrument) -> Relief:
    """The cap's slopes where the image shows it, 0 where it shows the flat around it, NaN elsewhere.

    Its centre is where measured slopes correlate best with those of the sphere; the cap ends where the mean uphill
    slope of a ring stops following the sphere's, and the flat begins where it vanishes. Without a flat the centre is
    hardly told from unequal gains: a sphere moved is a sphere tilted.

    Parameters
    ----------
    raw
        [n, y, x].

    Raises
    ------
    InputError
        The sphere is too small in the image, or none is seen.
    """
    dx, dy = instrument.scan.pixel_size_xy_nm
    if radius_nm * _SOUGHT / max(dx, dy) < _LEAST_PX:
        raise InputError(
            f"a sphere of {radius_nm:g} nm is {radius_nm / dx:.0f} pixels in radius", cure="image it larger"
        )
    slope = np.stack([gaussian_filter(s, 1.5, mode="nearest") for s in rough_slopes(raw, instrument)])
    slope -= np.array([_commonest(part) for part in slope])[:, None, None]
    row, column, sign = _centred(slope, _centre(slope, radius_nm, (dx, dy)), radius_nm, (dx, dy))
    cap, share = _cap_slopes(slope.shape[1:], (row, column), radius_nm, (dx, dy))
    cap *= sign
    reach = _reach(slope, cap, share)
    if reach * radius_nm / max(dx, dy) < _LEAST_PX:
        raise InputError("no sphere of this radius is seen", cure="check the radius, in nm, and the pixel size")
    flat = share > _flat_from(slope, cap, share, reach)
    cap[:, share > reach] = np.nan
    cap[:, flat] = 0.0
    return Relief(cap, np.isfinite(cap[0]))


def _cap_slopes(
    shape: tuple[int, ...], centre: tuple[float, float], radius_nm: float, pixel_nm: tuple[float, float]
) -> tuple[F64, F64]:
    """Slopes of a bump, and distance from its axis over the radius."""
    y = (np.arange(shape[0])[:, None] - centre[0]) * pixel_nm[1] / radius_nm
    x = (np.arange(shape[1])[None, :] - centre[1]) * pixel_nm[0] / radius_nm
    share = np.hypot(y, x)
    down = np.sqrt(np.maximum(1.0 - share**2, 1e-2))
    return np.stack(np.broadcast_arrays(-x / down, -y / down)).astype(np.float64), share


def _centre(slope: F64, radius_nm: float, pixel_nm: tuple[float, float]) -> tuple[float, float, float]:
    """Row, column and sign (+1 a bump) of the strongest correlation."""
    rows, columns = slope.shape[1:]
    half = [int(np.ceil(_SOUGHT * radius_nm / p)) for p in (pixel_nm[1], pixel_nm[0])]
    size = (scipy.fft.next_fast_len(rows + 2 * half[0]), scipy.fft.next_fast_len(columns + 2 * half[1]))
    pattern, share = _cap_slopes((2 * half[0] + 1, 2 * half[1] + 1), (half[0], half[1]), radius_nm, pixel_nm)
    pattern *= share < _SOUGHT
    limit = 3.0 * np.percentile(np.abs(slope), 90)
    total = np.zeros(size)
    for ours, theirs in zip(np.clip(slope, -limit, limit), pattern, strict=True):
        total += scipy.fft.irfft2(scipy.fft.rfft2(ours, size) * np.conj(scipy.fft.rfft2(theirs, size)), size)
    total = np.roll(total, half, axis=(0, 1))[:rows, :columns]
    row, column = np.unravel_index(int(np.argmax(np.abs(total))), total.shape)
    return float(row), float(column), float(np.sign(total[row, column]))


def _centred(
    slope: F64, start: tuple[float, float, float], radius_nm: float, pixel_nm: tuple[float, float]
) -> tuple[float, float, float]:
    """Where the slopes vanish: within the cap they are nearly linear, so that their correlation is a plateau."""
    row, column, sign = start
    for _ in range(_ROUNDS):
        cap, share = _cap_slopes(slope.shape[1:], (row, column), radius_nm, pixel_nm)
        inside = share < _SOUGHT / 2.0
        if not inside.any():
            break
        known = cap[:, inside]
        scale = float((slope[:, inside] * known).sum() / (known**2).sum())
        if scale * sign <= 0.0:
            break
        left = (slope[:, inside] - scale * known).mean(axis=1)
        column += float(left[0] / scale * radius_nm / pixel_nm[0])
        row += float(left[1] / scale * radius_nm / pixel_nm[1])
    return row, column, sign


def _commonest(values: F64) -> float:
    """Middle of the narrowest range that a fifth of the values lie in: that of the flat, where there is one."""
    sample = np.sort(values.ravel()[::7])
    span = max(len(sample) // 5, 1)
    first = int(np.argmin(sample[span:] - sample[:-span]))
    return float(np.median(sample[first : first + span]))


def _reach(slope: F64, cap: F64, share: F64) -> float:
    """Share of the radius up to which rings follow the sphere, a little less than what the image shows."""
    measured, known = _rings(slope, cap, share, _USED)
    inner = slice(_RINGS // 8, _RINGS // 3)
    scale = float((measured[inner] * known[inner]).sum() / (known[inner] ** 2).sum())
    if scale <= 0:
        return 0.0
    # The contrast falls with tilt, so the reading may lag behind the sphere's slope, gradually.
    follows = np.abs(measured / (scale * known) - 1.0) < _AGREES + 0.35 * known**2 / (1.0 + known**2)
    wrong = np.nonzero(~follows[_RINGS // 8 :])[0]
    last = (int(wrong[0]) + _RINGS // 8 - 2) if len(wrong) else _RINGS
    return float(last / _RINGS * _USED)


def _flat_from(slope: F64, cap: F64, share: F64, reach: float) -> float:
    """Share of the radius beyond which rings show no slope; infinite when there are none in the image."""
    most = float(share.max())
    measured, _ = _rings(slope, cap, share, most)
    at = (np.arange(_RINGS) + 0.5) / _RINGS * most
    top = float(np.abs(measured[at < reach]).max(initial=0.0))
    level = np.nonzero((np.abs(measured) < _LEVEL * top) & (at > reach))[0]
    return float(at[level[0]] + 2.0 * most / _RINGS) if len(level) else np.inf


def _rings(slope: F64, cap: F64, share: F64, most: float) -> tuple[F64, F64]:
    """Mean uphill slope in rings up to `most` radii, read and of the sphere."""
    steep = np.maximum(np.hypot(*cap), 1e-9)
    along = (slope * cap).sum(axis=0) / steep
    ring = np.minimum((share / most * _RINGS).astype(int), _RINGS)
    count = np.maximum(np.bincount(ring.ravel(), minlength=_RINGS + 1), 1)
    means = (np.bincount(ring.ravel(), v.ravel(), minlength=_RINGS + 1) / count for v in (along, steep))
    measured, known = (np.asarray(v[:_RINGS]) for v in means)
    return measured, known
