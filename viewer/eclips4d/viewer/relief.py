"""The surface in three dimensions: triangles with lit colours, made beside the window's thread; knows no Qt.

Light comes from the upper left, as in maps; how bright a triangle is follows from the slopes of the heights that are
shown, stretched as they are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import FloatArray
from eclips4d.viewer.colours import Image8
from eclips4d.viewer.levels import round_up
from eclips4d.viewer.picture import Grid, Levels, Relief, ReliefAsked, SurfaceImage

MOST_SIDE = 256
"""Vertices along either axis; more of them cannot be told apart on a screen, and take longer to draw."""
VISIBLE = 0.12
"""Stretched by itself, the range of heights takes this share of the field's width."""
AMBIENT = 0.35
LIGHT = np.array([-0.45, 0.45, 0.77]) / np.linalg.norm([-0.45, 0.45, 0.77])

F32 = NDArray[np.float32]


def relief(
    surface: SurfaceImage,
    grid: Grid,
    asked: ReliefAsked,
    colours: Image8 | None,
    levels: Levels | None,
    last: Relief | None,
) -> Relief | None:
    """The surface as triangles; `last` itself when it is that already, None without a height.

    Parameters
    ----------
    surface : SurfaceImage
    grid : Grid
        Of the height.
    asked : ReliefAsked
        A stretch of 0 is replaced by a round one, that of `last` where it was found so.
    colours : uint8 [y, x, rgb] or None
        What the colours tell; grey without.
    levels : (float, float) or None
        Of the height map: from them the stretch is found, so that it does not change from frame to frame.
    last : Relief or None
    """
    if surface.height is None or not np.isfinite(surface.height).any():
        return None
    if last is not None and (last.surface, last.asked, last.levels) == (surface, asked, levels):
        return last
    step = max(1, math.ceil(max(surface.height.shape) / MOST_SIDE))
    height = thinned(surface.height, step)
    known = height[np.isfinite(height)]
    reach = float(known.min()), float(known.max())
    _, _, width, depth = grid.rectangle_nm
    stretch = asked.stretch or visible_stretch(levels or reach, min(width, depth))
    spacing = grid.pixel_size_nm[0] * step, grid.pixel_size_nm[1] * step
    middle = 0.5 * sum(levels or reach)
    return Relief(
        asked,
        surface,
        vertices=_vertices(height, spacing, stretch, middle),
        faces=faces(np.isfinite(height)),
        colours=_colours(height, spacing, stretch, None if colours is None else colours[::step, ::step]),
        stretch=stretch,
        size_nm=(width, depth),
        reach_nm=reach,
        step_px=step,
        levels=levels,
    )


def thinned(height: FloatArray, step: int) -> FloatArray:
    """Means of blocks of pixels; pixels without a height do not count, blocks without any stay without."""
    if step == 1:
        return height
    rows, columns = (n // step for n in height.shape)
    blocks = height[: rows * step, : columns * step].reshape(rows, step, columns, step)
    seen = np.isfinite(blocks)
    count = seen.sum(axis=(1, 3))
    sums = np.where(seen, blocks, 0.0).sum(axis=(1, 3))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(count > 0, sums / count, np.nan), np.float32)


def visible_stretch(reach: tuple[float, float], width_nm: float) -> float:
    """A round number of times that heights are stretched so that they can be seen; at least 1."""
    span = max(reach[1] - reach[0], 1e-6)
    wanted = VISIBLE * width_nm / span
    return 1.0 if wanted <= 1.0 else round_up(wanted, steps=(1, 2, 5, 10))


def faces(known: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Two triangles for each square of four vertices that have a height."""
    rows, columns = known.shape
    number = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    whole = known[:-1, :-1] & known[1:, :-1] & known[:-1, 1:] & known[1:, 1:]
    a, b, c, d = (corner[whole] for corner in (number[:-1, :-1], number[1:, :-1], number[:-1, 1:], number[1:, 1:]))
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)])


def _vertices(height: FloatArray, spacing: tuple[float, float], stretch: float, middle: float) -> F32:
    rows, columns = height.shape
    x = (np.arange(columns) - 0.5 * (columns - 1)) * spacing[0]
    y = (np.arange(rows) - 0.5 * (rows - 1)) * spacing[1]
    made = np.empty((rows, columns, 3), np.float32)
    made[..., 0] = x
    made[..., 1] = -y[:, None]
    # What has no height is in no triangle, but must be a number all the same.
    made[..., 2] = stretch * np.where(np.isfinite(height), height - middle, 0.0)
    return made.reshape(-1, 3)


def _colours(height: FloatArray, spacing: tuple[float, float], stretch: float, colours: Image8 | None) -> F32:
    rows, columns = height.shape
    made = np.ones((rows, columns, 4), np.float32)
    made[..., :3] = 0.75 if colours is None else colours[:rows, :columns] / np.float32(255.0)
    made[..., :3] *= brightness(height, spacing, stretch)[..., None]
    return made.reshape(-1, 4)


def brightness(height: FloatArray, spacing: tuple[float, float], stretch: float) -> F32:
    """Lambert's law with some light from all around, 1 on what faces the light."""
    known = np.where(np.isfinite(height), height, np.nanmean(height))
    down, right = np.gradient(stretch * known, spacing[1], spacing[0])
    # y of the vertices points away, rows come nearer.
    facing = (-right * LIGHT[0] + down * LIGHT[1] + LIGHT[2]) / np.sqrt(1.0 + right**2 + down**2)
    return np.asarray(AMBIENT + (1.0 - AMBIENT) * np.clip(facing, 0.0, 1.0), np.float32)
