"""Budgets of steps, angles, growth and velocities: the lines they have and what these add up to."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.metrology.budget import (
    AngleReading,
    Budget,
    Conditions,
    Declared,
    GrowthReading,
    ScanCalibration,
    StepReading,
    VelocityReading,
    budget_of_angle,
    budget_of_growth,
    budget_of_step,
    budget_of_velocity,
)
from eclips4d.metrology.budget.conditions import conditions_of

EVERY = {
    "noise",
    "slope scale",
    "emission law",
    "working distance",
    "gas dilution",
    "dark level",
    "gains",
    "pixel size",
    "shear",
    "drift",
    "resampling",
    "datum",
}


def of(budget: Budget, source: str) -> float:
    (line,) = (c for c in budget.contributions if c.source == source)
    return line.of_result


def only(conditions: Conditions, **declared: float) -> Conditions:
    """Nothing is uncertain but what is declared."""
    nothing = dict.fromkeys(("distance_u_mm", "gain_u", "offset_u_adu", "emission_u", "clock_u"), 0.0)
    scan = ScanCalibration((0.0, 0.0), 0.0)
    return dataclasses.replace(conditions, declared=Declared(scan=scan, **(nothing | declared)))


def test_every_budget_names_every_source(conditions) -> None:
    step = budget_of_step(StepReading(10.0, 0.1, 30.0, 20.0), conditions)
    angle = budget_of_angle(AngleReading(30.0, 0.1, 20.0), conditions)
    velocity = budget_of_velocity(VelocityReading(1.0, 0.1, 20.0, 10, 90.0), conditions)
    for budget in (step, angle, velocity):
        assert {c.source for c in budget.contributions} >= EVERY


def test_the_slope_scale_is_sin_2a_over_2_for_angles_and_the_height_for_steps(conditions) -> None:
    angle = budget_of_angle(AngleReading(45.0, 0.0, 10.0), conditions)
    assert of(angle, "slope scale") == pytest.approx(math.degrees(0.5 * 0.01))
    step = budget_of_step(StepReading(-20.0, 0.0, 30.0, 10.0), conditions)
    assert of(step, "slope scale") == pytest.approx(0.2)


def test_gains_tilt_what_is_not_levelled(conditions) -> None:
    # Imbalance tilts by eps/(2 kappa) per pair; levelling takes it off.
    alone = only(conditions, gain_u=0.01)
    kappa = float(np.hypot(*np.transpose(conditions.calibration.contrast)).sum() / np.sum(conditions.calibration.flat))
    tilt = 0.01 * math.sqrt(2.0) / (2.0 * kappa)
    absolute = budget_of_angle(AngleReading(0.0, 0.0, 45.0, levelled=False), alone)
    assert of(absolute, "gains") == pytest.approx(math.degrees(tilt), rel=5e-3)
    levelled = budget_of_angle(AngleReading(0.0, 0.0, 45.0), alone)
    assert of(levelled, "gains") == pytest.approx(0.0, abs=1e-9)
    step = budget_of_step(StepReading(1.0, 0.0, 5.0, 45.0, baseline_nm=500.0, levelled=False), alone)
    assert of(step, "gains") == pytest.approx(500.0 * tilt, rel=0.01)


def test_a_velocity_knows_nothing_of_the_scale_of_heights(conditions) -> None:
    budget = budget_of_velocity(VelocityReading(1.0, 0.01, 20.0, 10, 90.0), conditions)
    assert of(budget, "slope scale") == of(budget, "gains") == of(budget, "working distance") == 0.0


def test_drift_reaches_a_velocity_as_through_a_fitted_line(conditions) -> None:
    reading = VelocityReading(1.0, 0.0, 0.0, 7, 60.0)
    there = dataclasses.replace(only(conditions), drift_sd_px=(0.0, 0.1))
    t = np.linspace(0.0, 60.0, 7)
    weights = np.linalg.pinv(np.column_stack([np.ones(7), t]))[1]
    assert of(budget_of_velocity(reading, there), "drift") == pytest.approx(0.1 * 4.0 * np.linalg.norm(weights))


def test_scatter_about_the_line_holds_the_drift_and_has_its_degrees_of_freedom(conditions) -> None:
    reading = VelocityReading(1.0, 0.02, 0.0, 7, 60.0, from_scatter=True)
    budget = budget_of_velocity(reading, dataclasses.replace(only(conditions), drift_sd_px=(0.1, 0.1)))
    assert of(budget, "drift") == 0.0
    assert budget.degrees_of_freedom == pytest.approx(5.0)
    assert budget.coverage_factor == pytest.approx(2.65, abs=0.01)


def test_growth_lies_on_its_datum(conditions) -> None:
    reading = GrowthReading(0.0, 0.0, 0.3, (1e-3, 2e-3), (100.0, 200.0))
    budget = budget_of_growth(reading, only(conditions))
    assert budget.u == pytest.approx(math.sqrt(0.3**2 + 0.1**2 + 0.4**2))


def test_conditions_come_from_a_store_with_frames_only(make_store) -> None:
    store = make_store(keep=("height", "height_sd", "slope", "slope_sd"))
    with pytest.raises(InputError, match="no frame was inverted"):
        conditions_of(store.path)
    store.grow(2)
    found = conditions_of(store.path, Declared(gain_u=0.5))
    raw = 1001 + np.arange(4 * store.rows * store.columns) % 500
    assert found.signal_adu == pytest.approx(raw.mean() - 1.0, rel=0.01)
    assert found.rows == store.rows and found.pixel_size_nm == (store.pixel_nm, store.pixel_nm)
    assert found.declared.gain_u == 0.5 and found.lambert_specimen


def test_a_walls_unknown_angle_is_a_line_of_its_own_and_assumed_unless_somebody_told_it(conditions) -> None:
    plain, open_, told = (
        budget_of_step(dataclasses.replace(StepReading(2.0, 0.02, 45.0, 0.0), **more), conditions)
        for more in ({}, {"wall_u_nm": 0.2}, {"wall_u_nm": 0.2, "wall_origin": "--wall 45:1"})
    )
    assert of(plain, "wall angle") == 0.0 and of(open_, "wall angle") == 0.2
    assert open_.u == pytest.approx(math.hypot(plain.u, 0.2)) and open_.random_u == plain.random_u
    assumed = [{line.source for line in budget.assumed} for budget in (plain, open_, told)]
    assert ["wall angle" in sources for sources in assumed] == [False, True, False]
    angle = budget_of_angle(AngleReading(45.0, 0.1, 0.0, wall_u_deg=6.0), conditions)
    assert of(angle, "wall angle") == 6.0
