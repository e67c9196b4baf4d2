"""The part of a card's `coverage` table that slopes rest on.

A factor on the sd that the network says, and powers of it and of the frame's noise: what happens to slopes after the
network makes them better than it was told, and frames differ more from each other than those of its training. An error
of steep faces besides, by the square of the slope: how a face is read depends on emission laws and on what hides it,
which no dose makes better. And one of shadows, by what they were taken to add.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eclips4d.inference.networks.heads import USUAL_UNIT, SdFactors
from eclips4d.inference.networks.model import NetworkModel
from eclips4d.training.coverage.held_out import Exposed, HeldOut
from eclips4d.training.coverage.models import Recalibrated

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

TILTS_DEG = (0.0, 10.0, 30.0, 50.0)
"""Lower ends of the classes of true tilt."""
SHARES = ((1.0, 0.6827), (1.96, 0.95))
"""Of normal errors within so many standard deviations."""
_COUNTED = np.s_[..., 4:-4:4, 4:-4:4]
"""Every fourth row and column, without the edge, where networks see less."""
_LEAST, _PARTS = 500, 3
_START = np.array([1.0, 1.0, 0.0, 0.01, 0.05])
_LOWEST, _HIGHEST = np.array([[0.3, 0.6, -0.6, 0.0, 0.0], [3.0, 1.8, 0.6, 0.3, 1.0]])
"""Of `SdFactors`' numbers, in their order."""
_STEP, _EVALUATIONS, _BEGINNINGS = np.diag([-0.2, 0.15, 0.1, 0.02, 0.1]), 160, 2


@dataclass(frozen=True, slots=True)
class Pool:
    """Pixels of one dose and tilt.

    Attributes
    ----------
    error : float32 [m]
        Of single components.
    said : float32 [m]
        Sd that the network says, over the noise unit.
    unit : float32 [m]
        The noise unit.
    square : float32 [m]
        Of the slope as it was read.
    shade : float32 [m]
        Size of what shadows were taken to add.
    """

    error: F32
    said: F32
    unit: F32
    square: F32
    shade: F32

    def stated(self, factors: SdFactors) -> F32:
        """The sd as `heads.corrected` makes it."""
        unit = factors.slope_sd * self.unit * (self.unit / np.float32(USUAL_UNIT)) ** np.float32(factors.unit_power)
        own = unit * self.said ** np.float32(factors.sd_power)
        more = np.hypot(np.float32(factors.steep_sd) * self.square, np.float32(factors.shade_sd) * self.shade)
        return np.asarray(np.hypot(own, more), dtype=np.float32)

    def shares(self, factors: SdFactors) -> F64:
        """Of errors within 1 and 1.96 sd."""
        sd = self.stated(factors)
        return np.array([np.mean(np.abs(self.error) <= times * sd) for times, _ in SHARES])

    def parts(self) -> list[Pool]:
        """A third of the pixels each, by how uncertain the network says they are."""
        ranks = np.argsort(self.unit * self.said, kind="stable")
        return [Pool(*(getattr(self, f.name)[here] for f in fields(Pool))) for here in np.array_split(ranks, _PARTS)]


def slope_factors(networks: Recalibrated, frames: Sequence[HeldOut]) -> dict[str, float]:
    """Those of `SdFactors`.

    Parameters
    ----------
    networks
        Without any factors.
    """
    return asdict(fitted(pooled(networks, frames).values()))


def pooled(networks: Recalibrated, frames: Sequence[HeldOut]) -> dict[tuple[str, float], Pool]:
    """Pixels of all frames by dose and true tilt; those with too few are left out."""
    found: dict[tuple[str, float], list[Pool]] = {}
    for frame in frames:
        model = networks.model(frame.instrument)
        for seen in frame.for_slopes:
            for tilt, pool in _by_tilt(model, seen).items():
                found.setdefault((seen.decade, tilt), []).append(pool)
    joined = {
        sort: Pool(*(np.concatenate([getattr(pool, f.name) for pool in of]) for f in fields(Pool)))
        for sort, of in found.items()
    }
    return {sort: pool for sort, pool in joined.items() if len(pool.error) >= _LEAST}


def fitted(pools: Iterable[Pool]) -> SdFactors:
    """The factors with which the shares come nearest to those of normal errors, all parts of all pools alike."""
    of, expected = [part for pool in pools for part in pool.parts()], np.array([share for _, share in SHARES])

    def misfit(factors: F64) -> float:
        held = np.clip(factors, _LOWEST, _HIGHEST)
        missed = np.mean([np.square(pool.shares(_factors(held)) - expected).sum() for pool in of])
        return float(missed + np.square(factors - held).sum())

    found = _START
    for _ in range(_BEGINNINGS):  # a simplex that has collapsed too early is spread out again
        simplex = np.vstack([found, found + _STEP])
        settings = {"maxfev": _EVALUATIONS, "xatol": 1e-4, "fatol": 1e-8, "initial_simplex": simplex}
        found = np.clip(minimize(misfit, found, method="Nelder-Mead", options=settings).x, _LOWEST, _HIGHEST)
    return SdFactors(*(float(f"{value:.3g}") for value in found))


def _factors(values: F64) -> SdFactors:
    return SdFactors(*(float(value) for value in values))


def _by_tilt(model: NetworkModel, seen: Exposed) -> dict[float, Pool]:
    """Pixels of one frame."""
    whole = _pixels(model, seen)
    tilt = np.degrees(np.arctan(np.hypot(*seen.truth[_COUNTED])))
    lower = np.tile(np.digitize(tilt.ravel(), TILTS_DEG) - 1, 2)
    chosen = {least: lower == k for k, least in enumerate(TILTS_DEG) if (lower == k).any()}
    return {least: Pool(*(getattr(whole, f.name)[here] for f in fields(Pool))) for least, here in chosen.items()}


def _pixels(model: NetworkModel, seen: Exposed) -> Pool:
    """What counts of a frame; the mean plane cannot be observed, so its error does not."""
    read = model.read(seen.raw, seen.calibration)
    surface = model.surface(read, seen.calibration)
    error = (surface.slope - seen.truth)[_COUNTED]
    shade = np.zeros_like(read.slope_sd) if read.feigned is None else np.hypot(*read.feigned)
    images = (read.slope_sd / np.float32(read.noise_unit), np.square(surface.slope).sum(axis=0), shade)
    said, square, shade = (np.tile(image[_COUNTED].ravel(), 2) for image in images)
    return Pool(
        error=(error - error.mean(axis=(1, 2), keepdims=True)).ravel(),
        said=said,
        unit=np.full_like(said, read.noise_unit),
        square=square,
        shade=shade,
    )
