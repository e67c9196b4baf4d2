"""Where risers end: the curl of the slopes on risers alone.

Round a closed path heights come back to where they were: what the terrace of a spiral rises, its risers fall. Slopes
on risers alone therefore have a curl of −s·N·H, all of it at the core, and none where risers only pass: each enters a
path as often as it leaves it. A riser that fades and comes back has two of opposite signs, which cancel when averaged
over a fraction of a spacing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, gaussian_filter, maximum_filter

from eclips4d.metrology.spirals.risers import Risers

F64 = NDArray[np.float64]

_LEAST = 0.35
_OVER_SPACING = (0.25, 0.45)
"""A core's charge lies where its arms become risers, which may be half a spacing away from it."""
_APART = 0.5
_FINE = 4.0
"""Into how many parts of its standard deviation a Gaussian is resolved at least."""
_MOST_ENDS, _MOST_TOPS = 6, 4
_REACHES = np.linspace(0.3, 3.0, 19)
_VOTERS = 4000


class Candidate(NamedTuple):
    """Place (px), and about the signed rise per circuit over the height of a riser; 0 where it is not known."""

    row: float
    column: float
    charge: float


def candidates(risers: Risers) -> list[Candidate]:
    """Places where steps seem to end, strongest first, then places that steps surround; half a spacing apart."""
    curl = riser_curl(risers)
    ends = [place for over in _OVER_SPACING for place in _peaks(risers, curl, max(over * risers.spacing_px, 2.0))]
    kept = _apart([], sorted(ends, key=lambda each: -abs(each.charge)), risers.spacing_px)[:_MOST_ENDS]
    return _apart(kept, _tops(risers), risers.spacing_px)


def _apart(kept: list[Candidate], further: list[Candidate], spacing_px: float) -> list[Candidate]:
    kept = kept.copy()
    for place in further:
        apart = (np.hypot(place.row - other.row, place.column - other.column) for other in kept)
        if min(apart, default=np.inf) > _APART * spacing_px:
            kept.append(place)
    return kept


def _tops(risers: Risers) -> list[Candidate]:
    """Where most risers lie uphill of: normals of a spiral's arms pass its core at a sixth of a spacing."""
    chosen = slice(None, None, max(len(risers.rows) // _VOTERS, 1))
    rows, columns = risers.rows[chosen], risers.columns[chosen]
    uphill = risers.slope[:, rows, columns] / np.hypot(*risers.slope[:, rows, columns])
    votes = np.zeros(risers.share.shape)
    for reach in _REACHES * risers.spacing_px:
        to = np.rint([rows + reach * uphill[1], columns + reach * uphill[0]]).astype(np.int64)
        inside = ((to >= 0) & (to < np.array(votes.shape)[:, None])).all(axis=0)
        np.add.at(votes, (to[0, inside], to[1, inside]), 1.0)
    spread = max(0.2 * risers.spacing_px, 2.0)
    votes = gaussian_filter(votes, spread, mode="constant")
    tops = np.nonzero((votes == maximum_filter(votes, size=2 * int(2 * spread) + 1)) & (votes > 0.3 * votes.max()))
    order = np.argsort(votes[tops])[::-1][:_MOST_TOPS]
    return [Candidate(float(tops[0][k]), float(tops[1][k]), 0.0) for k in order]


def _peaks(risers: Risers, curl: F64, spread_px: float) -> list[Candidate]:
    by = max(int(spread_px / _FINE), 1)
    rows, columns = (n // by for n in curl.shape)
    # A wide Gaussian of sums over few pixels is that of the pixels.
    coarse = curl[: rows * by, : columns * by].reshape(rows, by, columns, by).sum(axis=(1, 3))
    # Nothing is assumed beyond the image: there risers do not end, they are out of sight.
    sums = gaussian_filter(coarse, spread_px / by, mode="constant") * (2.0 * np.pi * (spread_px / by) ** 2)
    charge = sums / max(risers.height, 1e-12)
    size = np.abs(charge)
    at = np.nonzero((size == maximum_filter(size, size=2 * int(spread_px / by) + 1)) & (size > _LEAST))
    centre = 0.5 * (by - 1)
    return [
        Candidate(float(by * r + centre), float(by * c + centre), float(-charge[r, c]))
        for r, c in zip(*at, strict=True)
    ]


def riser_curl(risers: Risers) -> F64:
    """Curl of slopes on risers per pixel, [y, x]; 0 beside what was not seen."""
    across, down = risers.slope
    curl = np.asarray(np.gradient(down, axis=1) - np.gradient(across, axis=0))
    if not risers.seen.all():
        curl[~binary_erosion(risers.seen, iterations=2, border_value=1)] = 0.0
    return curl
