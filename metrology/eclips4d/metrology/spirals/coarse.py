"""A first spiral around a place: which winding, spacing and shear by the scan gather the risers into one phase."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.field import Field
from eclips4d.metrology.spirals.gathering import Points, gather, gathered_on_grid
from eclips4d.metrology.spirals.model import BEND, COUNT, HEIGHT, PASSAGE, PHASE, RISER, SPACING, X, Y
from eclips4d.metrology.spirals.risers import Risers
from eclips4d.metrology.spirals.shape import law_bend

F64 = NDArray[np.float64]

MOST_ARMS = 6
_NEAR, _FAR = 0.3, 2.6
_SURE = 1.2
_SAMPLES, _LEAST_POINTS = 1000, 24
_FALLING = 0.25
"""Mean cosine between downhill on risers and away from the place. Around cores it is 0.5 to 0.9 (simulated scenes, one
to four cores), where risers only pass about 0."""
_WAVES = np.linspace(0.35, 2.0, 34)
"""Inverse spacings to try, in those of the first estimate."""
_SHEARS = np.linspace(-1.0, 1.0, 9)
"""Arms that pass while the neighbourhood is scanned."""
_AS_GOOD = 0.93
"""Twice the arms at half the spacing fit nearly as well: the fewer are taken."""


class Coarse(NamedTuple):
    """A first spiral.

    Attributes
    ----------
    parameters : float64 [10]
        As `model` takes them.
    wound : int
        Sense times arms.
    gathered : float
        Length of the mean phase vector of the risers, 0 to 1.
    """

    parameters: F64
    wound: int
    gathered: float


class _Grid(NamedTuple):
    """Lengths of mean phase vectors, for each winding, wave and shear."""

    wound: list[int]
    waves: F64
    shears: F64
    gathered: F64


def coarse_spirals(field: Field, risers: Risers, x_nm: float, y_nm: float, sense: int) -> list[Coarse]:
    """The best of a grid of spirals, moved to where phases gather most; none where risers do not surround the place.

    Two of them: one that does not shear while it is scanned, which is hard to mistake, and one that may.

    Parameters
    ----------
    sense
        +1 or −1; 0 tries both.
    """
    spacing = risers.spacing_px * field.pixel_nm
    points = _points(field, risers, x_nm, y_nm, spacing)
    if points is None:
        return []
    span = float(np.ptp(points.t))
    grid = _grid(points, (x_nm, y_nm), sense, _WAVES / spacing, _SHEARS / span if span > 0.0 else np.zeros(1))
    still = grid._replace(shears=np.zeros(1), gathered=grid.gathered[:, :, grid.shears == 0.0])
    return [_best(field, risers, points, (x_nm, y_nm), each) for each in (still, grid)[: 1 + (span > 0.0)]]


def _best(field: Field, risers: Risers, points: Points, place: tuple[float, float], grid: _Grid) -> Coarse:
    most = grid.gathered.max(axis=(1, 2))
    k = int(np.argmax(most >= _AS_GOOD * most.max()))
    i, j = np.unravel_index(int(np.argmax(grid.gathered[k])), grid.gathered[k].shape)
    start = np.array([*place, grid.waves[i], grid.shears[j]])
    return _moved(field, risers, points, grid.wound[k], start, sheared=len(grid.shears) > 1)


def _points(field: Field, risers: Risers, x_nm: float, y_nm: float, spacing: float) -> Points | None:
    """Some of the riser pixels around a place; None where they are few, or do not fall away from it."""
    dx, dy = field.x[risers.columns] - x_nm, field.y[risers.rows] - y_nm
    r = np.hypot(dx, dy)
    near = np.flatnonzero((r < _FAR * spacing) & (r > _NEAR * spacing))
    if len(near) < _LEAST_POINTS:
        return None
    near = near[:: max(len(near) // _SAMPLES, 1)]
    rows, columns, r = risers.rows[near], risers.columns[near], r[near]
    # Far turns belong to this core less surely, and slip by an arm more easily.
    weight = risers.share[rows, columns] * np.exp(-0.5 * (r / (_SURE * spacing)) ** 2)
    weight /= weight.sum()
    along_x, along_y = risers.slope[:, rows, columns]
    falling = -(along_x * dx[near] + along_y * dy[near]) / (np.hypot(along_x, along_y) * r)
    if weight @ falling < _FALLING:
        return None
    return Points(field.x[columns], field.y[rows], field.time_s[rows] - field.row_time(y_nm), weight)


def _grid(points: Points, place: tuple[float, float], sense: int, waves: F64, shears: F64) -> _Grid:
    wound = [s * n for n in range(1, MOST_ARMS + 1) for s in ((sense,) if sense else (1, -1))]
    return _Grid(wound, waves, shears, gathered_on_grid(points, place, wound, waves, shears))


def _moved(field: Field, risers: Risers, points: Points, wound: int, start: F64, sheared: bool) -> Coarse:
    spacing, span = 1.0 / start[2], max(float(np.ptp(points.t)), 1e-9)
    scale = np.array([0.15 * spacing, 0.15 * spacing, 0.05 / spacing, 0.15 / span if sheared else 0.0])
    (x, y, wave, nu), mean = gather(points, wound, start, scale)
    parameters = np.zeros(COUNT)
    parameters[[X, Y, SPACING, PASSAGE]] = x, y, 1.0 / max(wave, 0.1 / spacing), nu
    parameters[BEND] = law_bend(parameters[SPACING], wound)
    parameters[PHASE] = (np.angle(mean) / (2.0 * np.pi)) % 1.0
    parameters[HEIGHT] = risers.height * field.pixel_nm
    # A seen width is that between half heights, and smoothing has widened it.
    seen = max(risers.width_px / 2.355, 0.5) ** 2 - risers.smoothing_px**2
    parameters[RISER] = field.pixel_nm * float(np.sqrt(max(seen, 0.5)))
    return Coarse(parameters, wound, abs(mean))
