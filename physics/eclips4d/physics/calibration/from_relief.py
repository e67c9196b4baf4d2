"""Calibration on a surface known from elsewhere: place it, find the blur, fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.fit import Fit
from eclips4d.physics.calibration.known import fit_with_known
from eclips4d.physics.calibration.placing import place
from eclips4d.physics.calibration.relief import BLURS_PX, Placement, Relief, placed, relief_cells, smoothed

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Laid:
    """A fit, and how the artefact lay in the frames.

    Attributes
    ----------
    placements : tuple of Placement
        One per frame.
    blur_px : float
        Gauss width of the image's blur beyond the map's.
    """

    fit: Fit
    placements: tuple[Placement, ...]
    blur_px: float


def fit_relief(
    frames: Sequence[RawArray], surfaces: Sequence[Relief], instrument: Instrument, *, smooth: bool = False
) -> Laid:
    """Fit all parameters on frames of a known surface.

    Parameters
    ----------
    frames
        [n, y, x] each.
    surfaces
        One per frame, or one for all.
    smooth
        The surface was found in the first frame and is smooth: nothing but its shift is sought, and no blur.
    """
    raw = [np.asarray(frame, dtype=np.float64) for frame in frames]
    usable = np.all([usable_pixels(frame) for frame in frames], axis=0)
    every = [surfaces[min(t, len(surfaces) - 1)] for t in range(len(raw))]
    placements: list[Placement] = []
    for frame, surface in zip(raw, every, strict=True):
        start = placements[-1] if placements else (Placement() if smooth else None)
        placements.append(place(frame, surface, instrument, start, drifts=not smooth))
    best = 0.0 if smooth else image_blur(raw, every, placements, usable)
    cells = relief_cells(raw, every, placements, instrument, best, usable)
    return Laid(fit_with_known(cells, instrument), tuple(placements), best)


def image_blur(raw: list[F64], surfaces: list[Relief], at: list[Placement], usable: Mask) -> float:
    """Gauss width, px, with which the first frame's segments are best described as level + contrast · slopes.

    Without it a blurred image would pass for a weak contrast.
    """
    slope, seen = placed(surfaces[0], at[0])
    good = smoothed(slope, seen, 0.0)[1] & usable
    costs = []
    for blur in BLURS_PX:
        part = slope if blur == 0.0 else np.stack([gaussian_filter(s, blur, mode="nearest") for s in slope])
        design = np.column_stack([np.ones(int(good.sum())), *part[:, good]])
        gram, right = design.T @ design, design.T @ raw[0][:, good].T
        lines = np.linalg.solve(gram, right)
        squares = (raw[0][:, good] ** 2).sum(axis=1) - (lines * right).sum(axis=0)
        costs.append(float((squares / raw[0][:, good].mean(axis=1) ** 2).sum()))
    return _lowest(np.array(BLURS_PX), np.array(costs))


def _lowest(at: F64, cost: F64) -> float:
    """Of a parabola through the lowest value and its neighbours; costs are nearly quadratic in the squared blur."""
    k = int(np.clip(np.argmin(cost), 1, len(at) - 2))
    x, y = at[k - 1 : k + 2] ** 2, cost[k - 1 : k + 2]
    a, b, _ = np.polyfit(x, y, 2)
    return float(np.sqrt(np.clip(-b / (2.0 * a), x[0], x[2]))) if a > 0 else float(at[int(np.argmin(cost))])


def usable_pixels(frame: RawArray) -> Mask:
    """Neither zero nor saturated in any segment."""
    return np.asarray(((frame > 0) & (frame < np.iinfo(frame.dtype).max)).all(axis=0))
