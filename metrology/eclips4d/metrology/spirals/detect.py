"""Spirals in a frame of which nothing is known: places where steps end, each proved by a spiral that fits around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid, SurfaceFrame
from eclips4d.metrology.quantity import UNKNOWN, Quantity
from eclips4d.metrology.spirals.charge import candidates
from eclips4d.metrology.spirals.coarse import Coarse, coarse_spirals
from eclips4d.metrology.spirals.core import Core
from eclips4d.metrology.spirals.field import Field, field_of
from eclips4d.metrology.spirals.fit import ALL, Fit, agreeing, fit_spiral, phase_of
from eclips4d.metrology.spirals.model import BEND, HEIGHT, PASSAGE, PHASE, RISER, SPACING, X, Y
from eclips4d.metrology.spirals.region import around, region_of
from eclips4d.metrology.spirals.risers import find_risers
from eclips4d.metrology.spirals.shape import BEND_MODEL_U, SPACING_MODEL_U

F64 = NDArray[np.float64]

_GATHERED = 0.35
_HOPELESS = 0.3
"""Share explained after two steps; at cores it was 0.5 and more (simulated scenes), elsewhere 0 to 0.2."""
_EXPLAINED = 0.6
_OVER_UNCERTAINTY = 6.0
_LEAST_TURNS = 0.8
_LEAST_SEEN = 0.2
_SAME = 0.5
_GROWTH = 1.05
_BENT = 2.0
_NEAR_TURNS = 1.3
_MOST, _EACH, _SECTORS = 0.6, 0.2, 8
"""Least shares around a core that agree with its spiral: in all, and in every quarter, from each eighth of the turn on.
Circles of terraces are half an arm off on one side, where none agrees; particles hide less than that."""
_SECTOR_SEEN = 0.2
"""Of a quarter's pixels: less of it tells nothing."""
_BIN_WIDTH = 3.2
_MOST_BINNING = 4


def find_cores(frame: SurfaceFrame, grid: Grid, step_height_nm: float | None = None) -> tuple[Core, ...]:
    """The growth spirals of one frame.

    Parameters
    ----------
    frame : SurfaceFrame
    grid : Grid
    step_height_nm : float or None
        Of an elementary step: `Core.burgers_steps` then counts those, however many run together in a riser.

    Returns
    -------
    tuple of Core
        Empty where there are none.
    """
    field = field_of(frame, grid)
    risers = find_risers(field)
    if risers is None:
        return ()
    binned = field_of(frame, grid, binning_for(risers.width_px))
    guesses = [coarse_spirals(field, risers, *_place(field, each)) for each in candidates(risers)]
    first = [fit for guess in guesses if (fit := _near(binned, guess)) is not None]
    proved = _distinct([fit for fit in first if is_spiral(binned, fit)])
    return tuple(core_of(binned, fit, grid, step_height_nm) for fit in _together(binned, proved))


def binning_for(riser_width_px: float) -> int:
    """As many pixels as leave three and more across a riser."""
    return int(np.clip(riser_width_px / _BIN_WIDTH, 1, _MOST_BINNING))


def is_spiral(field: Field, fit: Fit) -> bool:
    """Whether a fit is evidence of a spiral: it explains the relief, is certain of its place, and turns are seen."""
    x, y, spacing, height = fit.parameters[[X, Y, SPACING, HEIGHT]]
    inside = field.x[0] <= x <= field.x[-1] and field.y[0] <= y <= field.y[-1]
    place_u = float(
        np.sqrt(max(fit.scatter[X, X], fit.covariance[X, X]) + max(fit.scatter[Y, Y], fit.covariance[Y, Y]))
    )
    certain = height > _OVER_UNCERTAINTY * np.hypot(fit.random_u(HEIGHT), fit.model_u(HEIGHT))
    return bool(inside and certain and fit.explained > _EXPLAINED and place_u < 0.1 * spacing and fit.kept > 0.5)


def core_of(field: Field, fit: Fit, grid: Grid, step_height_nm: float | None = None) -> Core:
    """A fit in the words of a crystal grower."""
    p, arms = fit.parameters, abs(fit.wound)

    def found(place: int, scale_u: float = 0.0, model_u: float = 0.0) -> Quantity:
        return Quantity(float(p[place]), fit.random_u(place), fit.model_u(place)).with_scale(np.hypot(scale_u, model_u))

    height, pixel_u = found(HEIGHT, grid.height_scale_u), grid.pixel_scale_u
    elementary = step_height_nm or float("nan")
    steps = Quantity(float(arms), 0.0, 0.0)
    if step_height_nm:
        steps = Quantity(*(arms * v / elementary for v in (height.value, height.random_u, height.systematic_u)))
    reach = _farthest(field, fit)
    return Core(
        x_nm=found(X, pixel_u),
        y_nm=found(Y, pixel_u),
        sense=int(np.sign(fit.wound)),
        arms=arms,
        step_height_nm=height,
        burgers_steps=steps,
        spacing_nm=found(SPACING, pixel_u, SPACING_MODEL_U),
        bend_nm=found(BEND, pixel_u, BEND_MODEL_U),
        riser_nm=found(RISER, pixel_u),
        phase=Quantity(float(p[PHASE] % 1.0), fit.random_u(PHASE), fit.model_u(PHASE)),
        passage_per_s=found(PASSAGE) if fit.random_u(PASSAGE) > 0 else UNKNOWN,
        time_s=fit.time_s,
        explained=fit.explained,
        turns=reach / float(p[SPACING]),
        fit=fit,
    )


def free_of(field: Field) -> tuple[int, ...]:
    """All parameters; the passage rate only where rows have times of their own."""
    return ALL if np.ptp(field.time_s) > 0 else tuple(k for k in ALL if k != PASSAGE)


def _place(field: Field, each: tuple[float, float, float]) -> tuple[float, float, int]:
    row, column, charge = each
    return float(field.x[int(column)]), float(field.y[int(row)]), int(np.sign(charge))


def _near(field: Field, guesses: Sequence[Coarse]) -> Fit | None:
    """From guesses to the spiral that explains most: one turn, then more, bent as the law has it."""
    held = tuple(k for k in free_of(field) if k not in (BEND, PASSAGE))
    good = [guess for guess in guesses if guess.gathered > _GATHERED]
    tried = [_turns(field, guess.parameters, guess.wound, 1.0, held) for guess in good]
    fits = [fit for fit in tried if fit is not None and fit.explained > _HOPELESS]
    if not fits:
        return None
    best = max(fits, key=lambda fit: fit.explained)
    return _turns(field, best.parameters, best.wound, 1.6, tuple(k for k in free_of(field) if k != BEND)) or best


def _turns(field: Field, start: F64, wound: int, turns: float, free: tuple[int, ...]) -> Fit | None:
    """Fitted over so many spacings around the core; None where too little of that is seen."""
    p, time_s = start.copy(), field.row_time(start[Y])
    region = region_of(field, (p[X], p[Y]), (), p[SPACING], turns * p[SPACING])
    if (region > 0).sum() < _LEAST_SEEN * np.pi * (p[SPACING] / field.pixel_nm) ** 2:
        return None
    p[PHASE], _ = phase_of(field, region, p, wound, time_s)
    return fit_spiral(field, region, p, wound, time_s, free, hopeless=_HOPELESS)


def _distinct(fits: Sequence[Fit]) -> list[Fit]:
    """One fit per core: of two within half a spacing the one that explains more."""
    kept: list[Fit] = []
    for fit in sorted(fits, key=lambda each: -each.explained):
        x, y, spacing = fit.parameters[[X, Y, SPACING]]
        if all(np.hypot(x - k.parameters[X], y - k.parameters[Y]) > _SAME * spacing for k in kept):
            kept.append(fit)
    return kept


def _together(field: Field, fits: list[Fit]) -> list[Fit]:
    """Each fitted again over all that is its own; what then is no spiral is dropped and the rest fitted once more."""
    for _ in range(len(fits) + 1):
        places = [(float(f.parameters[X]), float(f.parameters[Y])) for f in fits]
        again = [refit(field, f, places[:k] + places[k + 1 :]) for k, f in enumerate(fits)]
        others = [places[:k] + places[k + 1 :] for k in range(len(fits))]
        kept = [fit for fit, rest in zip(again, others, strict=True) if _all_around(field, fit, rest)]
        if len(kept) == len(fits):
            return kept
        fits = kept
    return fits


def _all_around(field: Field, fit: Fit, others: Sequence[tuple[float, float]]) -> bool:
    """Whether a spiral is there on all sides of its core: part of closed terraces looks like one, too."""
    if not is_spiral(field, fit):
        return False
    x, y, spacing = (float(each) for each in fit.parameters[[X, Y, SPACING]])
    near = region_of(field, (x, y), others, spacing, _NEAR_TURNS * spacing)
    rows, columns = np.nonzero(near > 0)
    if not len(rows):
        return False
    agrees = agreeing(field, near, fit)[rows, columns]
    turned = np.arctan2(field.y[rows] - y, field.x[columns] - x) / (2.0 * np.pi) + 0.5
    sector = np.minimum((_SECTORS * turned).astype(np.int64), _SECTORS - 1)
    seen = np.bincount(sector, minlength=_SECTORS)
    agreed = np.bincount(sector, agrees, _SECTORS)
    quarter, agreed = seen + np.roll(seen, 1), agreed + np.roll(agreed, 1)
    whole = 2.0 / _SECTORS * np.pi * (_NEAR_TURNS * spacing / field.pixel_nm) ** 2
    return bool(agrees.mean() > _MOST and np.all(agreed > _EACH * quarter, where=quarter > _SECTOR_SEEN * whole))


def refit(field: Field, fit: Fit, others: Sequence[tuple[float, float]]) -> Fit:
    """Over all that is a core's own, outwards turn by turn, so that spacing and phase never slip by an arm."""
    place, spacing = (float(fit.parameters[X]), float(fit.parameters[Y])), float(fit.parameters[SPACING])
    farthest = _reach(field, region_of(field, place, others, spacing, np.inf), place)
    reach, pixels = 1.5 * spacing, 0
    while True:
        region = region_of(field, place, others, spacing, reach)
        region = around(field, agreeing(field, region, fit), region, place, spacing)
        # One turn alone does not tell bend from spacing.
        free = tuple(k for k in free_of(field) if k != BEND or reach >= min(_BENT * spacing, farthest))
        fit = fit_spiral(field, region, fit.parameters, fit.wound, fit.time_s, free)
        if reach >= farthest or (BEND in free and fit.pixels < _GROWTH * pixels):
            return fit
        pixels, reach = fit.pixels, reach * 1.5


def _reach(field: Field, region: F64, place: tuple[float, float]) -> float:
    rows, columns = np.nonzero(region > 0)
    if not len(rows):
        return 0.0
    return float(np.hypot(field.x[columns] - place[0], field.y[rows] - place[1]).max())


def _farthest(field: Field, fit: Fit) -> float:
    x, y = fit.parameters[[X, Y]]
    return float(np.sqrt(fit.pixels / np.pi) * field.pixel_nm) if fit.pixels else float(np.hypot(x, y))
