"""Edges: where a riser has half its height, as lines with sub-pixel points, downhill normals and curvature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import contourpy
import numba
import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.noise import height_sd_of
from eclips4d.metrology.terraces import along
from eclips4d.metrology.terraces.curve import Curves, smooth_curves
from eclips4d.metrology.terraces.segmentation import DEFAULT, Sieve, Terraces, segment

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_compiled: Any = numba.njit(cache=True, nogil=True)

SPACING_PX = 1.0
SPUR_PX, SPUR_STEP = 48.0, 0.5
"""Open pieces shorter than this, and lower than this share of the usual step, are no edges."""
POSITION_SYSTEMATIC_PX = 0.05
"""Common displacement of edges that noise does not explain, as found on round islands of known radius."""
WINDOW_PX = 8
"""Half of the window of the local parabola that gives direction and curvature."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeContour:
    """One edge of a terrace.

    Attributes
    ----------
    points_nm : float64 [n, 2]
        (x, y), evenly spaced, with the upper terrace always on the same side; a closed line's first point is not
        repeated.
    normal : float64 [n, 2]
        Downhill, of length 1: a step that moves this way lets the upper terrace grow.
    curvature_per_nm : float64 [n]
        Of the edge in the plane, positive around an island, negative around a pit; NaN near the ends of an open edge.
    height_nm : float64 [n]
        Difference of the terraces on both sides.
    time_s : float64 [n]
        When the row was seen.
    position_sd_nm : float64 [n]
        Across the edge, from the slopes' noise; single points, of which about `correlation_nm` share one error.
    correlation_nm : float
        Length of edge that shares one error: variance of a mean over L is `position_sd_nm`² · correlation_nm / L.
    closed : bool
    spacing_nm : float
    """

    points_nm: F64
    normal: F64
    curvature_per_nm: F64
    height_nm: F64
    time_s: F64
    position_sd_nm: F64
    correlation_nm: float
    closed: bool
    spacing_nm: float

    @property
    def length_nm(self) -> float:
        """Length of the edge."""
        return self.spacing_nm * (len(self.points_nm) if self.closed else len(self.points_nm) - 1)

    @property
    def usual_height_nm(self) -> float:
        """Median step along the edge."""
        return float(along.median(self.height_nm))

    @property
    def mean_curvature_per_nm(self) -> float:
        """Over the whole edge; of a closed one 2 pi / length."""
        known = np.isfinite(self.curvature_per_nm)
        return float(self.curvature_per_nm[known].mean()) if known.any() else float("nan")


def edges(frame: SurfaceFrame, grid: Grid, sieve: Sieve = DEFAULT) -> list[EdgeContour]:
    """All edges of a surface, longest first."""
    return edges_of(segment(frame, grid, sieve), frame, grid)


def edges_of(
    terraces: Terraces, frame: SurfaceFrame, grid: Grid, window_px: int = WINDOW_PX, least_px: int = 2 * WINDOW_PX
) -> list[EdgeContour]:
    """Edges of a surface that is taken apart already, longest first.

    Parameters
    ----------
    terraces : Terraces
    frame : SurfaceFrame
        The same surface.
    grid : Grid
    window_px : int
        Half of the window of the local parabola for direction and curvature. Curvature is exact for radii from
        half of it on; its noise falls with the window to the power of 5/2.
    least_px : int
        Shorter pieces are left out.
    """
    pixel = float(np.sqrt(grid.pixel_size_nm[0] * grid.pixel_size_nm[1]))
    points, starts = _zero_lines(terraces.middle)
    first, last = points[starts[:-1]], points[starts[1:] - 1]
    closed = (np.diff(starts) > 3) & (first == last).all(axis=1)
    placed = points * grid.pixel_size_nm + grid.origin_nm
    curves = smooth_curves(placed, starts, closed, SPACING_PX * pixel, window_px, least_px * pixel)
    found = _edges(curves, terraces, frame, grid, pixel) if len(curves.closed) else []
    usual = _usual_step(found)
    kept = [edge for edge in found if not _is_spur(edge, usual, SPUR_PX * pixel)]
    return sorted(kept, key=lambda edge: -edge.length_nm)


def _usual_step(edges: list[EdgeContour]) -> float:
    """Median over all points."""
    return float(along.median(np.concatenate([edge.height_nm for edge in edges]))) if edges else 0.0


def _is_spur(edge: EdgeContour, usual_nm: float, longest_nm: float) -> bool:
    """Short, open and low: one side of a particle, or a step that fades out at a dislocation."""
    short = not edge.closed and edge.length_nm < longest_nm
    return short and edge.usual_height_nm < SPUR_STEP * usual_nm


def _zero_lines(middle: FloatArray) -> tuple[F64, I64]:
    """Lines of half height, (x, y) in px, one behind the other, and where each begins and the last ends.

    What is higher is to their left as the screen shows them (contourpy's rule).
    """
    double, unknown = np.empty(middle.shape), np.empty(middle.shape, np.bool_)
    if not _known(middle, double, unknown):
        return np.empty((0, 2)), np.zeros(1, np.int64)
    generator = contourpy.SerialContourGenerator(
        *_places(middle.shape),
        double,
        unknown,
        corner_mask=True,
        quad_as_tri=False,
        z_interp=contourpy.ZInterp.Linear,
        line_type=contourpy.LineType.ChunkCombinedOffset,
        fill_type=contourpy.FillType.OuterCode,
    )
    points, starts = (of_chunks[0] for of_chunks in generator.lines(0.0))
    if points is None or starts is None:
        return np.empty((0, 2)), np.zeros(1, np.int64)
    return np.asarray(points, np.float64), np.asarray(starts, np.int64)


@_compiled  # type: ignore[untyped-decorator]
def _known(image: FloatArray, double: F64, unknown: NDArray[np.bool_]) -> int:
    """An image in double precision, 0 where it is NaN, and where that is; how much is known."""
    known = 0
    for y in range(image.shape[0]):
        row, into, gap = image[y], double[y], unknown[y]
        for x in range(row.size):
            there = row[x] == row[x]
            into[x] = row[x] if there else np.float32(0.0)
            gap[x] = not there
            known += there
    return known


@lru_cache(maxsize=2)
def _places(shape: tuple[int, int]) -> tuple[F64, F64]:
    x, y = np.meshgrid(np.arange(shape[1], dtype=np.float64), np.arange(shape[0], dtype=np.float64))
    return x, y


def _edges(curves: Curves, terraces: Terraces, frame: SurfaceFrame, grid: Grid, pixel: float) -> list[EdgeContour]:
    """What the frame shows along the curves, all of them at once."""
    points, tangent, starts, closed = curves.points, curves.tangent, curves.starts, curves.closed
    lengths = np.diff(starts)
    place = (points - grid.origin_nm) / grid.pixel_size_nm
    last = np.array(terraces.middle.shape) - 1
    pixels = np.clip(np.rint(place[:, ::-1]).astype(np.int64), 0, last)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    rise = along.rises(frame.slope, terraces.attitude.slope, pixels, normal, starts)
    downhill = np.where(np.add.reduceat(rise, starts[:-1]) > 0, -1.0, 1.0)
    normal *= np.repeat(downhill, lengths)[:, None]
    steep = np.abs(along.averaged(rise, WINDOW_PX, closed, starts))
    width = along.medians(along.read(terraces.width_px, pixels, starts), starts)
    factor = np.array([_height_factor(max(round(w / 2), 1)) for w in width.tolist()])
    noise = np.repeat(factor, lengths) * np.sqrt(max(grid.noise_correlation_px, 1.0))
    position = pixel * noise * along.read(frame.slope_sd, pixels, starts) / np.maximum(steep, 1e-3)
    height = along.read(terraces.step_nm, pixels, starts)
    time_s = np.interp(place[:, 1], np.arange(len(frame.row_time_s)), frame.row_time_s)
    correlation = pixel * (width / 4) / factor**2
    curvature = curves.curvature * np.repeat(-downhill, lengths)
    each = zip(starts[:-1], starts[1:], correlation.tolist(), closed.tolist(), curves.spacing.tolist(), strict=True)
    return [
        EdgeContour(
            points_nm=points[a:b],
            normal=normal[a:b],
            curvature_per_nm=curvature[a:b],
            height_nm=height[a:b],
            time_s=time_s[a:b],
            position_sd_nm=position[a:b],
            correlation_nm=shared,
            closed=goes_round,
            spacing_nm=spacing,
        )
        for a, b, shared, goes_round, spacing in each
    ]


@lru_cache(maxsize=64)
def _height_factor(reach_px: int, disc_px: int = 3) -> float:
    """Noise of a height over the mean of those `reach_px` to both sides, for unit slope noise and pixel.

    Averages over L pixels along the edge have the variance reach/(2 L) (each row's slopes count with weights 1/2 over
    `reach` pixels to either side), which the correlation length of an edge follows from.
    """
    y, x = np.mgrid[-disc_px : disc_px + 1, -reach_px - disc_px : reach_px + disc_px + 1]
    weights = np.zeros(y.shape)
    for centre in (-reach_px, reach_px):
        disc = y**2 + (x - centre) ** 2 <= disc_px**2
        weights[disc] -= 0.5 / disc.sum()
    weights[disc_px, reach_px + disc_px] += 1.0
    return height_sd_of(weights, 1.0, (1.0, 1.0))
