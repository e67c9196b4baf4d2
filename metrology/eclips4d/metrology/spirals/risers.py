"""Where risers are: slopes steeper than terraces, noise and each other's tails; how wide and how far apart about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from eclips4d.metrology.spirals.field import Field

F64 = NDArray[np.float64]

_SMOOTHING_PX = (1.0, 1.5, 2.2, 3.2)
_CLEAR = 5.0
_LEAST_CONTRAST = 1.3


@dataclass(frozen=True, slots=True, eq=False)
class Risers:
    """Risers of one frame.

    Attributes
    ----------
    slope : float64 [2, y, x]
        Smoothed, without the frame's median slope; 0 on terraces.
    share : float64 [y, x]
        1 on risers, 0 on terraces, smooth between.
    rows, columns : int64 [n], [n]
        Of the pixels on risers.
    seen : bool [y, x]
        Where slopes are known.
    noise : float
        Standard deviation of a component of the smoothed slope.
    width_px, spacing_px : float
        Of a riser as seen, and between risers, both on average.
    height : float
        Rise across one riser, pixels times slope.
    smoothing_px : float
    """

    slope: F64
    share: F64
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    seen: NDArray[np.bool_]
    noise: float
    width_px: float
    spacing_px: float
    height: float
    smoothing_px: float


def find_risers(field: Field) -> Risers | None:
    """None where nothing stands out of terraces and noise."""
    for smoothing in _SMOOTHING_PX:
        found = _at(field, smoothing)
        if found is not None:
            return found
    return None


def _at(field: Field, smoothing: float) -> Risers | None:
    seen = field.precision > 0
    if seen.sum() < 64:
        return None
    share = 1.0 if seen.all() else np.maximum(gaussian_filter(seen.astype(np.float64), smoothing), 1e-3)
    middle = np.array([np.median(component[seen]) for component in field.slope])
    centred = np.where(seen, field.slope - middle[:, None, None], 0.0)
    slope = np.stack([gaussian_filter(component, smoothing) / share for component in centred])
    noise = _smoothed_noise(field, seen, smoothing)
    steep = np.hypot(slope[0], slope[1])
    limit = max(_otsu(steep[seen]), _CLEAR * noise)
    on = (steep > limit) & seen
    if on.sum() < 16 or np.median(steep[on]) < _LEAST_CONTRAST * limit:
        return None
    # Half the mean distance to the border of a strip is an eighth of its width on either side.
    width = 4.0 * float(distance_transform_edt(on)[on].mean()) - 1.0
    spacing = max(width, 1.0) * float(seen.sum()) / float(on.sum())
    soft = np.clip((steep - 0.6 * limit) / (0.8 * limit), 0.0, 1.0)
    soft = soft * soft * (3.0 - 2.0 * soft) * seen
    rows, columns = np.nonzero(soft > 0.5)
    return Risers(
        slope=slope * soft,
        share=soft,
        rows=rows,
        columns=columns,
        seen=seen,
        noise=noise,
        width_px=max(width, 1.0),
        spacing_px=spacing,
        height=float((steep * soft)[seen].mean()) * spacing,
        smoothing_px=smoothing,
    )


def _smoothed_noise(field: Field, seen: NDArray[np.bool_], smoothing: float) -> float:
    variance = float(np.median(1.0 / field.precision[seen]))
    shared = 4.0 * np.pi * smoothing**2
    return float(np.sqrt(variance * min(field.correlation_px / shared, 1.0)))


def _otsu(values: F64) -> float:
    """Threshold that parts two classes best; the highest hundredth counts as its lower end."""
    top = float(np.quantile(values, 0.99))
    counts, edges = np.histogram(np.minimum(values, top), 128, (0.0, max(top, 1e-12)))
    centres, total = 0.5 * (edges[1:] + edges[:-1]), np.cumsum(counts)
    sums = np.cumsum(counts * centres)
    low, high = total / total[-1], 1.0 - total / total[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        between = (sums[-1] / total[-1] * low - sums / total[-1]) ** 2 / (low * high)
    return float(edges[1 + int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))])
