"""Motion, dose and interaction volume, and how a plan scales."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.materials import MATERIALS
from eclips4d.physics.emission.spread import Spread
from eclips4d.physics.limits.dose import backscatter_yield, beam_electrons, charge_c_cm2, fluence_nm2
from eclips4d.physics.limits.edge_motion import edge_position_sd, fastest_velocity, velocity_sd
from eclips4d.physics.limits.interaction import half_radius_nm, share_within
from eclips4d.physics.limits.plan import electrons_to_beam, make_plan
from eclips4d.physics.limits.series import Series


def series(**said) -> Series:
    instrument = Instrument.model_validate(
        {
            "beam": {"energy_kev": 10},
            "scan": {"pixel_size_nm": 2.0},
            "detector": {
                "distance_mm": 6.0,
                "inner_radius_mm": 1.5,
                "outer_radius_mm": 5.4,
                "azimuths_deg": (45, 135, 225, 315),
            },
        }
    )
    usual = {"instrument": instrument, "law": lambert_law(), "material": "Cu", "shape": (128, 128)}
    usual |= {"beam_electrons": 62415.0, "frame_s": 2.0, "frames": 8}
    usual |= {"line_nm": 64.0, "edge_nm": 6.0, "step_nm": 1.0, "facet_nm": 40.0}
    return Series(**(usual | said))


@pytest.mark.parametrize(
    ("element", "energy", "heinrich"),
    [
        ("Cu", 10, 0.318),
        ("Cu", 20, 0.309),
        ("Cu", 30, 0.306),
        ("Si", 10, 0.174),
        ("Au", 20, 0.506),
        ("steel", 20, 0.287),
    ],
)
def test_backscatter_yield_is_near_heinrichs_values(element, energy, heinrich):
    assert backscatter_yield(MATERIALS[element], energy) == pytest.approx(heinrich, rel=0.06)


def test_one_nanoampere_for_a_microsecond():
    assert beam_electrons(1.0, 1.0) == pytest.approx(6241.5, rel=1e-5)
    per_nm2 = fluence_nm2(beam_electrons(1.0, 1.0), (10.0, 10.0))
    assert charge_c_cm2(per_nm2) == pytest.approx(1e-15 / 1e-12)  # 1 fC on (10 nm)² = 1e-12 cm²


def test_edge_place_reaches_the_bound_of_its_pixels():
    """Against the Fisher information summed over pixel means of a Gaussian edge, differentiated numerically."""
    slope_sd, pixel, step, edge, lines = 0.05, 2.0, 3.0, 8.0, 20.0
    sigma = edge / 2.5631031310892007
    borders = (np.arange(-40, 41) - 0.3) * pixel

    def slope(place):
        rise = np.array([math.erf((b - place) / (sigma * math.sqrt(2.0))) / 2.0 for b in borders])
        return np.diff(rise) * step / pixel

    change = (slope(1e-4) - slope(-1e-4)) / 2e-4
    bound = slope_sd / math.sqrt(lines * (change**2).sum())
    assert edge_position_sd(slope_sd, pixel, step, edge, lines) == pytest.approx(bound, rel=0.02)


def test_velocity_is_the_slope_of_a_straight_line():
    random, frames, frame_s, sd = np.random.default_rng(0), 7, 3.0, 0.4
    t = np.arange(frames) * frame_s
    fitted = np.polyfit(t, random.standard_normal((frames, 20_000)) * sd, 1)[0]
    assert velocity_sd(sd, frames, frame_s) == pytest.approx(fitted.std(), rel=0.03)
    assert velocity_sd(sd, 1, frame_s) == math.inf


def test_a_train_at_half_a_spacing_per_frame_cannot_be_told_from_its_mirror():
    spacing, frame_s = 40.0, 4.0
    v = fastest_velocity(spacing, frame_s)
    assert (v * frame_s) % spacing == pytest.approx((-v * frame_s) % spacing)


def test_shares_of_two_gaussians():
    spread = Spread(core_nm=2.0, core_share=0.3, skirt_nm=50.0)
    assert share_within(spread, 0.0) == 0.0
    assert share_within(spread, 1e4) == pytest.approx(1.0)
    assert share_within(spread, half_radius_nm(spread)) == pytest.approx(0.5)
    r = np.linspace(0.0, 400.0, 40_001)
    core = np.exp(-(r**2) / 8.0) / (2.0 * np.pi * 4.0)
    skirt = np.exp(-(r**2) / 5000.0) / (2.0 * np.pi * 2500.0)
    density = 2.0 * np.pi * r * (0.3 * core + 0.7 * skirt)
    inside = r <= 20.0
    assert share_within(spread, 20.0) == pytest.approx(np.trapezoid(density[inside], r[inside]), rel=1e-3)


@settings(max_examples=5, deadline=None)
@given(more=st.floats(1.5, 50.0))
def test_every_random_limit_falls_with_the_root_of_the_dose(more):
    few, many = make_plan(series()), make_plan(series(beam_electrons=62415.0 * more))
    for name in ("slope_sd", "height_sd_nm", "smallest_step_nm", "facet_random_deg", "smallest_velocity_nm_s"):
        assert getattr(few, name) / getattr(many, name) == pytest.approx(math.sqrt(more))
    assert few.facet_scale_deg == many.facet_scale_deg
    assert many.fluence_total_nm2 == pytest.approx(more * few.fluence_total_nm2)


def test_excess_noise_and_gas_cost_what_they_should():
    clean = make_plan(series())
    assert make_plan(series(excess_noise=4.0)).height_sd_nm == pytest.approx(2.0 * clean.height_sd_nm)
    thin = make_plan(series(gas_share=0.2))
    assert thin.kappa == pytest.approx(0.8 * clean.kappa)
    assert thin.smallest_step_nm == pytest.approx(clean.smallest_step_nm / 0.8)
    assert thin.facet_random_deg == pytest.approx(clean.facet_random_deg / 0.8)


def test_at_one_fluence_height_noise_does_not_depend_on_the_pixel():
    """Slope noise grows as 1/pixel, height as slope times pixel; only the logarithm of the field is left."""
    fine = series(shape=(256, 256))
    coarse_scan = fine.instrument.scan.model_copy(update={"pixel_size_nm": (4.0, 4.0)})
    coarse = replace(
        fine,
        instrument=fine.instrument.model_copy(update={"scan": coarse_scan}),
        beam_electrons=4.0 * fine.beam_electrons,
        shape=(128, 128),
    )
    ratio = make_plan(coarse).height_sd_nm / make_plan(fine).height_sd_nm
    assert 0.85 < ratio < 1.0


def test_dose_by_electrons_or_by_current_is_the_same():
    by_current = series()
    counted = make_plan(by_current).electrons_per_pixel
    assert electrons_to_beam(lambert_law(), "Cu", by_current.instrument, counted) == pytest.approx(62415.0)


def test_the_scale_is_the_artefacts_or_what_is_not_known():
    known = make_plan(series(scale_u=0.013))
    assert known.scale_calibrated
    assert known.scale_u == 0.013
    assert known.facet_scale_deg == pytest.approx(math.degrees(0.5 * 0.013))
    guessed = make_plan(series(distance_u_mm=0.5))
    assert not guessed.scale_calibrated
    # d(kappa)/kappa is about −d(distance)/distance for a fixed detector, weakened by solid angle
    assert 0.03 < guessed.scale_distance_u < 0.5 / 6.0


def test_an_edge_worse_along_one_axis_counts():
    square = make_plan(series())
    scan = series().instrument.scan.model_copy(update={"pixel_size_nm": (2.0, 4.0)})
    oblong = series(instrument=series().instrument.model_copy(update={"scan": scan}), edge_nm=12.0)
    assert make_plan(oblong).smallest_step_nm > square.smallest_step_nm


def test_a_facet_that_no_segment_sees_is_refused():
    with pytest.raises(InputError, match="sees nothing of a facet of 88°"):
        make_plan(series(facet_deg=88.0))
