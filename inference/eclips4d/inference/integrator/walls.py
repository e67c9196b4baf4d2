"""The height once more, where it has walls: what is read of a wall is a lower bound of what there is.

1. Where slopes stand out of what is two pixels before and behind, or a pixel is doubted, the network's slopes give way
   to those that were read, and steps may exceed them: `one_sided`.
2. Long wavelengths go back to what was measured, as after the network, but walls that exceed their slopes do not count.
3. How much steps exceed what was read of them tells whether walls are nearly seen, as risers of a pixel are, or mostly
   not, as those of shafts and round screw dislocations. If not, steps 1 and 2 are done again and believe less: whatever
   stands out of a wider surrounding, by less than its noise, may be a wall.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eclips4d.inference.integrator.coarse import FACTOR
from eclips4d.inference.integrator.drift import measured_again
from eclips4d.inference.integrator.heads import LOG_WEIGHT
from eclips4d.inference.integrator.one_sided import OneSided, excess_over
from eclips4d.inference.integrator.readings import Readings, across, excess, share_of, softened
from eclips4d.inference.integrator.solve import Laplacian

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Search:
    """How walls are looked for, and the height that has them.

    Attributes
    ----------
    reach
        Pixels to what a wall stands out of.
    sd
        By how many standard deviations it does.
    forgiven
        Excess, in standard deviations, from which it costs less.
    rounds, iterations
        Of reweighting, and of conjugate gradients in each.
    """

    reach: int
    sd: float
    forgiven: float
    rounds: int
    iterations: int


SEEN: Final = Search(reach=2, sd=3.0, forgiven=0.2, rounds=6, iterations=4)
"""Of walls of which most is seen."""
UNSEEN: Final = Search(reach=4, sd=0.35, forgiven=0.1, rounds=16, iterations=5)
"""Of walls of which little is."""
TELLING: Final = (4, 4.0)
"""Pixels and standard deviations by which slopes stand out that tell how much is seen."""
MISSING: Final = (0.095, 0.112)
"""What steps have over slopes there, rms over rms: up to the first most is seen, from the second little."""
DISMISSED: Final = 4
"""Power of a wall's leniency that its slope's weight at long wavelengths is."""
LONG: Final = 16
"""Pixels per side of a cell of the grid on which long waves go back to what was measured after each search."""
SHORTER: Final = 5
"""The same of waves that are not so long, at the end."""
SHORTER_TRUST: Final = 6.0
"""Factor there on the trust in the network's slopes: noise of short waves is worth less than what it knows."""
SUREST: Final = 4.0
"""Most that a slope weighs there, over one of median variance."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the network said.

    Attributes
    ----------
    border, confidence : float32 [2, y, x]
        Corrected slopes and how far to rely on them.
    weight : float32 [y, x]
        Of the measured slopes at long wavelengths.
    trust : float32 [rows, columns]
        In the corrected slopes there, on the coarse grid.
    """

    border: F32
    confidence: F32
    weight: F32
    trust: F32


def long_weight(output: F32, fold: int, shape: tuple[int, int]) -> F32:
    """Weight of the measured slopes at long wavelengths, of every pixel [y, x], from the network's output."""
    blocks = np.exp(np.clip(np.nan_to_num(output[-2]), *LOG_WEIGHT))
    return np.asarray(blocks.repeat(fold, axis=0).repeat(fold, axis=1)[: shape[0], : shape[1]], dtype=np.float32)


def with_walls(height: F32, read: Readings, proposed: Proposed, laplacian: Laplacian) -> F32:
    """Height [y, x], nm, of zero mean.

    Parameters
    ----------
    height
        That the network's slopes give.
    """
    wall = share_of(across(excess(read.border, SEEN.reach)), read.noise, SEEN.sd)
    fit = _fit(read, proposed, wall, proposed.confidence, SEEN.forgiven)
    smooth, height = height, fit.fitted(height, laplacian, SEEN.rounds, SEEN.iterations)
    height = _long_waves(height, read, proposed, fit, laplacian)
    unseen = share_unseen(read, smooth, height, laplacian)
    if unseen == 0.0:
        return _shorter_waves(height, read, proposed, fit, laplacian)
    wall = share_of(softened(excess(softened(read.border), UNSEEN.reach)), read.noise, UNSEEN.sd)
    fit = _fit(read, proposed, wall, np.minimum(proposed.confidence, np.float32(1.0)), UNSEEN.forgiven)
    freer = fit.fitted(height, laplacian, UNSEEN.rounds, UNSEEN.iterations)
    freer = _long_waves(freer, read, proposed, fit, laplacian)
    blended = np.asarray(height + np.float32(unseen) * (freer - height), dtype=np.float32)
    return _shorter_waves(blended, read, proposed, fit, laplacian)


def share_unseen(read: Readings, smooth: F32, height: F32, laplacian: Laplacian) -> float:
    """From 0, where walls are as high as their slopes say, to 1, where they are higher; between by `MISSING`.

    Told by what steps have over slopes in both heights, the geometric mean of the two: where most is seen, one of them
    has little at least.

    Parameters
    ----------
    smooth, height
        Before and after walls were let be higher than their slopes.
    """
    reach, sd = TELLING
    counted = share_of(across(excess(read.border, reach)), read.noise, sd) * read.readable

    def size(values: F32) -> float:
        return math.sqrt(float((counted * values.astype(np.float64) ** 2).sum()))

    there = size(across(read.border))
    if there == 0.0:
        return 0.0
    over = math.sqrt(math.prod(size(excess_over(read.border, h, laplacian)) / there for h in (smooth, height)))
    least, most = MISSING
    return min(max((over - least) / (most - least), 0.0), 1.0)


def _fit(read: Readings, proposed: Proposed, wall: F32, confidence: F32, forgiven: float) -> OneSided:
    believed = np.maximum(wall, read.doubted) * read.readable
    target = proposed.border + believed * (read.border - proposed.border)
    confidence = np.where(read.doubted > 0.0, np.float32(1.0), confidence)
    return OneSided(target, confidence, wall, np.float32(forgiven) * read.noise)


def _long_waves(height: F32, read: Readings, proposed: Proposed, fit: OneSided, laplacian: Laplacian) -> F32:
    """Where slopes that were read are to be relied on as the network says."""
    weight = fit.leniency(height, laplacian) ** DISMISSED * read.readable * proposed.weight
    return measured_again(height, read.border, weight, _of_pixels(proposed.trust, height), LONG, laplacian)


def _shorter_waves(height: F32, read: Readings, proposed: Proposed, fit: OneSided, laplacian: Laplacian) -> F32:
    """On a finer grid, where slopes that are surer count more and the network is trusted more."""
    sureness = np.minimum(read.weight, np.float32(SUREST))
    weight = fit.leniency(height, laplacian) ** DISMISSED * sureness * proposed.weight
    trust = np.float32(SHORTER_TRUST) * _of_pixels(proposed.trust, height)
    return measured_again(height, read.border, weight, trust, SHORTER, laplacian)


def _of_pixels(coarse: F32, like: F32) -> F32:
    """Of each pixel's cell of the network's grid."""
    rows, columns = like.shape
    return coarse.repeat(FACTOR, axis=0).repeat(FACTOR, axis=1)[:rows, :columns]
