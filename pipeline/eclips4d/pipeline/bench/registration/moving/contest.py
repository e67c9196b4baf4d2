"""Every cell of the sweep: one scene, share and speed, several seeds, all methods on the same frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eclips4d.pipeline.bench.networks.slopes.scores import Interval, ratio_interval
from eclips4d.pipeline.bench.registration.moving.methods import OURS, SMOOTHED, errors_of
from eclips4d.pipeline.bench.registration.moving.scenes import Kind, movie

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cell:
    """Rms errors by method, [seeds], px, of the variant that is best in this cell."""

    errors: dict[str, F64]

    @property
    def best_peer(self) -> str:
        """The peer with the smallest geometric mean; empty where there is none."""
        peers = [name for name in self.errors if name not in (OURS, SMOOTHED)]
        return min(peers, key=self.mean, default="")

    def mean(self, name: str) -> float:
        """Geometric mean over seeds, px."""
        return geometric_mean(self.errors[name])

    def against_best(self) -> Interval:
        """Ours, as known when each frame was taken, over the best peer, paired by seed."""
        return ratio_interval(self.errors[OURS], self.errors[self.best_peer])


def won(ratio: Interval) -> bool:
    """Ours is better, or the 95 % interval of the paired ratios reaches to where it is."""
    return ratio.mean <= 1.0 or ratio.low <= 1.0


@lru_cache(maxsize=64)
def cell(kind: Kind, share: float, speed_px: float, seeds: int) -> Cell:
    """Measured once, used by tables and pictures."""
    return gathered([errors_of(movie(kind, share, speed_px, seed)) for seed in range(seeds)])


def gathered(found: list[dict[str, tuple[float, ...]]]) -> Cell:
    """Of each method the variant that is best over all seeds: a peer may choose with the truth known."""
    errors: dict[str, F64] = {}
    for name in found[0]:
        variants = np.array([one[name] for one in found]).T
        errors[name] = min(variants, key=geometric_mean)
    return Cell(errors)


def geometric_mean(values: F64) -> float:
    """Of numbers above zero."""
    return float(np.exp(np.log(values).mean()))
