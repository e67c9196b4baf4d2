"""How often each orientation occurs: a histogram on the hemisphere whose bins all have one solid angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.facets.smooth import smoothed
from eclips4d.metrology.facets.sphere import equal_area, from_equal_area, normals_of
from eclips4d.metrology.movie import Grid, SurfaceFrame

F64 = NDArray[np.float64]

_RADIUS = float(np.sqrt(2.0))


@dataclass(frozen=True, slots=True, eq=False)
class OrientationHistogram:
    """Share of the surface by orientation.

    Attributes
    ----------
    density : float64 [v, u]
        Share of the surface's true area per steradian, in multiples of a hemisphere covered evenly. Square bins in
        Lambert's equal-area projection seen along the beam, u to the right and v up on the screen; NaN beyond the
        horizon.
    edges : float64 [bins + 1]
        Of the bins, in either direction, from -√2 to √2.
    """

    density: F64
    edges: F64

    @property
    def bin_sr(self) -> float:
        """Solid angle of a bin."""
        return float((self.edges[1] - self.edges[0]) ** 2)

    def normals(self) -> F64:
        """Unit normals at the bins' centres [v, u, 3]; NaN beyond the horizon."""
        middle = (self.edges[1:] + self.edges[:-1]) / 2.0
        place = np.stack(np.meshgrid(middle, middle), axis=-1)
        with np.errstate(invalid="ignore"):
            found = from_equal_area(place)
        return np.asarray(np.where((place**2).sum(-1, keepdims=True) <= 2.0, found, np.nan))

    def peaks(self, least: float = 10.0) -> F64:
        """Normals [n, 3] of the bins that are higher than their eight neighbours and than `least`, highest first."""
        padded = np.pad(np.nan_to_num(self.density, nan=-1.0), 1, constant_values=-1.0)
        inner, size = padded[1:-1, 1:-1], len(self.density)
        around = [padded[1 + v : 1 + v + size, 1 + u : 1 + u + size] for v, u in _NEIGHBOURS]
        peak = (inner >= least) & np.all([inner > other for other in around], axis=0)
        found = self.normals()[peak]
        return np.asarray(found[np.argsort(-inner[peak], kind="stable")])


_NEIGHBOURS = [(v, u) for v in (-1, 0, 1) for u in (-1, 0, 1) if v or u]


def orientation_histogram(
    frame: SurfaceFrame, grid: Grid, bins: int = 121, *, smoothed_to: float = 0.012
) -> OrientationHistogram:
    """Histogram of a surface's orientations, each pixel by its true area.

    Parameters
    ----------
    bins
        From horizon to horizon; 121 are about 1.3° wide.
    smoothed_to
        Noise of the slopes that is aimed at, by a Gaussian of 1 to 3 pixels; 0 takes them as they are.
    """
    usable = np.isfinite(frame.slope[0] + frame.slope[1] + frame.slope_sd)
    slope: FloatArray = frame.slope
    if smoothed_to > 0.0:
        slope = smoothed(frame.slope, frame.slope_sd, usable, grid.noise_correlation_px, smoothed_to).slope
    flat = slope[:, usable].T.astype(np.float64)
    area = np.sqrt(1.0 + (flat**2).sum(axis=1))
    place = equal_area(normals_of(flat))
    edges = np.linspace(-_RADIUS, _RADIUS, bins + 1)
    counts = np.histogram2d(place[:, 1], place[:, 0], bins=(edges, edges), weights=area)[0]
    middle = (edges[1:] + edges[:-1]) / 2.0
    beyond = middle[:, None] ** 2 + middle**2 > 2.0
    even = max(float(area.sum()), 1e-300) * (edges[1] - edges[0]) ** 2 / (2.0 * np.pi)
    return OrientationHistogram(np.where(beyond & (counts == 0), np.nan, counts / even), edges)
