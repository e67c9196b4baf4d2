"""One spiral fitted to the slopes of one frame: weighted least squares that foreign relief does not pull."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.spirals.block import WIDEST
from eclips4d.metrology.spirals.energies import block_energies
from eclips4d.metrology.spirals.equations import normal_equations, phase_profile
from eclips4d.metrology.spirals.field import Field, thinned
from eclips4d.metrology.spirals.model import (
    BEND,
    COUNT,
    HEIGHT,
    PASSAGE,
    PHASE,
    PLANE_X,
    PLANE_Y,
    RISER,
    SPACING,
    X,
    Y,
)
from eclips4d.metrology.spirals.shape import excess, law_bend
from eclips4d.metrology.spirals.winding import radial_table

F64 = NDArray[np.float64]

SHAPE = (X, Y, PHASE, SPACING, BEND, HEIGHT, RISER, PLANE_X, PLANE_Y)
"""What is free where the passage rate is known."""
ALL = (*SHAPE, PASSAGE)
_FAR_OFF = 4.0
_BINS = 64
_BLOCKS_PER_SPACING = 2.0
_HELD = 0.5
"""Standard deviation, over the law's value, with which the law holds the bend where the slopes do not tell."""
_SETTLED, _NEARLY_SETTLED = 0.1, 1.0
_UNEXPLAINED = 0.35
_TRIED = 2
_THINNED, _MOST_THINNED, _MOST_FULL = 3, 8, 3
_LINEAR, _LITTLE = 0.05, 0.05
"""Step, over the one that is taken at most, that needs no other; variance of blocks' scores that it may add."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A spiral fitted to one frame.

    Attributes
    ----------
    parameters : float64 [10]
        See `model`.
    covariance : float64 [10, 10]
        Of their random part: noise of the slopes; rows of what was not free are 0.
    scatter : float64 [10, 10]
        From the scatter of the scores of blocks half a spacing wide: noise and whatever else the model does not hold.
    wound : int
        Sense times number of arms.
    time_s : float
        When the phase holds.
    chi2 : float
        Robust mean square of residuals in units of their standard deviation; 1 for noise alone.
    explained : float
        Share of the slopes' mean square beyond noise that the spiral explains.
    kept : float
        Mean robust weight: share of the pixels that have a say.
    pixels : int
        That count.
    steps : int
        Iterations taken.
    """

    parameters: F64
    covariance: F64
    scatter: F64
    wound: int
    time_s: float
    chi2: float
    explained: float
    kept: float
    pixels: int
    steps: int

    def random_u(self, place: int) -> float:
        """Standard uncertainty of one parameter due to noise."""
        return float(np.sqrt(max(self.covariance[place, place], 0.0)))

    def model_u(self, place: int) -> float:
        """Standard uncertainty beyond it, from what the model does not hold."""
        return float(np.sqrt(max(self.scatter[place, place] - self.covariance[place, place], 0.0)))


def fit_spiral(
    field: Field,
    region: F64,
    start: F64,
    wound: int,
    time_s: float,
    free: tuple[int, ...] = SHAPE,
    most_steps: int = 12,
    hopeless: float = -np.inf,
) -> Fit:
    """Gauss and Newton from `start`; the bend is held near the law's where slopes hardly tell it.

    Parameters
    ----------
    field
        What was measured.
    region : float64 [y, x]
        Precisions of the pixels that count, 0 for the others.
    start : float64 [10]
        Parameters; the phase good to about the width of a riser.
    wound
        Sense times number of arms.
    time_s
        At which the phase holds.
    free
        Which parameters are fitted.
    hopeless
        Given up where two steps explain less than this share.
    """
    parameters, far_off = start.copy(), 1e6
    chosen = np.array(free)
    for step in range(most_steps):
        sums = _sums(field, region, parameters, wound, time_s, far_off)
        if step == _TRIED and sums.explained < hopeless:
            break
        parameters, far_off, settled = _stepped(field, sums, parameters, start, chosen)
        if step > 0 and settled:
            break
    sums = _sums(field, region, parameters, wound, time_s, far_off)
    return _fit(field, sums, chosen, parameters, wound, time_s, step + 1)


def refit_spiral(
    field: Field, region: F64, start: F64, wound: int, time_s: float, free: tuple[int, ...] = SHAPE
) -> Fit:
    """As `fit_spiral` from a start that is nearly right, of any phase: steps over a ninth of the pixels, then over all.

    One over all mostly is enough: slopes are linear in a step so small, and what it changes of the sums is known
    without taking them again.
    """
    few, few_region = thinned(field, region, _THINNED)
    parameters, far_off, chosen = start.copy(), 1e6, np.array(free)
    parameters[PHASE], _ = phase_of(few, few_region, parameters, wound, time_s)
    for step in range(_MOST_THINNED):
        sums = _sums(few, few_region, parameters, wound, time_s, far_off)
        parameters, far_off, settled = _stepped(few, sums, parameters, start, chosen, _NEARLY_SETTLED)
        if step > 0 and settled:
            break
    steps = step + 1
    for _ in range(_MOST_FULL):
        steps += 1
        sums, before = _sums(field, region, parameters, wound, time_s, far_off), parameters
        parameters, far_off, _ = _stepped(field, sums, before, start, chosen)
        moved = parameters - before
        if _is_small(sums, moved, before, len(chosen)):
            break
    return _fit(field, _carried(sums, moved), chosen, parameters, wound, time_s, steps)


def _stepped(
    field: Field, sums: _Sums, parameters: F64, start: F64, chosen: NDArray[np.int64], settled: float = _SETTLED
) -> tuple[F64, float, bool]:
    """After one step: parameters, from where on pixels lose their say, and whether none moved much of what it errs."""
    inverse, move = _inverse(sums.matrix, chosen), np.zeros(COUNT)
    move[chosen] = inverse @ (sums.score.sum(axis=0) + sums.pull)[chosen]
    small = np.abs(move[chosen]) <= settled * np.sqrt(np.abs(np.diag(inverse)))
    far_off = _FAR_OFF * max(1.0, float(np.sqrt(2.0 * sums.chi2 / max(sums.noise, 1.0))))
    return _bounded(parameters + _at_most(move, parameters), start, field), far_off, bool(small.all())


def _is_small(sums: _Sums, moved: F64, before: F64, free: int) -> bool:
    """Whether slopes are linear in a step, and what it changes in each block is little beside how blocks scatter."""
    blocks = max(int((sums.energy[:, 2] > 0).sum()), 1)
    shifted = float(moved @ sums.matrix @ moved) / free / blocks / max(sums.chi2 / max(sums.noise, 1.0), 1.0)
    return shifted < _LITTLE and float(np.max(np.abs(moved[:HEIGHT]) / _limits(before)[:HEIGHT])) < _LINEAR


def _carried(sums: _Sums, moved: F64) -> _Sums:
    """What sums are after a small step: each block takes its share of it."""
    taken = sums.matrix @ moved
    chi2 = sums.chi2 - float(moved @ (2.0 * sums.score.sum(axis=0) - taken))
    share = sums.energy[:, 2:] / max(sums.energy[:, 2].sum(), 1.0)
    return replace(sums, score=sums.score - share * taken, chi2=chi2)


def phase_of(field: Field, region: F64, parameters: F64, wound: int, time_s: float) -> tuple[float, float]:
    """The phase c (0 to 1 arms) that the slopes show for given other parameters, and how concentrated it is.

    Concentration is that of the profile across the arms: 1 for infinitely narrow risers, 0 for no arms at all.
    """
    total, count = np.zeros(_BINS), np.zeros(_BINS)
    phase_profile(
        field.slope,
        region,
        field.x,
        field.y,
        field.time_s - time_s,
        parameters,
        float(wound),
        _table(field, parameters),
        total,
        count,
    )
    profile = total / np.maximum(count, 1.0)
    first = np.sum(profile * np.exp(2j * np.pi * (np.arange(_BINS) + 0.5) / _BINS))
    # Arms are where u = c + (u - c) is whole: c is minus the place of the profile's peak.
    return float((-np.angle(first) / (2.0 * np.pi)) % 1.0), float(np.abs(first) / max(np.abs(profile).sum(), 1e-12))


def agreeing(field: Field, region: F64, fit: Fit) -> NDArray[np.bool_]:
    """Blocks, half a spacing wide and spread to pixels, whose relief in `region` a spiral explains, [y, x].

    Residuals beyond noise are the lesser part of a block's relief, or small beside that of an average block.
    """
    block, blocks = _blocks(field, fit.parameters)
    energy = np.zeros((*blocks, 3))
    of, table = (field.slope, region, field.x, field.y, field.time_s - fit.time_s), _table(field, fit.parameters)
    block_energies(*of, fit.parameters, float(fit.wound), block, table, energy)
    off, relief, count = np.moveaxis(energy, -1, 0)
    beyond, signal = np.maximum(off - count, 0.0), np.maximum(relief - count, 0.0)
    usual = 0.5 * signal.sum() / max(count.sum(), 1.0)
    agrees = (beyond < _UNEXPLAINED * np.maximum(signal, usual * count)) & (count > 0)
    rows, columns = field.shape
    return np.repeat(np.repeat(agrees, block, axis=0), block, axis=1)[:rows, :columns]


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    matrix: F64
    score: F64
    pull: F64
    energy: F64
    chi2: float
    without: float
    weight: float
    pixels: float

    @property
    def noise(self) -> float:
        """What `chi2` would be by noise alone."""
        return 2.0 * self.weight

    @property
    def explained(self) -> float:
        """Share of the slopes' squares beyond noise that is not left over."""
        beyond = max(self.without - self.noise, 1e-9 * max(self.noise, 1.0))
        return 1.0 - max(self.chi2 - self.noise, 0.0) / beyond


def _table(field: Field, parameters: F64) -> F64:
    x, y = parameters[[X, Y]]
    farthest = np.hypot(np.abs(field.x[[0, -1]] - x).max(), np.abs(field.y[[0, -1]] - y).max())
    return np.asarray(radial_table(parameters[SPACING], parameters[BEND], float(farthest), *excess()))


def _blocks(field: Field, parameters: F64) -> tuple[int, tuple[int, int]]:
    """Side of a block in pixels, and how many there are down and across."""
    block = int(np.clip(parameters[SPACING] / _BLOCKS_PER_SPACING / field.pixel_nm, 4, WIDEST))
    rows, columns = (-(-n // block) for n in field.shape)
    return block, (rows, columns)


def _sums(field: Field, region: F64, parameters: F64, wound: int, time_s: float, far_off: float) -> _Sums:
    block, (rows, columns) = _blocks(field, parameters)
    matrix, score, energy = np.zeros((COUNT, COUNT)), np.zeros((rows, columns, COUNT)), np.zeros((rows, columns, 3))
    found = normal_equations(
        field.slope,
        region,
        field.x,
        field.y,
        field.time_s - time_s,
        parameters,
        float(wound),
        far_off,
        block,
        _table(field, parameters),
        matrix,
        score,
        energy,
    )
    matrix = np.tril(matrix) + np.tril(matrix, -1).T
    law = law_bend(parameters[SPACING], wound)
    matrix[BEND, BEND] += 1.0 / (_HELD * law) ** 2
    pull = np.zeros(COUNT)
    pull[BEND] = (law - parameters[BEND]) / (_HELD * law) ** 2
    return _Sums(matrix, score.reshape(-1, COUNT), pull, energy.reshape(-1, 3), *found)


def _inverse(matrix: F64, chosen: NDArray[np.int64]) -> F64:
    part = matrix[np.ix_(chosen, chosen)]
    scale = 1.0 / np.sqrt(np.maximum(np.diag(part), 1e-300))
    return np.asarray(np.linalg.pinv(part * scale[:, None] * scale, rcond=1e-10) * scale[:, None] * scale)


def _limits(parameters: F64) -> F64:
    """How far the model is nearly linear."""
    riser, spacing = parameters[RISER], parameters[SPACING]
    limit = np.full(COUNT, np.inf)
    limit[[X, Y]], limit[PHASE], limit[SPACING] = 1.5 * riser, riser / spacing, 0.1 * spacing
    limit[BEND], limit[RISER], limit[HEIGHT] = 0.05 * spacing, 0.3 * riser, 0.5 * abs(parameters[HEIGHT])
    return limit


def _at_most(move: F64, parameters: F64) -> F64:
    """No step may leave the neighbourhood in which the model is nearly linear."""
    limit = _limits(parameters)
    over = float(np.max(np.abs(move[:HEIGHT]) / limit[:HEIGHT]))
    move = move / max(over, 1.0)
    return np.asarray(np.clip(move, -limit, limit))


def _bounded(parameters: F64, start: F64, field: Field) -> F64:
    out = parameters.copy()
    out[BEND] = np.clip(out[BEND], -0.5 * out[SPACING], out[SPACING])
    out[BEND] = np.copysign(max(abs(out[BEND]), 0.02 * field.pixel_nm), out[BEND])
    out[RISER] = np.clip(out[RISER], 0.3 * field.pixel_nm, 0.4 * out[SPACING])
    out[SPACING] = np.clip(out[SPACING], 0.3 * start[SPACING], 3.0 * start[SPACING])
    out[HEIGHT] = max(out[HEIGHT], 0.01 * start[HEIGHT])
    return out


def _fit(
    field: Field, sums: _Sums, chosen: NDArray[np.int64], parameters: F64, wound: int, time_s: float, steps: int
) -> Fit:
    inverse, covariance, scatter = _inverse(sums.matrix, chosen), np.zeros((COUNT, COUNT)), np.zeros((COUNT, COUNT))
    covariance[np.ix_(chosen, chosen)] = inverse * max(field.correlation_px, 1.0)
    score = sums.score[:, chosen][np.abs(sums.score).sum(axis=1) > 0]
    scatter[np.ix_(chosen, chosen)] = inverse @ (score.T @ score) @ inverse
    return Fit(
        parameters=parameters,
        covariance=covariance,
        scatter=scatter,
        wound=wound,
        time_s=time_s,
        chi2=sums.chi2 / max(sums.noise, 1.0),
        explained=sums.explained,
        kept=sums.weight / max(sums.pixels, 1.0),
        pixels=int(sums.pixels),
        steps=steps,
    )
