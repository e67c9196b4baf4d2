"""Projection on integrable Fourier modes.

R. T. Frankot and R. Chellappa, IEEE Trans. Pattern Anal. Mach. Intell. 10, 439 (1988). The modes are periodic, which
turns a mean slope into a sawtooth; mirrored on all sides before the transform, the surface is periodic by itself. The
smoothing term is that of T. Wei and R. Klette, Pattern Recognit. Image Anal. 12 (2002): a penalty on second
derivatives.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.integration.slopes import Slopes

F64 = NDArray[np.float64]


def frankot_chellappa(slopes: Slopes, *, mirrored: bool = True, smoothing: float = 0.0) -> F64:
    """Height of zero mean, nm [y, x].

    Parameters
    ----------
    mirrored
        Continue slopes antisymmetrically across the image's edges, as those of a mirrored surface; else periodically.
    smoothing
        Weight of the squared second derivatives, px².
    """
    p, q = slopes.filled()
    if mirrored:
        p, q = _mirrored(p, 1), _mirrored(q, 0)
    (rows, columns), (dx, dy) = p.shape, slopes.pixel_nm
    wave_x = 2.0 * np.pi * np.fft.rfftfreq(columns, dx)
    wave_y = 2.0 * np.pi * np.fft.fftfreq(rows, dy)[:, None]
    square = wave_x**2 + wave_y**2
    damped = square * (1.0 + smoothing * dx * dy * square)
    damped[0, 0] = np.inf
    spectrum = -1j * (wave_x * scipy.fft.rfft2(p) + wave_y * scipy.fft.rfft2(q)) / damped
    height = scipy.fft.irfft2(spectrum, s=(rows, columns))[: slopes.shape[0], : slopes.shape[1]]
    return np.asarray(height - height.mean())


def _mirrored(component: F64, odd_axis: int) -> F64:
    """Twice as large: even along one axis, and odd along the one that the slope is taken along."""
    along = np.concatenate([component, -np.flip(component, odd_axis)], axis=odd_axis)
    return np.concatenate([along, np.flip(along, 1 - odd_axis)], axis=1 - odd_axis)
