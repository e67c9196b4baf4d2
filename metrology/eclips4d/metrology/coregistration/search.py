"""Roughly where a map lies: correlation over all shifts, for a net of turns and scales, and how surprising the best is.

A correlation r of n pixels counts as artanh(r) √n, Fisher's z over its spread: so that a small overlap has to agree
better than a large one. The same correlations far from the best place tell what chance gives, see `chance`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.change import centred
from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.correlator import Correlator
from eclips4d.metrology.maps.height_map import HeightMap
from eclips4d.metrology.maps.sampling import Sampler, smoothed

F64 = NDArray[np.float64]

LONG_SIDE = 72
"""Pixels along the longer side of the run while searching."""
TURNS_DEG = np.arange(-16.0, 17.0, 4.0)
SCALES = (0.90, 0.95, 1.0, 1.05, 1.10)
LONG_WAVES = 8.0
"""Waves longer than a side over this count for nothing: planes and bows of both instruments are in them."""
OUTLYING = 4.0
"""Robust standard deviations at which particles and streaks are cut."""
SAME_PLACE = 0.12
"""Of the run's longer side: closer shifts are one place."""
EULER = 0.5772156649


@dataclass(frozen=True, slots=True)
class Rough:
    """A rough place; `score` is Fisher's z times the root of the pixels, negative scores where one is upside down."""

    affine: Affine
    score: float
    correlation: float
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The best places, best first, and the probability that the best of a map of anywhere else scores as high."""

    places: tuple[Rough, ...]
    chance: float
    rival: float


@dataclass(frozen=True, slots=True)
class Range:
    """What is tried.

    Attributes
    ----------
    turn_deg : float
        About this turn, 15 degrees to either side and a little more.
    mirrors : (bool, …)
        Whether left and right are exchanged; both where nobody knows.
    signs : (int, …)
        1, and -1 where the map may be upside down.
    """

    turn_deg: float = 0.0
    mirrors: tuple[bool, ...] = (False,)
    signs: tuple[int, ...] = (1,)

    def net(self) -> Iterator[Affine]:
        """All turns with all scales."""
        for mirrored, scale, turn in product(self.mirrors, SCALES, TURNS_DEG):
            yield Affine((scale, scale), self.turn_deg + float(turn), mirrored=mirrored)


def search(height: F64, pixel_nm: tuple[float, float], chart: HeightMap, tried: Range, wanted: int = 6) -> Outcome:
    """The best places of all turns, scales and shifts.

    Parameters
    ----------
    height : float64 [y, x]
        Of the run, nm, NaN where unknown.
    pixel_nm : (float, float)
        The run's.
    chart : HeightMap
    tried : Range
    wanted : int
        How many places, each at another turn, scale or shift.
    """
    size = (height.shape[1] * pixel_nm[0], height.shape[0] * pixel_nm[1])
    coarse = max(max(size) / LONG_SIDE, *pixel_nm, *chart.pixel_size_nm)
    reach = min(*size, *chart.size_nm) / coarse / LONG_WAVES
    fixed = _coarse(Sampler.of(HeightMap(height, pixel_nm), coarse), Affine(), coarse, reach)
    sampler = Sampler.of(chart, coarse)
    images = [(one, _coarse(sampler, one, coarse, reach)) for one in tried.net()]
    largest = tuple(max(image.shape[axis] for _, image in images) for axis in (0, 1))
    correlator = Correlator(fixed, (largest[0], largest[1]))
    tables = [_Table.of(correlator, one, image, coarse, tried.signs) for one, image in images]
    best = max(tables, key=lambda table: table.best.score).best
    apart = SAME_PLACE * max(size)
    rivals = np.array([table.elsewhere(best.affine.shift_nm, apart) for table in tables])
    places = sorted((table.best for table in tables), key=lambda one: -one.score)
    return Outcome(tuple(_different(places, wanted, apart)), chance(best.score, rivals), float(rivals.max()))


def chance(best: float, rivals: F64) -> float:
    """Probability that the highest of so many scores is as high by chance.

    Highest scores of images that have nothing to do with each other follow Gumbel's law; its two numbers are those of
    the rivals, the highest score of each turn and scale away from the best place.
    """
    width = float(rivals.std()) * math.sqrt(6.0) / math.pi
    if width <= 0.0:
        return 1.0
    above = (best - float(rivals.mean()) + EULER * width) / width
    one = -math.expm1(-math.exp(-above))
    return -math.expm1(rivals.size * math.log1p(-one)) if one < 1.0 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Scores of one turn and scale at all shifts."""

    score: F64
    right: F64
    down: F64
    best: Rough

    @classmethod
    def of(cls, correlator: Correlator, one: Affine, image: F64, coarse: float, signs: tuple[int, ...]) -> _Table:
        correlation, count = correlator.with_(image)
        z = np.arctanh(np.clip(correlation, -0.9999, 0.9999)) * np.sqrt(count)
        score = np.abs(z) if len(signs) == 2 else z * signs[0]
        row, column = np.unravel_index(int(np.argmax(score)), score.shape)
        x0, y0 = correlator.shift_of(0, 0, image.shape)
        right, down = (x0 + np.arange(score.shape[1])) * coarse, (y0 + np.arange(score.shape[0])) * coarse
        placed = replace(one, shift_nm=(float(right[column]), float(down[row])))
        sign = 1 if z[row, column] > 0 else -1
        return cls(score, right, down, Rough(placed, float(score[row, column]), float(correlation[row, column]), sign))

    def elsewhere(self, shift_nm: tuple[float, float], apart: float) -> float:
        """The highest score that lies so far from a place."""
        near = (self.right - shift_nm[0]) ** 2 + (self.down[:, None] - shift_nm[1]) ** 2 < apart**2
        return float(np.where(near, 0.0, self.score).max())


def _different(places: list[Rough], wanted: int, apart: float) -> list[Rough]:
    """The first of them, none but the first three close to one that came before."""
    kept: list[Rough] = []
    for one in places:
        close = [np.hypot(*np.subtract(one.affine.shift_nm, other.affine.shift_nm)) < apart for other in kept]
        if len(kept) < 3 or not any(close):
            kept.append(one)
        if len(kept) == wanted:
            break
    return kept


def _coarse(chart: Sampler, one: Affine, pixel_nm: float, reach: float) -> F64:
    """Band-passed, outliers cut, on a grid of coarse pixels about its own middle that holds all of it."""
    (rows, columns), (dx, dy) = chart.coefficients.shape, chart.pixel_nm
    half = np.abs(one.matrix()) @ np.array([columns * dx, rows * dy]) / 2
    y, x = centred(
        (2 * int(np.ceil(half[1] / pixel_nm)) + 1, 2 * int(np.ceil(half[0] / pixel_nm)) + 1), (pixel_nm,) * 2
    )
    image = chart.at(*one.to_map(x + 0 * y, y + 0 * x))
    known = np.isfinite(image)
    design = np.stack([np.ones(known.sum()), (x + 0 * y)[known], (y + 0 * x)[known]], axis=1)
    image[known] -= design @ np.linalg.lstsq(design, image[known], rcond=None)[0]
    image -= smoothed(image, (reach, reach))
    far = OUTLYING * 1.4826 * float(np.median(np.abs(image[known])))
    return np.clip(image, -far, far) if far > 0 else image
