"""Heights of terraces and how much of the area each level covers.

Heights come from the steps between neighbours, each read across its own riser, put together by least squares: neither
the plane by which a frame is off nor the slow waves of its noise matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from eclips4d.metrology.labels import sizes_of
from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.terraces.contours import POSITION_SYSTEMATIC_PX
from eclips4d.metrology.terraces.segmentation import Terraces

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

COLUMNS = (
    "level",
    "height_nm",
    "height_u_nm",
    "height_systematic_u_nm",
    "area_nm2",
    "share",
    "share_u",
    "share_systematic_u",
    "terraces",
)
LEAST_WOUND_SHARE = 0.1
"""Share of all edges along which a terrace must meet itself before it counts as wound."""
SAME_LEVEL = 0.5
"""Terraces belong to one level while the gap between their heights is below this share of the usual step."""


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Heights of terraces and the levels they make.

    Attributes
    ----------
    height_nm, height_u_nm : float64 [terrace]
        Over the largest terrace, and the standard uncertainty's random part; NaN where no chain of edges leads there
        (then `level` is -1).
    level : int64 [terrace]
        From 0, the lowest, upwards.
    columns : dict of str to array
        One row per level: `level, height_nm, height_u_nm, height_systematic_u_nm, area_nm2, share, share_u,
        share_systematic_u, terraces`. Shares are of the area that belongs to any terrace; `share_u` from the noise of
        edge positions, the systematic part from what displaces all edges alike.
    closing_nm : float
        Rms by which steps around closed chains of edges fail to add up to zero; NaN without such chains.
    wound : bool
        Whether a terrace meets itself across a step, as around a dislocation: then levels are no heights.
    """

    height_nm: F64
    height_u_nm: F64
    level: I64
    columns: Columns
    closing_nm: float
    wound: bool

    @property
    def table(self) -> pd.DataFrame:
        """The columns as a table."""
        return pd.DataFrame(self.columns, columns=list(COLUMNS))


def levels_of(terraces: Terraces, frame: SurfaceFrame, grid: Grid) -> Levels:
    """Heights and coverage of a surface that is taken apart.

    The uncertainty of a step over a riser of width w px along L px of edge is slope_sd · pixel · sqrt(w/L); that of a
    height follows through the chain of steps.
    """
    pixels = sizes_of(terraces.label, terraces.count)[1:]
    area: F64 = pixels.astype(np.float64) * float(np.prod(grid.pixel_size_nm))
    below, above = terraces.pairs.T.astype(np.int64) - 1
    between = below != above
    sd = _step_sd(terraces, grid)
    height, u, closing = _chained(area, below[between], above[between], terraces.pair_step_nm[between], sd[between])
    usual = _usual_step(terraces)
    level = _grouped(height, usual)
    columns = _columns(
        level, height, u, area, float(np.hypot(grid.height_scale_u, terraces.feet_u)), _area_sd(terraces, grid, level)
    )
    return Levels(height, u, level, columns, closing, _winds(terraces, ~between, usual))


def _step_sd(terraces: Terraces, grid: Grid) -> F64:
    noise = terraces.attitude.slope_noise * np.sqrt(np.prod(grid.pixel_size_nm) * max(grid.noise_correlation_px, 1.0))
    return np.asarray(noise * np.sqrt(terraces.pair_width_px / np.maximum(terraces.pair_length_px, 1.0)))


def _chained(area: F64, below: I64, above: I64, step: F64, sd: F64) -> tuple[F64, F64, float]:
    """Heights from steps, those of the largest terrace's neighbourhood alone."""
    count = len(area)
    height, u = np.full(count, np.nan), np.full(count, np.nan)
    if not count:
        return height, u, float("nan")
    graph = coo_matrix((np.ones(len(below)), (below, above)), (count, count))
    part = connected_components(graph, directed=False)[1]
    ground = int(np.argmax(area))
    members = np.flatnonzero(part == part[ground])
    height[ground] = u[ground] = 0.0
    free = members[members != ground]
    inside = part[below] == part[ground]
    if not free.size:
        return height, u, float("nan")
    normal, right = np.zeros((count, count)), np.zeros(count)
    inside = part[below] == part[ground]
    low, high, step, weight = below[inside], above[inside], step[inside], 1.0 / sd[inside] ** 2
    for row, column, sign in ((high, high, 1.0), (low, low, 1.0), (high, low, -1.0), (low, high, -1.0)):
        np.add.at(normal, (row, column), sign * weight)
    np.add.at(right, high, weight * step)
    np.add.at(right, low, -weight * step)
    covariance = np.linalg.inv(normal[np.ix_(free, free)])
    height[free], u[free] = covariance @ right[free], np.sqrt(np.diag(covariance))
    left, spare = height[high] - height[low] - step, len(step) - free.size
    return height, u, float(np.sqrt((left**2).sum() / spare)) if spare > 0 else float("nan")


def _usual_step(terraces: Terraces) -> float:
    """Median step, every piece of edge counted alike."""
    if not terraces.pair_step_nm.size:
        return 0.0
    order = np.argsort(terraces.pair_step_nm)
    weight = np.cumsum(terraces.pair_length_px[order])
    return float(terraces.pair_step_nm[order][np.searchsorted(weight, weight[-1] / 2.0)])


def _winds(terraces: Terraces, itself: NDArray[np.bool_], step: float) -> bool:
    whole, length = itself & (terraces.pair_step_nm > SAME_LEVEL * step), terraces.pair_length_px
    return bool(length[whole].sum() > LEAST_WOUND_SHARE * length.sum())


def _grouped(height: F64, step: float) -> I64:
    level = np.full(len(height), -1, np.int64)
    known = np.flatnonzero(np.isfinite(height))
    order = known[np.argsort(height[known])]
    if order.size:
        level[order] = np.concatenate([[0], np.cumsum(np.diff(height[order]) > SAME_LEVEL * step)])
    return level


def _area_sd(terraces: Terraces, grid: Grid, level: I64) -> F64:
    """Of each level's area, nm², [2, level]: random, as every edge to another level lies off by its own noise, and what
    displaces all edges alike.

    Mean displacement of L px of an edge whose terraces are read r px to either side: slope_sd · pixel · sqrt(r/(2 L))
    over the riser's slope, which is at least step/(2 r).
    """
    pixel = float(np.sqrt(np.prod(grid.pixel_size_nm)))
    below, above = (level[side] for side in terraces.pairs.T.astype(np.int64) - 1)
    length, reach = terraces.pair_length_px, 0.5 * np.maximum(terraces.pair_width_px, 1.0)
    slope = terraces.pair_step_nm / (2.0 * reach * pixel)
    noise = terraces.attitude.slope_noise * np.sqrt(max(grid.noise_correlation_px, 1.0))
    shift = noise * pixel * np.sqrt(reach / (2.0 * np.maximum(length, 1.0))) / slope
    moved, common = shift * length * pixel, POSITION_SYSTEMATIC_PX * length * pixel**2
    out = np.zeros((2, int(level.max(initial=-1)) + 1))
    for side, sign in ((below, -1.0), (above, 1.0)):
        used = (below != above) & (side >= 0)
        np.add.at(out[0], side[used], moved[used] ** 2)
        np.add.at(out[1], side[used], sign * common[used])
    return np.stack([np.sqrt(out[0]), np.abs(out[1])])


def _columns(level: I64, height: F64, u: F64, area: F64, scale_u: float, area_sd: F64) -> Columns:
    count, whole = area_sd.shape[1], max(float(area.sum()), 1e-300)
    member = level >= 0
    level, height, u, area = level[member], height[member], u[member], area[member]

    def total(values: F64) -> F64:
        return np.asarray(np.bincount(level, weights=values, minlength=count), np.float64)

    areas = total(area)
    mean = total(area * height) / areas
    return {
        "level": np.arange(count),
        "height_nm": mean,
        "height_u_nm": np.sqrt(total((area * u) ** 2)) / areas,
        "height_systematic_u_nm": np.abs(mean) * scale_u,
        "area_nm2": areas,
        "share": areas / whole,
        "share_u": area_sd[0] / whole,
        "share_systematic_u": area_sd[1] / whole,
        "terraces": np.bincount(level, minlength=count),
    }
