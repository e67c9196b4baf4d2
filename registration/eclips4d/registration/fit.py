"""The shift between two frames: a Gauss-Newton fit of values, linear over the rows; only blocks that agree count.

It solves sum(W g · (frame(x + shift) - reference(x))) = 0, g being the instruments (filtered gradients of the
reference) and W the votes of blocks. It compares values, not correlations, so neither the window nor the edges pull
it, and with the noise of both frames independent it is unbiased whatever g is. What is expected of the shift steers
the way to the solution; the last step is taken without it, so that the result holds nothing but the two frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.registration.ballot import ballot, moved
from eclips4d.registration.normal import covariance as covariance_of
from eclips4d.registration.normal import is_well, step_alone, step_with
from eclips4d.registration.pair import Pair
from eclips4d.registration.robust import opinions
from eclips4d.registration.stretch import Sums, change_across, moved_on

Vector = NDArray[np.float64]
OWN_MOTION_PX = (1.0, 0.3, 0.1, 0.0)
"""How far blocks may move by themselves, step by step; from the last on until the fit has converged."""
MOST_STEPS = 8
SAME_SUMS_PX, FRESH_SLOPES_PX = 0.05, 0.2
"""The sums of residuals are taken anew once the fit has gone this far since, and the frame's slopes once it has gone
that far: what a step changes of the sums is known from the slopes to third order, 4·10⁻⁵ pixel."""
CONVERGED_PX = 0.01
"""A step this small is the last: what is left after it is its square, and a few per cent of it for noisy slopes."""
CAPTURE_PX = 4.0
"""A fit that leaves its starting point by more has lost the frame."""
QUIET_SHARE = 0.25
"""So many of the blocks are taken to show noise alone."""
EQUAL_ENDS_PX = 1e-3
"""A shift without rates says that both ends are equal, to within this: a covariance must not be singular."""


@dataclass(frozen=True, slots=True)
class RowShift:
    """Displacement of the reference's content, linear over its rows.

    Attributes
    ----------
    ends : float64 [4]
        Rows and columns at the first row, rows and columns at the last row, pixels.
    covariance : float64 [4, 4]
    misfit : float
        Mean squared residual over twice the noise variance; about 1 on a still scene.
    agreeing : float
        Share of the informative blocks that agree with it; about 1 on a still scene.
    blocks : int
        How many informative blocks there are.
    aligned : bool
    sums : tuple of float64 [by, bx, 2], [by, bx, 2, 2], [by, bx, 2, 2], optional
        Of every block at these ends: gradient · residual, the covariance of that, and its change per pixel of the fit.
    stretch : float
        Variance of either end due to changes of the shift that no drift explains (`stretch`); part of `covariance`.
    """

    ends: Vector
    covariance: Vector
    misfit: float = 0.0
    agreeing: float = 1.0
    blocks: int = 0
    aligned: bool = True
    sums: Sums | None = None
    stretch: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        """Shift at mid-scan."""
        row, column = 0.5 * (self.ends[:2] + self.ends[2:])
        return float(row), float(column)

    @property
    def middle_sd(self) -> tuple[float, float]:
        """Its standard deviation."""
        c = self.covariance
        row, column = ((float(c[i, i]) + float(c[i + 2, i + 2]) + 2.0 * float(c[i, i + 2])) / 4.0 for i in range(2))
        return math.sqrt(max(row, 0.0)), math.sqrt(max(column, 0.0))


def not_aligned(ends: Vector) -> RowShift:
    """No shift was found."""
    return RowShift(ends, np.full((4, 4), np.inf), agreeing=0.0, aligned=False)


def fit(
    pair: Pair,
    expected: Vector,
    spread: Vector,
    noise_correlation: float = 1.0,
    rates: bool = True,
    own_motion: tuple[float, ...] = OWN_MOTION_PX,
    say: Vector | None = None,
) -> RowShift:
    """Shift of a frame at the first and the last row.

    Parameters
    ----------
    pair : Pair
        The frame, and the reference by which it is compared.
    expected, spread : float64 [4], float64 [4, 4]
        Where `RowShift.ends` are expected, to begin there, and the covariance of that.
    noise_correlation : float
        Pixels that share one noise value.
    rates : bool
        Whether the shift may change over the rows.
    own_motion : tuple of float
        How far blocks may move by themselves, step by step, pixels; the last is zero.
    say : float64 [by, bx], optional
        How much each block counts, by what is known of it, 0 to 1.
    """
    prior, ends = _prior(spread, rates), expected.astype(np.float64)
    counts = np.ones(pair.count.shape) if say is None else say
    seen = _seen_at(pair, ends, noise_correlation, None)
    for k in range(MOST_STEPS):
        own = own_motion[min(k, len(own_motion) - 1)]
        if not np.abs(ends - seen.ends).max() < SAME_SUMS_PX:
            seen = _seen_at(pair, ends, noise_correlation, seen)
        sums = seen.near(ends, pair.place)
        system = _system(*ballot(*sums, pair.place, counts, own), rates)
        if not is_well(system.slope):
            break
        step = step_with(system.score, system.slope, system.meat, prior, _reduced(expected - ends, rates))
        if own == 0.0 and np.abs(step).max() < CONVERGED_PX:
            return _found(
                pair, ends + _full(step_alone(system.score, system.slope), rates), system, sums, seen.energy, rates
            )
        ends = ends + _full(step, rates)
        if not np.abs(ends - expected).max() < CAPTURE_PX + 3.0 * np.sqrt(np.trace(spread) / 4.0):
            break
    return not_aligned(expected)


def agreement_at(pair: Pair, ends: Vector, noise_correlation: float = 1.0) -> Vector:
    """Whether each block agrees with a shift, 0 to 1; NaN where it has no opinion, [by, bx]."""
    return opinions(*_seen_at(pair, ends, noise_correlation, None).near(ends, pair.place))[0]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Sums of all blocks as taken at one shift, and the slopes at one nearby."""

    ends: Vector
    moment: Vector
    energy: Vector
    noise: Vector
    cross: Vector
    slopes_at: Vector

    def near(self, ends: Vector, place: Vector) -> Sums:
        """Gradient · residual a little further on, its covariance, and its change per pixel."""
        return moved(self.moment, self.cross, place, ends - self.ends), self.noise, self.cross


def _seen_at(pair: Pair, ends: Vector, correlation: float, before: _Seen | None) -> _Seen:
    """The slopes of the frame are taken anew only where the fit has gone on since."""
    if before is not None and np.abs(ends - before.slopes_at).max() < FRESH_SLOPES_PX:
        (moment, energy), cross, slopes_at = pair.residuals(ends), before.cross, before.slopes_at
    else:
        moment, energy, cross = pair.sums(ends)
        slopes_at = ends
    share = energy[..., 1] / np.maximum(pair.count, 1.0)
    noise = (_noise(energy, correlation) * share)[..., None, None] * pair.square
    return _Seen(ends, moment, energy, noise, cross, slopes_at)


@dataclass(frozen=True, slots=True)
class _System:
    """Normal equations: score = slope · step + noise of covariance `meat`."""

    score: Vector
    slope: Vector
    meat: Vector


def _system(score: Vector, slope: Vector, meat: Vector, rates: bool) -> _System:
    """Sums of `weighted_sums` for the shift at both ends; without rates, for one shift."""
    if not rates:
        return _System(score[0].copy(), slope[0].copy(), meat[0].copy())
    return _System(np.concatenate([score[0] - score[1], score[1]]), _at_ends(slope), _at_ends(meat))


def _at_ends(powers: Vector) -> Vector:
    """Sums of (1, p, p²) · matrix for parameters at the first row (1 - p) and the last (p)."""
    ends = np.empty((4, 4))
    ends[:2, :2] = powers[0] - 2 * powers[1] + powers[2]
    ends[:2, 2:] = ends[2:, :2] = powers[1] - powers[2]
    ends[2:, 2:] = powers[2]
    return ends


def _found(pair: Pair, ends: Vector, system: _System, sums: Sums, energy: Vector, rates: bool) -> RowShift:
    agrees, doubt = opinions(*sums)
    asked = ~np.isnan(agrees)
    change = change_across(np.where(asked, agrees, 0.0), sums, pair.place, pair.across, doubt)
    stretch, covariance = change.along_lines, covariance_of(system.slope, system.meat) * doubt
    if not rates:
        stretch += change.along_columns
        covariance = np.concatenate((np.concatenate((covariance,) * 2, axis=1),) * 2) + np.eye(4) * EQUAL_ENDS_PX**2
        if change.along_columns > 0.0:
            agrees = opinions(*moved_on(sums, change, pair.place))[0]
    count = int(asked.sum())
    misfit = float(energy[..., 0].sum() / max(energy[..., 1].sum(), 1.0)) / 2.0
    agreeing = float(agrees[asked].mean()) if count else 1.0
    return RowShift(ends, covariance + np.eye(4) * stretch, misfit, agreeing, count, sums=sums, stretch=stretch)


def _noise(energy: Vector, correlation: float) -> float:
    """Variance of a residual: that of two whitened frames at least, that of the quieter blocks if it is more.

    Parts that move by themselves leave residuals far above the noise; they must not pass for it.
    """
    square, count = energy.reshape(-1, 2).T
    seen = count > 0.5 * count.max()
    each = square[seen] / count[seen]
    place = int(QUIET_SHARE * (each.size - 1))
    quiet = float(np.partition(each, place)[place]) if each.size else 0.0
    return max(quiet, 2.0) * correlation


def _prior(spread: Vector, rates: bool) -> Vector:
    """Information on the parameters of the fit."""
    lower = spread if rates else (spread[:2, :2] + spread[:2, 2:] + spread[2:, :2] + spread[2:, 2:]) / 4.0
    return np.asarray(np.linalg.inv(lower + np.eye(len(lower)) * EQUAL_ENDS_PX**2))


def _reduced(ends: Vector, rates: bool) -> Vector:
    return ends if rates else 0.5 * (ends[:2] + ends[2:])


def _full(step: Vector, rates: bool) -> Vector:
    return step if rates else np.concatenate((step, step))
