"""Noise limits against closed forms, the inversion's own floor, and noise sent through the real integration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.core.instrument import Instrument
from eclips4d.inference.floor import slope_floor
from eclips4d.inference.integrate import integrate
from eclips4d.physics.detector import kappa
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.limits.facet_noise import angle_sd_deg, facet_signals_by, scale_error_deg, slope_covariance
from eclips4d.physics.limits.integration_noise import height_sd, mode_variance, step_sd


def instrument(**detector) -> Instrument:
    given_ = {"distance_mm": 6.0, "inner_radius_mm": 1.5, "outer_radius_mm": 5.4, "gap_mm": 0.3}
    given_ |= {"azimuths_deg": (45, 135, 225, 315)} | detector
    return Instrument.model_validate({"beam": {"energy_kev": 10}, "scan": {"pixel_size_nm": 2.0}, "detector": given_})


DETECTORS = {
    "four": {},
    "three": {"azimuths_deg": (210, 90, 330)},
    "five off axis": {"azimuths_deg": (0, 72, 144, 216, 288), "offset_mm": (0.5, -0.3)},
}


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_level_slope_noise_is_the_floor_of_the_inversion(detector):
    inst = instrument(**detector)
    found = np.sqrt(np.diag(slope_covariance(facet_signals_by(lambert_law(), inst), 300.0, 1.4)))
    assert found == pytest.approx(slope_floor(inst, 300.0, 1.4), rel=1e-3)


def test_level_slope_noise_is_the_closed_form():
    inst = instrument()
    signals = facet_signals_by(lambert_law(), inst)
    assert signals.kappa() == pytest.approx(kappa(inst), rel=1e-4)
    found = slope_covariance(signals, 250.0, 1.5)
    assert found[0, 0] == pytest.approx(2.0 * 1.5 / (kappa(inst) ** 2 * 4 * 250.0), rel=1e-3)


def test_slope_along_a_quadrant_axis_is_better_known_when_steep():
    """var(p) = (1 − kappa²p²)/(2·kappa²·S), S the signal of the level segments (physics of pairs of quadrants)."""
    inst = instrument(azimuths_deg=(0, 90, 180, 270))
    signals, p, electrons = facet_signals_by(lambert_law(), inst), 0.5, 400.0
    k = kappa(inst)
    dimmed = electrons / np.sqrt(1.0 + p**2)
    found = slope_covariance(signals, electrons, 1.0, (p, 0.0))
    # the other pair tells the yield too, so a little better than the pair alone
    pair = (1.0 - (k * p) ** 2) / (2.0 * k**2 * dimmed)
    assert 0.85 * pair < found[0, 0] <= pair * 1.001


def test_simulated_counts_of_a_facet_scatter_as_predicted():
    inst, slope = instrument(), (0.55, 0.25)
    signals = facet_signals_by(lambert_law(), inst)
    mean = signals(slope) / signals((0.0, 0.0)).mean() * 2000.0
    counts = np.random.default_rng(1).poisson(mean, (40_000, 4))
    design = np.column_stack([signals((0.0, 0.0)), signals.derivative((0.0, 0.0))])
    weight = 1.0 / mean
    solved = np.linalg.solve((design.T * weight) @ design, (design.T * weight) @ counts.T)
    read = solved[1:] / solved[0]
    predicted = slope_covariance(signals, 2000.0, 1.0, slope)
    assert np.cov(read) == pytest.approx(predicted, rel=0.05, abs=0.05 * predicted[0, 0])


def test_angle_noise_of_a_level_facet_is_that_of_the_slope():
    signals = facet_signals_by(lambert_law(), instrument())
    level = np.degrees(np.sqrt(slope_covariance(signals, 100.0)[0, 0]))
    assert angle_sd_deg(signals, 100.0, 1.0, 0.0, 0.0) == pytest.approx(level)


def test_scale_error_is_the_derivative_of_the_angle():
    for angle in (5.0, 22.0, 45.0, 60.0):
        rise = np.tan(np.radians(angle))
        moved = np.degrees(np.arctan(rise * 1.0001)) - angle
        assert scale_error_deg(angle, 1e-4) == pytest.approx(moved, rel=1e-3)


def test_height_noise_reproduces_the_known_constants():
    """sqrt(ln(N)/2π + 0.326) for slopes on the borders; pixel-mean slopes carry less of the highest frequencies."""
    for size, constant in ((256, 1.10), (512, 1.15), (1024, 1.20)):
        found = height_sd(mode_variance((size, size), (1.0, 1.0), (1.0, 1.0)), levelled=False)
        assert 0.93 * constant < found < constant


def test_integrated_noise_is_as_predicted():
    random, shape, pixel, sd = np.random.default_rng(2), (96, 128), (2.0, 2.5), (0.03, 0.05)
    squares, levelled = [], []
    y, x = np.mgrid[: shape[0], : shape[1]]
    plane = np.column_stack([np.ones(x.size), x.ravel(), y.ravel()])
    for _ in range(60):
        noise = random.standard_normal((2, *shape)) * np.array(sd)[:, None, None]
        height = integrate(noise.astype(np.float32), pixel).astype(float).ravel()
        squares.append((height**2).mean())
        levelled.append(((height - plane @ np.linalg.lstsq(plane, height, rcond=None)[0]) ** 2).mean())
    variance = mode_variance(shape, pixel, sd)
    assert np.sqrt(np.mean(squares)) == pytest.approx(height_sd(variance, levelled=False), rel=0.06)
    assert np.sqrt(np.mean(levelled)) == pytest.approx(height_sd(variance, levelled=True), rel=0.04)


def test_integrated_steps_scatter_as_predicted():
    random, shape, across, along = np.random.default_rng(3), (64, 96), 7, 24
    left, top = (shape[1] - across) // 2, (shape[0] - along) // 2
    found = []
    for _ in range(400):
        noise = random.standard_normal((2, *shape), dtype=np.float32)
        line = integrate(noise, (1.0, 1.0))[top : top + along].mean(axis=0)
        found.append(line[left + across] - line[left])
    predicted = step_sd(mode_variance(shape, (1.0, 1.0), (1.0, 1.0)), across, along)
    assert np.std(found) == pytest.approx(predicted, rel=0.12)


@settings(max_examples=30, deadline=None)
@given(across=st.integers(2, 12), along=st.integers(32, 128))
def test_a_long_step_obeys_the_law_of_the_random_walk(across, along):
    """s·d·sqrt(w/L) is never exceeded, and reached where lines run from edge to edge but for the border weights."""
    variance = mode_variance((128, 128), (1.0, 1.0), (1.0, 1.0))
    law = np.sqrt(across / along)
    found = step_sd(variance, across, along)
    assert found <= law
    if along == 128:
        assert found == pytest.approx(law, rel=0.5 / across)
    assert step_sd(variance, across, along) == pytest.approx(step_sd(variance.T, across, along))


def test_the_table_of_directions_gives_what_the_quadrature_gives():
    """Electrodes without a voltage bend nothing, but send the detector through the table of directions."""
    plain = instrument()
    wired = Instrument.model_validate(plain.model_dump(exclude_none=True) | {"electrodes": {"detector_v": 0.0}})
    slope = (0.4, -0.2)
    by_table, by_quadrature = (facet_signals_by(lambert_law(), inst) for inst in (wired, plain))
    assert by_table(slope) == pytest.approx(by_quadrature(slope), rel=2e-3)
    assert by_table.kappa() == pytest.approx(by_quadrature.kappa(), rel=2e-3)
