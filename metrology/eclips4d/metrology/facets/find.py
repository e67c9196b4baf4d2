"""Facets of a surface: where they are and which way they face."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.facets.correlation import correlation_px
from eclips4d.metrology.facets.facet import Facet, Facets
from eclips4d.metrology.facets.grow import grown
from eclips4d.metrology.facets.segment import Flatness, cores, spread_of
from eclips4d.metrology.facets.smooth import Mask, Smoothed, smoothed
from eclips4d.metrology.facets.sphere import turned
from eclips4d.metrology.facets.sums import Labels, Sums, places_of, sums_over
from eclips4d.metrology.labels import replaced
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.seen import finite

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

USUAL = Flatness()
_OUTLIER = 4.5
"""Pixels of a facet that lie this many sd off its mean, such as particles, are left out of it."""
INVERSION_U_DEG = 0.04
"""Standard uncertainty of a face's direction, per axis, from the inversion itself: the excess over noise on steep faces
whose truth is known (docs/metrology.md). It differs from face to face and is the same in every frame."""
_ENOUGH = 200
"""Pixels of a facet from which it tells the correlation of the noise."""
_WHOLE = 0.6
"""A facet's pixel of whose filter less lies on usable pixels is at a gap."""


def find_facets(
    frame: SurfaceFrame, grid: Grid, flatness: Flatness = USUAL, inversion_u_deg: float = INVERSION_U_DEG
) -> Facets:
    """Flat parts of a surface with mean orientation, covariance and area.

    Orientation is the mean of the *slopes* over the inner part, not a plane through the heights: slopes have white
    noise, and each is seen at its own moment, so that a facet that moves while it is scanned is not sheared. The
    random part of the uncertainty is the scatter within the facet over the number of independent pixels; the larger of
    the measured and the stated correlation of the noise counts, so that filters and resampling are accounted for. What
    a facet is bent beyond noise is added whole, and so is what inversion errs on a face whatever the dose.

    Parameters
    ----------
    frame : SurfaceFrame
    grid : Grid
    flatness : Flatness
        What counts as a facet.
    inversion_u_deg : float
        Standard uncertainty of a face's direction, per axis, beside noise and slope scale.

    Returns
    -------
    Facets
        Their numbers hold within this frame; see `follow` for identities over time.
    """
    usable = _usable(frame, flatness.least_trust)
    seen = smoothed(
        frame.slope, frame.slope_sd, usable, grid.noise_correlation_px, flatness.smoothed_to, flatness.finest_px
    )
    labels, count, smooth = cores(seen, flatness)
    if not count:
        return Facets((), labels, np.zeros(labels.shape, np.bool_), max(grid.noise_correlation_px, 1.0))
    first = sums_over(labels, count, frame.slope, frame.slope_sd)
    kept = _without_outliers(labels, first, frame)
    sums = sums_over(kept, count, frame.slope, frame.slope_sd)
    stated = max(grid.noise_correlation_px, 1.0)
    correlation = max(stated, correlation_px(kept, frame.slope, sums.mean, _ENOUGH))
    spread = spread_of(smooth, correlation / stated)
    good = np.flatnonzero((spread <= flatness.spread) & (sums.n >= flatness.least_pixels))
    whole = grown(labels, count, seen, first.mean, round(2.0 * seen.width_px) + 2)
    found = _assembled(good, whole, sums, spread, correlation, inversion_u_deg, seen, grid)
    numbers = np.zeros(count + 1, np.int32)
    numbers[good + 1] = good + 1
    return Facets(found, replaced(whole, numbers), replaced(kept, numbers > 0), correlation)


def _usable(frame: SurfaceFrame, least_trust: int) -> Mask:
    usable = finite(frame.slope[0], frame.slope[1], frame.slope_sd)
    if frame.trust is not None:
        usable &= frame.trust >= least_trust
    return usable


def _without_outliers(labels: Labels, sums: Sums, frame: SurfaceFrame) -> Labels:
    total = sums.covariance[:, 0, 0] + sums.covariance[:, 1, 1]
    table = np.concatenate([[[0.0, 0.0, -1.0]], np.column_stack([sums.mean, _OUTLIER**2 * total])]).astype(np.float32)
    kept = np.empty_like(labels)
    _near(labels, frame.slope, table, kept)
    return kept


def _assembled(
    good: NDArray[np.int64],
    whole: Labels,
    sums: Sums,
    spread: F64,
    correlation: float,
    inversion_u_deg: float,
    seen: Smoothed,
    grid: Grid,
) -> tuple[Facet, ...]:
    dx, dy = grid.pixel_size_nm
    all_pixels, places = places_of(whole, len(sums.n))
    cut = _cut_off(whole, seen, len(sums.n))
    mean, pixels = sums.mean[good], sums.n[good]
    steepness = 1.0 + (mean**2).sum(axis=1)
    # What noise does not explain is an error of the orientation as it stands, per component and as a slope.
    bent = spread[good] ** 2 * steepness**1.5 / 2.0
    covariance = sums.covariance[good] * (correlation / (pixels - 1.0))[:, None, None]
    covariance += bent[:, None, None] * np.eye(2) + turned(mean, np.radians(inversion_u_deg))
    area = all_pixels[good] * dx * dy * np.sqrt(steepness)
    centre = np.asarray(grid.origin_nm) + places[good] * (dx, dy)
    columns = (good + 1, pixels.astype(np.int64), area, centre, np.degrees(spread[good]), cut[good])
    return tuple(
        Facet(number, slope, u, count, size, (x, y), bend, at_border)
        for slope, u, number, count, size, (x, y), bend, at_border in zip(
            mean, covariance, *(column.tolist() for column in columns), strict=True
        )
    )


def _cut_off(whole: Labels, seen: Smoothed, count: int) -> Mask:
    """Which facets reach the border or a gap, [facet]."""
    touched = np.zeros(count + 1, np.bool_)
    for edge in (whole[:2], whole[-2:], whole[:, :2], whole[:, -2:]):
        touched[edge] = True
    if seen.share is not None:
        touched[whole[seen.share < _WHOLE]] = True
    return touched[1:]


@_compiled  # type: ignore[untyped-decorator]
def _near(labels: Labels, slope: FloatArray, table: FloatArray, out: Labels) -> None:
    """Labels of the pixels whose squared distance from a mean is in bounds, 0 elsewhere; both by label in a table."""
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            k = labels[y, x]
            off = (slope[0, y, x] - table[k, 0]) ** 2 + (slope[1, y, x] - table[k, 1]) ** 2
            out[y, x] = k if off <= table[k, 2] else 0
