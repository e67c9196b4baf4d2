"""Cutting a surface into flat parts by its slopes.

Slopes are smoothed just enough to tell a boundary from noise. Where their gradient is no more than noise gives, the
surface is flat; connected flat places are the cores of facets. Cores that hold several orientations, because a
boundary between them was too weak to stand out, are cut in two across the axis of their largest spread, again and
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from eclips4d.core.results import FloatArray
from eclips4d.metrology.connected import connected
from eclips4d.metrology.facets.smooth import Mask, Smoothed
from eclips4d.metrology.facets.sums import Labels, Sums, sums_over
from eclips4d.metrology.labels import boxes_of, without_small

F64 = NDArray[np.float64]

_compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")

_CONFIDENCE = 5.8
"""Gradients of noise, four independent components, exceed this many standard deviations at one pixel in a million."""
_SPLITS = 4
_BEYOND_DOUBT = 2.0
"""Smoothed slopes of a core have this many times the variance of noise before they count as spread."""


@dataclass(frozen=True, slots=True)
class Flatness:
    """What counts as a facet.

    Attributes
    ----------
    least_pixels : int
        Of the inner part.
    bend : float
        Change of slope per pixel that still counts as flat, whatever the noise.
    spread : float
        Rms of the smoothed orientation within a facet beyond noise, rad.
    smoothed_to : float
        Noise of the smoothed slopes that is aimed at; sets the width of the filter, up to 3 pixels.
    finest_px : float
        Least width (standard deviation) of the filter: what is finer counts as roughness of a facet.
    least_trust : int
        Pixels below it do not count.
    """

    least_pixels: int = 60
    bend: float = 0.012
    spread: float = 0.025
    smoothed_to: float = 0.012
    finest_px: float = 1.0
    least_trust: int = 20


def cores(seen: Smoothed, flatness: Flatness) -> tuple[Labels, int, Sums]:
    """Labels of connected flat places, one orientation each, the largest first; their number and smoothed sums."""
    # Noise of a derivative of the smoothed slope: the smoothed slope's over √2 widths.
    noise = _CONFIDENCE / (np.sqrt(2.0) * seen.width_px)
    flat = np.zeros(seen.sd.shape, np.bool_)
    _flat(seen.slope, seen.sd, np.float32(noise), np.float32(flatness.bend**2), seen.usable, flat)
    labels, count = connected(flat, flatness.least_pixels)
    sums = sums_over(labels, count, seen.slope, seen.sd)
    for _ in range(_SPLITS):
        bad = np.flatnonzero(spread_of(sums) > flatness.spread) + 1
        if not bad.size:
            break
        labels, count = _split(labels, count, bad, seen)
        labels, count = without_small(labels, count, flatness.least_pixels)
        sums = sums_over(labels, count, seen.slope, seen.sd)
    return labels, count, sums


def spread_of(smooth: Sums, together: float = 1.0) -> F64:
    """Rms of the orientation within labels beyond noise, rad, from sums over *smoothed* slopes, [label].

    `together` is by how much more pixels share one value of the noise than was thought when slopes were smoothed.
    """
    # On the sphere a change of slope counts less where it is steep: by the root of the areas' ratio.
    on_sphere = (1.0 + (smooth.mean**2).sum(axis=1)) ** -1.5
    total = smooth.covariance[:, 0, 0] + smooth.covariance[:, 1, 1]
    return np.asarray(np.sqrt(np.maximum(total - _BEYOND_DOUBT * 2.0 * together * smooth.variance, 0.0) * on_sphere))


def _split(labels: Labels, count: int, bad: NDArray[np.int64], seen: Smoothed) -> tuple[Labels, int]:
    """Cut cores in two across their largest spread of slope; what falls apart becomes cores of its own."""
    boxes = boxes_of(labels, count)
    labels = labels.copy()
    for k in bad:
        top, left, bottom, right = boxes[k]
        box = slice(top, bottom), slice(left, right)
        here = labels[box] == k
        slopes = seen.slope[:, box[0], box[1]][:, here].astype(np.float64)
        around = slopes - slopes.mean(axis=1, keepdims=True)
        along = np.linalg.eigh(around @ around.T)[1][:, -1] @ around
        side = np.zeros(here.shape, np.bool_)
        side[here] = along > _threshold(along)
        labels[box][here] = 0
        for part in (side, here & ~side):
            # The seam between both is neither.
            pieces, found = ndimage.label(ndimage.binary_erosion(part))
            labels[box][pieces > 0] = pieces[pieces > 0] + count
            count += found
    return labels, count


def _threshold(values: F64) -> float:
    """Between two means, each of the values on its side (Ridler and Calvard)."""
    cut = 0.0
    for _ in range(20):
        above = values > cut
        if above.all() or not above.any():
            return cut
        new = float(values[above].mean() + values[~above].mean()) / 2.0
        if abs(new - cut) < 1e-6:
            return new
        cut = new
    return cut


@_compiled  # type: ignore[untyped-decorator]
def _flat(slope: FloatArray, sd: FloatArray, noise: float, square: float, usable: Mask, out: Mask) -> None:
    """Whether the sum of squares of the four derivatives, central differences, is below (noise · sd)² + square.

    Not on the border.
    """
    quarter = np.float32(0.25)
    for y in range(1, out.shape[0] - 1):
        for x in range(1, out.shape[1] - 1):
            px = slope[0, y, x + 1] - slope[0, y, x - 1]
            py = slope[0, y + 1, x] - slope[0, y - 1, x]
            qx = slope[1, y, x + 1] - slope[1, y, x - 1]
            qy = slope[1, y + 1, x] - slope[1, y - 1, x]
            limit = (sd[y, x] * noise) * (sd[y, x] * noise) + square
            # No short cut: a loop without branches can be made one of vectors.
            out[y, x] = usable[y, x] & (quarter * (px * px + py * py + qx * qx + qy * qy) < limit)
