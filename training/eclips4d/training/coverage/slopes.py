"""The part of a card's `coverage` table that slopes rest on.

A factor on the sd that the network says: what happens to slopes after the network makes them better than it was told.
And an error of steep faces besides, by the square of the slope: how a face is read depends on emission laws and on
what hides it, which no dose makes better.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eclips4d.inference.networks.heads import SdFactors
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
_START, _LOWEST, _HIGHEST = np.array([[1.0, 0.01], [0.3, 0.0], [3.0, 0.3]])
"""Of `SdFactors`' numbers, in their order."""
_STEP, _EVALUATIONS, _BEGINNINGS = np.diag([-0.2, 0.02]), 60, 2


@dataclass(frozen=True, slots=True)
class Pool:
    """Pixels of one dose and tilt.

    Attributes
    ----------
    error, sd : float32 [m]
        Of single components; as the network says it.
    square : float32 [m]
        Of the slope as it was read.
    """

    error: F32
    sd: F32
    square: F32

    def stated(self, factors: SdFactors) -> F32:
        """The sd as `heads.corrected` makes it."""
        sd = np.hypot(np.float32(factors.slope_sd) * self.sd, np.float32(factors.steep_sd) * self.square)
        return np.asarray(sd, dtype=np.float32)

    def shares(self, factors: SdFactors) -> F64:
        """Of errors within 1 and 1.96 sd."""
        sd = self.stated(factors)
        return np.array([np.mean(np.abs(self.error) <= times * sd) for times, _ in SHARES])

    def parts(self) -> list[Pool]:
        """A third of the pixels each, by how uncertain the network says they are."""
        ranks = np.argsort(self.sd, kind="stable")
        return [Pool(*(getattr(self, f.name)[here] for f in fields(Pool))) for here in np.array_split(ranks, _PARTS)]


def slope_factors(networks: Recalibrated, frames: Sequence[HeldOut]) -> dict[str, float]:
    """`slope_sd` and `steep_sd`.

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
    surface = model(seen.raw, seen.calibration)
    error = (surface.slope - seen.truth)[_COUNTED]
    sd, square = (image[_COUNTED].ravel() for image in (surface.slope_sd, np.square(surface.slope).sum(axis=0)))
    return Pool(
        error=(error - error.mean(axis=(1, 2), keepdims=True)).ravel(),
        sd=np.tile(sd, 2),
        square=np.tile(square, 2),
    )
