"""What all frames together say of one core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.movie import Grid
from eclips4d.metrology.quantity import UNKNOWN, Quantity
from eclips4d.metrology.spirals.core import Core
from eclips4d.metrology.spirals.model import BEND, HEIGHT, SPACING, X, Y
from eclips4d.metrology.spirals.phases import phases_of
from eclips4d.metrology.spirals.rotation import Passage, passage_of
from eclips4d.metrology.spirals.shape import BEND_MODEL_U, SPACING_MODEL_U

F64 = NDArray[np.float64]

STILL = (0.0, 0.0)
_CREPT, _KNOWN_CREPT, _SHARED_CREEP, _LASTING_DRIFT = 0.25, 0.1, 0.28, 0.55
"""Parts of a typical drift within a scan that shift arms against their core where it is not known, and of a frame's
place where it is; that alignment to a reference frame shares out to all places; of a place's uncertainty that lasts.
From simulated scans."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A core in one frame.

    Attributes
    ----------
    frame : int
    core : Core
    drift_u_nm : (float, float)
        How uncertain the frame's own place on the grid is, x and y.
    sheared : Quantity
        Arms per second as this scan alone tells; NaN where it was not asked.
    crept : bool
        Whether drift during the scan is still in the frame: the reference frame's never is known, and one that could
        not be aligned has only what was predicted.
    scanned : float
        Share of the scan that was over when the core's row was seen.
    """

    frame: int
    core: Core
    drift_u_nm: tuple[float, float]
    sheared: Quantity
    crept: bool = False
    scanned: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One core over time.

    Attributes
    ----------
    core_id : int
    seen : tuple of Seen
        By frame.
    sense, arms : int
        As in `Core`.
    x_nm, y_nm, spacing_nm, bend_nm, step_height_nm, burgers_steps : Quantity
        Means over frames. Random parts shrink with their number, systematic parts do not.
    passage : Passage
        Of arms.
    rotation_per_s : Quantity
        Turns per second, negative where the spiral unwinds.
    growth_nm_s : Quantity
        Step height times passages: the rate at which every place of the spiral rises.
    shape_random, shape_model : float64 [2, 2]
        Covariance of spacing and bend, nm²: by noise, and by what the model does not hold.
    """

    core_id: int
    seen: tuple[Seen, ...]
    sense: int
    arms: int
    x_nm: Quantity
    y_nm: Quantity
    spacing_nm: Quantity
    bend_nm: Quantity
    step_height_nm: Quantity
    burgers_steps: Quantity
    passage: Passage
    rotation_per_s: Quantity
    growth_nm_s: Quantity
    shape_random: F64
    shape_model: F64


def track_of(
    core_id: int,
    seen: tuple[Seen, ...],
    grid: Grid,
    creep_nm: tuple[float, float] = STILL,
    height_nm: float = np.inf,
) -> Track:
    """What all frames say.

    Parameters
    ----------
    grid : Grid
        How uncertain slope scale and pixel size are.
    creep_nm : (float, float)
        By how much the specimen typically moves during a scan, x and y; where it cannot be told it is not taken out.
    height_nm : float
        Of the image.
    """
    cores = [each.core for each in seen]
    arms, spacing = cores[0].arms, _mean(seen, SPACING)
    spacing = _shared(spacing, SPACING_MODEL_U * spacing.value, 0.5 * creep_nm[1] / height_nm * spacing.value)
    spacing = spacing.with_scale(grid.pixel_scale_u)
    bend, height = _mean(seen, BEND), _mean(seen, HEIGHT)
    height = height.with_scale(grid.height_scale_u)
    passage = _passage(seen, spacing.value, bend.value, float(np.hypot(*creep_nm)))
    rate = passage.per_s
    shared_shape = np.diag([(SPACING_MODEL_U * spacing.value) ** 2, (BEND_MODEL_U * bend.value) ** 2])
    return Track(
        core_id=core_id,
        seen=seen,
        sense=cores[0].sense,
        arms=arms,
        x_nm=_place(seen, X, creep_nm[0]).with_scale(grid.pixel_scale_u),
        y_nm=_place(seen, Y, creep_nm[1]).with_scale(grid.pixel_scale_u),
        spacing_nm=spacing,
        bend_nm=_shared(bend, BEND_MODEL_U * bend.value).with_scale(grid.pixel_scale_u),
        step_height_nm=height,
        burgers_steps=_counted(cores[0], height),
        passage=passage,
        rotation_per_s=Quantity(rate.value / arms, rate.random_u / arms, rate.systematic_u / arms),
        growth_nm_s=_product(height, rate),
        shape_random=_shape([core.fit.covariance for core in cores]) / len(cores),
        shape_model=_shape([core.fit.scatter - core.fit.covariance for core in cores]) + shared_shape,
    )


def _shared(quantity: Quantity, *parts: float) -> Quantity:
    """With more that all frames share."""
    return Quantity(
        quantity.value, quantity.random_u, float(np.sqrt(quantity.systematic_u**2 + np.square(parts).sum()))
    )


def _counted(core: Core, height: Quantity) -> Quantity:
    """Burgers steps by the mean height; counted in arms, without uncertainty, where no elementary height was given."""
    if core.burgers_steps.u == 0:
        return core.burgers_steps
    per_height = core.burgers_steps.value / core.step_height_nm.value
    return Quantity(*(per_height * value for value in (height.value, height.random_u, height.systematic_u)))


def _passage(seen: tuple[Seen, ...], spacing: float, bend: float, creep_nm: float) -> Passage:
    phase, phase_u = phases_of([each.core.fit for each in seen], spacing, bend)
    # Drift within a scan shifts arms against their core; how well it is known goes with how well the frame's place is.
    creeps = (_CREPT * creep_nm if each.crept else _KNOWN_CREPT * float(np.hypot(*each.drift_u_nm)) for each in seen)
    crept = np.minimum(list(creeps), _CREPT * creep_nm) / spacing
    times = np.array([each.core.time_s for each in seen])
    return passage_of(times, phase, np.hypot(phase_u, crept), _sheared(seen))


def _product(a: Quantity, b: Quantity) -> Quantity:
    return Quantity(
        a.value * b.value,
        float(np.hypot(a.random_u * b.value, b.random_u * a.value)),
        float(np.hypot(a.systematic_u * b.value, b.systematic_u * a.value)),
    )


def _place(seen: tuple[Seen, ...], place: int, creep_nm: float) -> Quantity:
    """Mean place: drift's uncertainty wanders slowly and is not averaged out.

    Nor is what the reference frame crept: alignment to it shares part of it out to all frames.
    """
    axis = 0 if place == X else 1
    drift = float(np.mean([each.drift_u_nm[axis] for each in seen]))
    crept = _SHARED_CREEP * creep_nm * float(np.mean([each.scanned for each in seen]))
    return _shared(_mean(seen, place), _LASTING_DRIFT * drift, crept)


def _mean(seen: tuple[Seen, ...], place: int) -> Quantity:
    """Weighted by what each frame states; frames in which it was not free do not count."""
    fits = [each.core.fit for each in seen if each.core.fit.covariance[place, place] > 0]
    if not fits:
        return UNKNOWN
    values = np.array([fit.parameters[place] for fit in fits])
    variance = np.array([fit.covariance[place, place] for fit in fits])
    scatter = np.array([fit.scatter[place, place] for fit in fits])
    weight = 1.0 / np.maximum(variance, scatter)
    weight /= weight.sum()
    model = float(np.sqrt(max(np.sum(weight * (scatter - variance)), 0.0)))
    return Quantity(float(weight @ values), float(np.sqrt(weight**2 @ variance)), model)


def _sheared(seen: tuple[Seen, ...]) -> Quantity:
    """Mean of the scans that tell; what the model does not hold is taken not to average out."""
    told = [each.sheared for each in seen if np.isfinite(each.sheared.value)]
    if not told:
        return UNKNOWN
    weight = np.array([1.0 / each.random_u**2 for each in told])
    value = float(np.average([each.value for each in told], weights=weight))
    model = float(np.average([each.systematic_u for each in told], weights=weight))
    return Quantity(value, float(1.0 / np.sqrt(weight.sum())), model)


def _shape(matrices: list[F64]) -> F64:
    part = [matrix[np.ix_((SPACING, BEND), (SPACING, BEND))] for matrix in matrices]
    return np.asarray(np.mean(part, axis=0))
