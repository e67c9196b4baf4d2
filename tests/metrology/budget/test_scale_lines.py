"""What stretches all slopes alike."""

from __future__ import annotations

import math

import pytest

from eclips4d.core.gas_dilution import GasDilution
from eclips4d.metrology.budget import Declared
from eclips4d.metrology.budget.scale_lines import contrast_per_mm, contrast_u, emission_law, gas, slope_scale

NARROW = """
[beam]
energy_kev = 10
[scan]
pixel_size_nm = 4
[detector]
distance_mm = 6
inner_radius_mm = {inner}
outer_radius_mm = {outer}
azimuths_deg = [45, 135, 225, 315]
"""
ARTEFACT = """
[calibration]
artefact = "sphere:500"
tilt_deg = [0, 60]
kappa = [0.5, 0.45]
kappa_u = [0.002, 0.002]
scale_u = 0.004
[calibration.valid]
distance_mm = {distance}
"""


@pytest.mark.parametrize("radius", [2.0, 6.0, 10.0])
def test_distance_changes_the_contrast_as_the_take_off_angle_says(make_conditions, radius) -> None:
    # A narrow ring: d kappa/kappa = d theta · 2/sin 2 theta, with tan theta = r/H.
    conditions = make_conditions(NARROW.format(inner=radius, outer=radius + 0.01))
    theta = math.atan(radius / 6.0)
    per_mm = -math.sin(theta) * math.cos(theta) / 6.0
    assert contrast_per_mm(conditions) == pytest.approx(per_mm * 2.0 / math.sin(2.0 * theta), rel=2e-3)


def test_an_unknown_law_of_emission_outweighs_the_geometry_and_is_said_to_be_assumed(make_conditions) -> None:
    line = emission_law(make_conditions(), 10.0)
    assert line.assumed and line.of_result == pytest.approx(10.0 * 0.5 / math.sqrt(3.0))


def test_neither_a_simulated_specimen_nor_an_artefact_leaves_the_law_open(make_conditions) -> None:
    toml = NARROW.format(inner=2.0, outer=7.0) + ARTEFACT.format(distance=6.0)
    assert emission_law(make_conditions(lambert_specimen=True), 10.0).of_result == 0.0
    assert emission_law(make_conditions(toml), 10.0).of_result == 0.0


def test_an_artefact_seen_from_elsewhere_does_not_hold(make_conditions) -> None:
    toml = NARROW.format(inner=2.0, outer=7.0) + ARTEFACT.format(distance=8.0)
    conditions = make_conditions(toml, {"kappa_u": 0.2})
    assert contrast_u(conditions) == pytest.approx(math.hypot(0.004, 0.1))
    assert emission_law(conditions, 10.0).assumed


def test_the_slope_scale_is_what_the_store_says_less_the_dark_level(make_conditions) -> None:
    assert slope_scale(make_conditions(), 10.0).of_result == pytest.approx(0.1)
    estimated = {"offset_estimated": True, "offset_source": "noise", "kappa_u": 0.05}
    assert slope_scale(make_conditions(calibration=estimated), 10.0).of_result == pytest.approx(0.1)


def test_a_gas_that_the_calibration_knows_leaves_its_gauge_and_its_coefficient(make_conditions) -> None:
    known = GasDilution(per_unit=(("pressure_h2", 1e-3),))
    declared = Declared(pressure_u=0.1, scattering_u=0.2)
    conditions = make_conditions(calibration={"gas": known}, side={"pressure_h2": 100.0}, declared=declared)
    assert gas(conditions, 10.0).of_result == pytest.approx(10.0 * 0.1 * math.hypot(0.1, 0.2))


def test_a_coefficient_does_not_matter_in_the_gas_of_the_artefact(make_conditions) -> None:
    known = GasDilution(per_unit=(("pressure_h2", 1e-3),), at=(("pressure_h2", 100.0),))
    declared = Declared(pressure_u=0.0, scattering_u=0.2)
    conditions = make_conditions(calibration={"gas": known}, side={"pressure_h2": 100.0}, declared=declared)
    assert gas(conditions, 10.0).of_result == pytest.approx(0.0, abs=1e-9)


def test_a_gas_that_the_calibration_does_not_know_counts_whole(make_conditions) -> None:
    one, two = (gas(make_conditions(side={"pressure_o2": p}), 10.0) for p in (100.0, 200.0))
    assert one.of_result > 0.0 and one.assumed
    assert two.of_result == pytest.approx(2.0 * one.of_result)
    assert gas(make_conditions(), 10.0).of_result == 0.0
