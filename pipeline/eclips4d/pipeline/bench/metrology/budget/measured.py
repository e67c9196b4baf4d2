"""Spread of simulated readings beside what the budgets state: source by source, and all together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.results import Surface
from eclips4d.metrology.budget import (
    AngleReading,
    Budget,
    StepReading,
    VelocityReading,
    budget_of_angle,
    budget_of_step,
    budget_of_velocity,
)
from eclips4d.pipeline.bench.metrology.budget.setting import PIXEL_NM, Setting
from eclips4d.pipeline.bench.metrology.budget.trials import (
    FRAMES,
    INTERVAL_S,
    VELOCITY_NM_S,
    readings,
    velocities,
)
from eclips4d.pipeline.bench.metrology.budget.wall import Truth

STEP, ANGLE, VELOCITY = "step height", "facet angle", "velocity"


@dataclass(frozen=True, slots=True)
class Spread:
    """Spread of readings over what the budget states.

    Attributes
    ----------
    ratio : float
    u : float
        Standard uncertainty of the ratio, from the number of draws.
    covered : float
        Share of readings that lie within twice what is stated of the truth.
    draws : int
    """

    ratio: float
    u: float
    covered: float
    draws: int


@dataclass(frozen=True, slots=True)
class Budgets:
    """The three budgets of one setting."""

    step: Budget
    angle: Budget
    velocity: Budget


def budgets(setting: Setting) -> Budgets:
    """As a user would make them of a reading of the nominal frame."""
    surface = setting.invert(setting.frame(Truth(thickness=setting.thickness)))
    reader, wall = setting.reader, setting.wall
    shared = max(setting.calibration.noise_correlation_px, 1.0)
    lever = np.sqrt(FRAMES * (FRAMES**2 - 1) / 12.0) * INTERVAL_S
    step = StepReading(reader.step_nm(surface), reader.step_noise_nm(surface, shared), wall.angle_deg, wall.azimuth_deg)
    angle = AngleReading(
        reader.angle_deg(surface),
        reader.angle_noise_deg(surface, shared),
        wall.azimuth_deg,
        width_px=wall.run_nm / PIXEL_NM,
    )
    velocity = VelocityReading(
        VELOCITY_NM_S,
        reader.position_noise_nm(surface, shared) / float(lever),
        wall.azimuth_deg,
        FRAMES,
        (FRAMES - 1) * INTERVAL_S,
    )
    conditions = setting.conditions
    return Budgets(
        budget_of_step(step, conditions), budget_of_angle(angle, conditions), budget_of_velocity(velocity, conditions)
    )


def of_one_frame(settings: Sequence[Setting], names: tuple[str, ...], count: int, *, noisy: bool) -> dict[str, Spread]:
    """Step height and angle with these sources off, `count` draws of each setting."""
    steps, angles = [], []
    for setting in settings:
        made, wall = budgets(setting), setting.wall
        found = readings(setting, names, count, noisy=noisy, read=_read(setting))
        steps.append(_over((found[:, 0] - wall.height_nm), made.step, names, noisy))
        angles.append(_over((found[:, 1] - wall.angle_deg), made.angle, names, noisy))
    return {STEP: _spread(steps), ANGLE: _spread(angles)}


def of_series(settings: Sequence[Setting], names: tuple[str, ...], count: int, *, noisy: bool) -> Spread:
    """Velocity, likewise."""
    made = []
    for setting in settings:
        errors = velocities(setting, names, count, noisy=noisy) - VELOCITY_NM_S
        made.append(_over(errors, budgets(setting).velocity, names, noisy))
    return _spread(made)


def _read(setting: Setting) -> Callable[[Surface], tuple[float, ...]]:
    return lambda surface: (setting.reader.step_nm(surface), setting.reader.angle_deg(surface))


def _over(errors: NDArray[np.float64], budget: Budget, names: tuple[str, ...], noisy: bool) -> NDArray[np.float64]:
    """Errors over what the lines in question state together, [draw]; NaN where they state that there are none."""
    asked = {*names, *(("noise",) if noisy else ())}
    stated = float(np.sqrt(sum(c.of_result**2 for c in budget.contributions if c.source in asked)))
    return errors / (stated or math.nan)


def _spread(over: Sequence[NDArray[np.float64]]) -> Spread:
    """Of errors over their stated size, setting by setting."""
    variance = float(np.mean([np.var(each, ddof=1) for each in over]))
    free = sum(len(each) - 1 for each in over)
    return Spread(
        ratio=float(np.sqrt(variance)),
        u=float(np.sqrt(variance / (2.0 * free))),
        covered=float(np.mean(np.abs(np.concatenate(over)) <= 2.0)),
        draws=sum(len(each) for each in over),
    )
