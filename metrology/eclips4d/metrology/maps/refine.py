"""Exactly where a map lies on a run's grid: least squares on the slopes of both, from a rough placement on.

Slopes rather than heights, because the errors of integrated heights are waves as long as the image, and those of their
differences between neighbours are nearly white. Pixels that disagree more than most count less (Huber).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.errors import InputError
from eclips4d.metrology.change import centred
from eclips4d.metrology.maps.correlated import covariance
from eclips4d.metrology.maps.placement import Placement, PlacementU, turning
from eclips4d.metrology.maps.sampling import Sampler

F64 = NDArray[np.float64]

BLURS = (6.0, 3.0, 1.0)
"""Widths of the Gaussians, pixels, over which both are smoothed: coarse first, so that a rough placement is caught."""
ROOM = 12
"""Widths of a Gaussian that an image must be large for it, since what it takes from beyond the border is lost."""
MOST_STEPS = 30
CLOSE = 1e-3
"""Pixels: a shorter step ends the search."""
BLOCK = 16
"""Side, pixels, of the blocks within which errors may belong together."""
HUBER = 2.0
"""Standard deviations from which on an error counts less."""
FEWEST = 200
"""Pixels that both must have seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """A placement.

    Attributes
    ----------
    placement : Placement
    u : PlacementU
        Its uncertainty.
    correlation : float
        Of the slopes there.
    significance : float
        Standard deviations of Fisher's z by which that is more than chance, counting independent places only.
    """

    placement: Placement
    u: PlacementU
    correlation: float
    significance: float


@dataclass(frozen=True, slots=True, eq=False)
class _Normal:
    """Least squares at one placement: both slope components of all pixels seen, x before y.

    The design is [value, parameter], its last column the map's own slopes; errors and weights go with it. `known` says
    which pixels, `block` in which block each value lies.
    """

    design: F64
    error: F64
    weight: F64
    block: NDArray[np.int64]
    known: NDArray[np.bool_]
    ratio: float

    @property
    def run(self) -> F64:
        """The run's slopes."""
        return np.asarray(self.error + self.ratio * self.design[:, -1], np.float64)

    @property
    def correlation(self) -> float:
        """Of the run's slopes and the map's."""
        return float(np.corrcoef(self.design[:, -1], self.run)[0, 1])

    def solved(self) -> F64:
        weighted = self.design * self.weight[:, None]
        step = np.linalg.lstsq(weighted.T @ self.design, weighted.T @ self.error, rcond=None)[0]
        return np.asarray(step, np.float64)

    def covariance(self) -> F64:
        """Of the parameters, errors within a block belonging together however they like."""
        score = self.design * (self.weight * self.error)[:, None]
        sums = np.stack([np.bincount(self.block, column) for column in score.T], axis=1)
        bread = np.linalg.pinv((self.design * self.weight[:, None]).T @ self.design)
        blocks, terms = np.unique(self.block).size, self.design.shape[1]
        return np.asarray(bread @ (sums.T @ sums) @ bread * (blocks / max(blocks - terms, 1)), np.float64)


def refine(
    height: F64, pixel_nm: tuple[float, float], chart: Sampler, rough: Placement, *, turn: bool, scale: bool
) -> Refined:
    """Shift, and where wanted turn and scale, that fit best.

    Parameters
    ----------
    height : float64 [y, x]
        Of the run, nm, NaN where unknown.
    pixel_nm : (float, float)
        The run's.
    chart : Sampler
        The map, at the run's resolution.
    rough : Placement
        Within a few pixels.
    turn, scale : bool
        Whether these are fitted too.

    Raises
    ------
    InputError
        Too little of both is seen at the same place.
    """
    free = np.array([True, True, turn, scale])
    placement = rough
    for blur in (b for b in BLURS if b == BLURS[-1] or b * ROOM <= min(height.shape)):
        # Slopes of the run do not change from step to step.
        run = _slopes(height, pixel_nm, blur)
        for _ in range(MOST_STEPS):
            normal = _normal(run, pixel_nm, chart, placement, blur, free)
            if normal is None:
                break
            step = np.zeros(4)
            step[free] = normal.solved()[: int(free.sum())]
            far = _distance_px(step, height.shape, pixel_nm)
            # Further than both are smoothed the slopes say nothing.
            placement = _moved(placement, step * min(1.0, 2.0 * blur / max(far, CLOSE)))
            if far < CLOSE:
                break
    normal = _normal(run, pixel_nm, chart, placement, BLURS[-1], free)
    if normal is None:
        raise InputError("run and map hardly overlap", cure="check the map's size, or give --turn any")
    spread = np.zeros(4)
    spread[free] = np.sqrt(np.diag(normal.covariance()))[: int(free.sum())]
    u = PlacementU(
        (float(spread[0]), float(spread[1])), float(np.degrees(spread[2])), float(spread[3]) * placement.scale
    )
    return Refined(placement, u, normal.correlation, _significance(normal, height.shape))


def _moved(placement: Placement, step: F64) -> Placement:
    x, y = placement.shift_nm
    return replace(
        placement,
        shift_nm=(x + float(step[0]), y + float(step[1])),
        turn_deg=placement.turn_deg + float(np.degrees(step[2])),
        scale=placement.scale * float(np.exp(np.clip(step[3], -0.1, 0.1))),
    )


def _distance_px(step: F64, shape: tuple[int, ...], pixel_nm: tuple[float, float]) -> float:
    shift = float(np.hypot(step[0] / pixel_nm[0], step[1] / pixel_nm[1]))
    return max(shift, float(np.abs(step[2:]).max()) * max(shape) / 2)


def _slopes(height: F64, pixel_nm: tuple[float, float], blur: float) -> F64:
    """[2, y, x] of the smoothed heights; NaN where any of what they are made of is unknown."""
    known = np.isfinite(height)
    level = float(height[known].mean()) if known.any() else 0.0
    smooth = gaussian_filter(np.where(known, height - level, 0.0), blur, mode="nearest", truncate=3.0)
    seen = gaussian_filter(known.astype(np.float64), blur, mode="nearest", truncate=3.0)
    smooth[seen < 0.999] = np.nan
    down, right = np.gradient(smooth, pixel_nm[1], pixel_nm[0])
    return np.stack([right, down])


def _normal(
    run: F64, pixel_nm: tuple[float, float], chart: Sampler, placement: Placement, blur: float, free: NDArray[np.bool_]
) -> _Normal | None:
    shape = (run.shape[1], run.shape[2])
    there = _slopes(chart.on_grid(placement, shape, pixel_nm), pixel_nm, blur)
    known = np.isfinite(run).all(axis=0) & np.isfinite(there).all(axis=0)
    curved = [np.gradient(one, pixel_nm[1], pixel_nm[0]) for one in there]
    for down, right in curved:
        known &= np.isfinite(down) & np.isfinite(right)
    if int(known.sum()) < FEWEST:
        return None
    moves = _moves(placement, shape, pixel_nm)
    rows, errors = [], []
    for one, other, (down, right) in zip(run, there, curved, strict=True):
        # The map's slope at a place of the grid, when the map is moved by (x, y): -(x d/dx + y d/dy) of it.
        parts = [-(right * mx + down * my)[known] for mx, my in moves]
        rows.append(np.stack([*(p for p, wanted in zip(parts, free, strict=True) if wanted), other[known]], axis=1))
        errors.append(one[known])
    design, wanted = np.concatenate(rows), np.concatenate(errors)
    ratio = float(design[:, -1] @ wanted / (design[:, -1] @ design[:, -1]))
    design[:, :-1] *= ratio
    error = wanted - ratio * design[:, -1]
    spread = 1.4826 * float(np.median(np.abs(error))) or 1.0
    weight = np.minimum(1.0, HUBER * spread / np.maximum(np.abs(error), 1e-12))
    blocks = np.add.outer(np.arange(shape[0]) // BLOCK * (shape[1] // BLOCK + 1), np.arange(shape[1]) // BLOCK)
    return _Normal(design, error, weight, np.tile(blocks[known], 2), np.asarray(known, np.bool_), ratio)


def _significance(normal: _Normal, shape: tuple[int, ...]) -> float:
    # Two maps agree by chance as often as they have independent places to disagree at (Clifford and others, 1989).
    count = int(normal.known.sum())
    places = 0.0
    for part in (slice(0, count), slice(count, None)):
        tables = []
        for values in (normal.run[part], normal.design[part, -1]):
            image = np.zeros(shape)
            image[normal.known] = values - values.mean()
            tables.append(covariance(image, normal.known))
        one, other = tables
        together = float((one.pairs * one.table * other.table).sum()) / (one.variance * other.variance)
        places += count**2 / max(together, count)
    z = np.arctanh(np.clip(normal.correlation, -0.999999, 0.999999))
    return float(z * np.sqrt(max(places - 3.0, 0.0)))


def _moves(
    placement: Placement, shape: tuple[int, int], pixel_nm: tuple[float, float]
) -> list[tuple[F64 | float, F64 | float]]:
    """How every place moves, (x, y) nm, with x, y, the turn in radians, and the scale's logarithm."""
    y, x = centred(shape, pixel_nm)
    east, south = x - placement.shift_nm[0] + 0 * y, y - placement.shift_nm[1] + 0 * x
    (a, b), (c, d) = turning(90.0)
    return [(1.0, 0.0), (0.0, 1.0), (a * east + b * south, c * east + d * south), (east, south)]
