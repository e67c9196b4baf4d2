"""Where a known relief lies in a frame: shift and drift within the frame, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.pyramid import rough_slopes
from eclips4d.physics.calibration.relief import SMOOTH_PX, Placement, Relief, placed, smoothed

F64 = NDArray[np.float64]

_ROUNDS, _SMALLEST = 8, 2e-3
_EDGE_PX = 8
_BAND_PX = (1.5, 24.0)
"""Cross-correlation looks at structure between these Gauss widths."""
_FEWEST = 400
"""Pixels, below which a place is a guess."""


def place(
    raw: F64, surface: Relief, instrument: Instrument, start: Placement | None = None, *, drifts: bool = True
) -> Placement:
    """Find it.

    Parameters
    ----------
    raw
        [n, y, x].
    start
        Where to start; a cross-correlation of slopes finds it when it is not given.
    drifts
        Whether drift within the frame is sought too. A sphere cannot tell it: stretched along y it only looks as if
        segments had other contrasts.

    Raises
    ------
    InputError
        Hardly any of the image shows the surface where it can be compared.
    """
    at = start or Placement(_correlated(rough_slopes(raw, instrument), np.nan_to_num(surface.slope)))
    image = np.stack([gaussian_filter(s, _BAND_PX[0], mode="nearest") for s in raw])
    for _ in range(_ROUNDS):
        at, moved = _step(image, surface, at, drifts)
        if moved < _SMALLEST:
            break
    return at


def _step(image: F64, surface: Relief, at: Placement, drifts: bool) -> tuple[Placement, float]:
    """One Gauss-Newton step of shift and rate, every segment fitted as level + contrast · slopes on the way."""
    displaced, seen = placed(surface, at)
    slope, _ = smoothed(displaced, seen, 0.0)
    good = gaussian_filter((~seen).astype(float), SMOOTH_PX, mode="nearest") < 1e-3
    good[:_EDGE_PX], good[-_EDGE_PX:], good[:, :_EDGE_PX], good[:, -_EDGE_PX:] = False, False, False, False
    if good.sum() < _FEWEST:
        raise InputError(
            f"only {int(good.sum())} pixels lie on the known surface, unshaded and away from its steep parts",
            cure="take an artefact with gentler slopes, or a map that covers the image",
        )
    gradients = np.stack([np.stack(np.gradient(s)) for s in slope])  # [component, (row, column), y, x]
    rows = image.shape[1]
    part = np.broadcast_to((np.arange(rows) / max(rows - 1, 1))[:, None], image.shape[1:])[good]
    design = np.column_stack([np.ones(int(good.sum())), *slope[:, good]])
    normal, right = np.zeros((4, 4)), np.zeros(4)
    for segment in image:
        values = segment[good]
        line = np.linalg.lstsq(design, values, rcond=None)[0]
        left = values - design @ line
        weight = _weights(left)
        # Content moved by +d shows at y what was at y - d.
        moving = -(line[1] * gradients[0][:, good] + line[2] * gradients[1][:, good])
        jacobian = np.stack([moving[0], moving[1], moving[0] * part, moving[1] * part])
        normal += (jacobian * weight) @ jacobian.T
        right += (jacobian * weight) @ left
    held = np.diag([1e-6, 1e-6, 1e-6, 1e-6] if drifts else [1e-6, 1e-6, 1e6, 1e6])
    step = np.linalg.solve(normal + np.trace(normal) * held, right)
    step = np.clip(step, -3.0, 3.0)
    shift = (at.shift[0] + float(step[0]), at.shift[1] + float(step[1]))
    rate = (at.rate[0] + float(step[2]), at.rate[1] + float(step[3]))
    return Placement(shift, rate), float(np.abs(step).max())


def _weights(left: F64) -> F64:
    """Huber weights."""
    limit = 2.0 * 1.4826 * float(np.median(np.abs(left))) + 1e-12
    return np.asarray(np.minimum(1.0, limit / np.maximum(np.abs(left), 1e-12)) / limit**2)


def _correlated(measured: F64, known: F64) -> tuple[float, float]:
    """Whole-pixel displacement of measured against known slopes, from the peak of their cross-correlation."""
    rows, columns = measured.shape[1:]
    size = (scipy.fft.next_fast_len(2 * rows), scipy.fft.next_fast_len(2 * columns))
    total = np.zeros(size)
    for ours, theirs in zip(measured, known, strict=True):
        ours, theirs = (_band(v) for v in (ours, theirs))
        product = scipy.fft.rfft2(ours, size) * np.conj(scipy.fft.rfft2(theirs, size))
        total += scipy.fft.irfft2(product, size)
    peak = np.unravel_index(int(np.argmax(total)), size)
    found = [int(p) - n if p > n // 2 else int(p) for p, n in zip(peak, size, strict=True)]
    return float(found[0]), float(found[1])


def _band(values: F64) -> F64:
    fine, coarse = (gaussian_filter(values, sigma, mode="nearest") for sigma in _BAND_PX)
    return np.asarray(fine - coarse)
