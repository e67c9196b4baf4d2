"""The distilled simulator against the exact one, on surfaces and detectors that it was not tuned to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shading_walls import instrument, slopes, trenches

from eclips4d.core.errors import InputError
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.detector import segment_response
from eclips4d.physics.dsm.simulator import distilled_simulator
from eclips4d.physics.emission.choose import emission_law


def rms(inst, image, exact, where=slice(None)):
    """Over the mean signal of a flat spot."""
    flat = float(segment_response(inst).flat.mean())
    return float(np.sqrt(np.mean(((image - exact) / flat)[where] ** 2)))


@pytest.mark.parametrize("law", [None, "Cu"])
@pytest.mark.parametrize("relief", [(40.0, 4.0, 60.0), (60.0, 8.0, 32.0), (200.0, 16.0, 110.0)])
def test_trenches_within_a_percent_where_others_shade(relief, law):
    inst, shape = instrument(), (160, 192)
    height = trenches(shape, *relief)
    emission = emission_law(law, 10.0) if law else None
    exact = exact_simulator(inst, shape, law=emission)(height)
    alone = exact_simulator(inst, shape, law=emission, occlusion=False)(height)
    image = distilled_simulator(inst, shape, law=emission)(height, slopes(height))
    shaded = np.abs(alone - exact) > 1e-3 * exact.max()
    assert shaded.mean() > 0.02
    assert rms(inst, image, exact) < 0.01
    assert rms(inst, image, exact, shaded) < 0.2 * rms(inst, alone, exact, shaded)


def test_facets_that_nothing_shades_are_those_of_the_exact_simulator():
    inst, shape = instrument(offset_mm=(0.3, -0.2)), (24, 32)
    y, x = np.mgrid[: shape[0], : shape[1]] * 4.0
    for p, q in ((0.0, 0.0), (0.4, -0.2), (-1.1, 0.5), (2.0, 2.0)):
        plane = p * x + q * y
        exact = exact_simulator(inst, shape)(plane)
        image = distilled_simulator(inst, shape)(plane, slopes(plane))
        np.testing.assert_allclose(image[:, 4:-4, 4:-4], exact[:, 4:-4, 4:-4], atol=2e-3 * exact.mean())


def test_the_response_changes_over_a_large_field():
    inst, shape = instrument(pixel_nm=1000.0), (64, 64)
    flat = np.zeros(shape)
    exact = exact_simulator(inst, shape)(flat)
    assert np.ptp(exact[0]) > 0.005 * exact.mean()
    image = distilled_simulator(inst, shape)(flat, slopes(flat, (1000.0, 1000.0)))
    np.testing.assert_allclose(image, exact, atol=3e-4 * exact.mean())


@settings(max_examples=8, deadline=None)
@given(
    azimuth=st.floats(0.0, 90.0),
    segments=st.integers(3, 6),
    distance=st.floats(4.0, 12.0),
    outer_deg=st.floats(40.0, 58.0),
    seed=st.integers(0, 99),
)
def test_any_detector_without_training_anew(azimuth, segments, distance, outer_deg, seed):
    detector = {
        "distance_mm": distance,
        "inner_radius_mm": 0.2 * distance,
        "outer_radius_mm": float(np.tan(np.radians(outer_deg))) * distance,
        "azimuths_deg": tuple(azimuth + 360.0 / segments * k for k in range(segments)),
    }
    inst, shape = instrument(**detector), (64, 80)
    random = np.random.default_rng(seed)
    depth_nm, slope = random.uniform(20.0, 90.0), random.uniform(0.9, 2.0)
    relief = (depth_nm, depth_nm / (4.0 * slope), random.uniform(40.0, 60.0))
    height = trenches(shape, *relief, angle=random.uniform(0.0, 6.28))
    exact = exact_simulator(inst, shape)(height)
    assert rms(inst, distilled_simulator(inst, shape)(height, slopes(height)), exact) < 0.02


def test_pixels_need_not_be_square():
    inst, shape = instrument(pixel_nm=(4.0, 6.0)), (96, 96)
    height = trenches(shape, 60.0, 9.0, 36.0)
    exact = exact_simulator(inst, shape)(height)
    assert rms(inst, distilled_simulator(inst, shape)(height, slopes(height, (4.0, 6.0))), exact) < 0.01


def test_threads_change_no_bit():
    inst, shape = instrument(), (70, 90)
    height = trenches(shape, 60.0, 3.0, 30.0)
    one, three = (distilled_simulator(inst, shape, threads=n)(height, slopes(height)) for n in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_a_slope_that_is_no_number_spoils_no_other_pixel():
    inst, shape = instrument(), (40, 40)
    height = trenches(shape, 60.0, 3.0, 30.0)
    slope = slopes(height)
    clean = distilled_simulator(inst, shape)(height, slope)
    slope[:, 20, 20] = np.nan
    image = distilled_simulator(inst, shape)(height, slope)
    elsewhere = np.ones(shape, bool)
    elsewhere[20, 20] = False
    np.testing.assert_array_equal(image[:, elsewhere], clean[:, elsewhere])


def test_what_it_refuses():
    with pytest.raises(InputError, match="too few"):
        distilled_simulator(instrument(), (4, 40))
    with pytest.raises(InputError, match="not of"):
        distilled_simulator(instrument(), (16, 16))(np.zeros((16, 17)), np.zeros((2, 16, 17), np.float32))
