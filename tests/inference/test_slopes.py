"""The per-pixel inversion: exact where it must be, as good as counting allows elsewhere, never NaN."""

from functools import cache

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_frames import bumpy_slopes, clean_frame, make_calibration, make_instrument

from eclips4d.core.errors import InputError
from eclips4d.inference.closed_form import closed_form_slopes
from eclips4d.inference.floor import slope_floor
from eclips4d.inference.models import load_model
from eclips4d.physics.detector import kappa, segment_response


@cache
def model_of(segments: int):
    """One model per number of segments: preparing one takes longer than inverting many frames."""
    inst = make_instrument(azimuths_deg=tuple(360 / segments * k for k in range(segments)))
    return inst, load_model("analytic", inst)


@pytest.fixture
def bumpy():
    return bumpy_slopes()


DETECTORS = [
    {},
    {"azimuths_deg": (210, 90, 330)},
    {"azimuths_deg": (10, 80, 200, 265, 310), "openings_deg": (60, 50, 90, 40, 45), "gap_mm": 0.1},
    {"offset_mm": (0.5, -0.3)},
]


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("rotation", [0.0, 30.0])
def test_exact_for_any_segments_gains_offsets_and_yields(detector, rotation, bumpy):
    inst = make_instrument(rotation=rotation, **detector)
    n = inst.segments
    gain, offset = tuple(1 + 0.02 * k for k in range(n)), tuple(100.0 + 10 * k for k in range(n))
    yield_ = 0.7 + 0.3 * np.random.default_rng(0).random(bumpy.shape[1:])
    data = clean_frame(inst, bumpy, yield_, gain, offset, dose=30000)
    surface = load_model("analytic", inst)(data, make_calibration(inst, gain, offset))
    np.testing.assert_allclose(surface.slope, bumpy, atol=4e-4)  # rounding to whole adu
    assert (surface.trust > 90).mean() > 0.99  # yields that differ from pixel to pixel are told from brightness


def test_wedge_and_bump_pin_every_sign():
    """Rises to the right by 0.2 and downwards by 0.1; a bump stands in the image's upper left quarter."""
    size, d = 64, 4.0
    y, x = np.mgrid[0:size, 0:size] * d
    bump = 8.0 * np.exp(-((x - 60.0) ** 2 + (y - 80.0) ** 2) / (2 * 20.0**2))
    height = 0.2 * x + 0.1 * y + bump
    slope = np.stack([0.2 - (x - 60.0) / 400 * bump, 0.1 - (y - 80.0) / 400 * bump])
    inst = make_instrument(azimuths_deg=(0, 90, 180, 270))
    data = clean_frame(inst, slope)
    right, top, left, bottom = data.mean(axis=(1, 2))
    assert left > right and top > bottom  # the surface faces left and, rising downwards, the top of the screen
    surface = load_model("analytic", inst)(data, make_calibration(inst))
    np.testing.assert_allclose(surface.slope, slope, atol=5e-4)
    np.testing.assert_allclose(surface.height, height - height.mean(), atol=0.05)
    without_wedge = surface.height - 0.2 * x - 0.1 * y
    peak = np.unravel_index(without_wedge.argmax(), without_wedge.shape)
    assert np.hypot(peak[0] - 20, peak[1] - 15) < 1.5


def test_false_dome_of_a_large_field_is_computed_not_fitted():
    inst = make_instrument(pixel_nm=300.0)
    flat = np.zeros((2, 256, 300))
    data = clean_frame(inst, flat, dose=40000)
    surface = load_model("analytic", inst)(data, make_calibration(inst))
    assert np.abs(surface.slope).max() < 2e-4
    naive = (data[0] + data[3]).astype(float) / (data[1] + data[2])
    assert naive.max() - naive.min() > 0.005  # what a constant response would take for slope


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (0.3, 0.0), (0.35, 0.35)])
def test_noise_reaches_the_bound_on_tilted_surfaces_and_is_predicted(tilt):
    """Cramér-Rao bound from the Fisher information of the tilted pixel itself, with yield as a free nuisance."""
    inst = make_instrument(azimuths_deg=(0, 90, 180, 270))
    response = segment_response(inst)
    dose = 400.0
    mean = (response.flat - response.contrast @ np.array(tilt)) * dose / response.flat.mean()
    data = np.random.default_rng(1).poisson(mean[:, None, None], (4, 256, 256)).astype(np.uint16)
    surface = load_model("analytic", inst)(data, make_calibration(inst))
    u = dose / response.flat.mean()
    jacobian = np.column_stack([mean / u, -u * response.contrast])
    bound = np.diag(np.linalg.inv((jacobian / mean[:, None]).T @ jacobian))[1:]
    measured = surface.slope.reshape(2, -1).var(axis=1)
    np.testing.assert_allclose(np.sqrt(measured / bound), 1.0, atol=0.02)
    assert np.sqrt((surface.slope_sd**2).mean() / measured.mean()) == pytest.approx(1.0, abs=0.02)
    np.testing.assert_allclose(surface.slope.reshape(2, -1).mean(axis=1), tilt, atol=3e-3)
    assert (surface.residual**2).mean() == pytest.approx(1.0, abs=0.03)


def test_pair_ratio_is_reproduced_at_the_reference_point():
    """Reference: Sbar 188, p 0.2, kappa 0.523: sd 0.0980 by the bound."""
    inst = make_instrument(
        azimuths_deg=(0, 90, 180, 270), distance_mm=None, working_distance_mm=6.0, inner_radius_mm=None,
        outer_radius_mm=None, gap_mm=0.0,
    )  # fmt: skip
    response = segment_response(inst)
    mean = (response.flat - response.contrast @ np.array([0.2, 0.0])) * 188 / response.flat.mean()
    data = np.random.default_rng(2).poisson(mean[:, None, None], (4, 400, 400)).astype(np.uint16)
    found = load_model("analytic", inst)(data, make_calibration(inst)).slope[0]
    assert found.std() == pytest.approx(0.0980, rel=0.02)


def test_floor_formula_for_equal_segments():
    inst = make_instrument()
    sd = slope_floor(inst, 800.0, 1.2)
    np.testing.assert_allclose(sd, np.sqrt(2 * 1.2) / (kappa(inst) * np.sqrt(4 * 800.0)), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    n=st.integers(3, 6),
    kind=st.sampled_from(["uint8", "uint16"]),
    extreme=st.sampled_from(["random", "zero", "saturated", "checker", "dark"]),
)
def test_nothing_is_ever_nan_or_infinite(seed, n, kind, extreme):
    rng = np.random.default_rng(seed)
    top = np.iinfo(kind).max
    data = rng.integers(0, top, (n, 9, 13), endpoint=True).astype(kind)
    if extreme == "zero":
        data[:, 2:6] = 0
    elif extreme == "saturated":
        data[:, 2:6] = top
    elif extreme == "checker":
        data[rng.integers(n), ::2, ::2] = top
        data[rng.integers(n), 1::2, 1::2] = 0
    elif extreme == "dark":
        data = (data // 64).astype(kind)
    inst, model = model_of(n)
    surface = model(data, make_calibration(inst, offset=(top / 50,) * n))
    for name, plane in surface.planes().items():
        if not (name == "residual" and n == 3):
            assert np.isfinite(plane).all(), name
    assert np.isnan(surface.residual).all() == (n == 3)
    clipped = ((data == 0) | (data == top)).any(axis=0)
    assert (surface.trust[clipped] == 0).all()
    assert surface.trust.max() <= 100
    assert (surface.slope_sd > 0).all() and np.abs(surface.slope).max() <= 11


def test_a_saturated_segment_does_not_spoil_the_slope_of_the_others(bumpy):
    inst = make_instrument()
    data = clean_frame(inst, bumpy)
    data[1, 10:20, 10:20] = 65535
    surface = load_model("analytic", inst)(data, make_calibration(inst))
    np.testing.assert_allclose(surface.slope, bumpy, atol=2e-3)
    assert (surface.trust[10:20, 10:20] == 0).all()


def test_same_bits_every_time_and_from_a_fresh_model(bumpy):
    inst = make_instrument()
    data, calibration = clean_frame(inst, bumpy), make_calibration(inst)
    model = load_model("analytic", inst)
    first = {k: v.tobytes() for k, v in model(data, calibration).planes().items()}
    data.flags.writeable = False
    for again in (model, load_model("analytic", inst)):
        assert first == {k: v.tobytes() for k, v in again(data, calibration).planes().items()}


def test_a_frame_of_another_shape_is_refused(bumpy):
    inst = make_instrument()
    with pytest.raises(InputError, match="does not fit"):
        load_model("analytic", inst)(clean_frame(inst, bumpy)[:3], make_calibration(inst))


@pytest.mark.parametrize(("model", "engine"), [("median", "auto"), ("Live", "auto"), ("analytic", "abacus")])
def test_unknown_model_or_engine_says_what_there_is(model, engine):
    with pytest.raises(InputError, match=r"no model|no engine"):
        load_model(model, make_instrument(), engine)


def test_fingerprint_follows_the_instrument():
    one, other = (load_model("analytic", make_instrument(rotation=r)).fingerprint for r in (0.0, 1.0))
    assert one != other and one.startswith("analytic")


@pytest.mark.parametrize("level", [1, 500, 8000])
def test_a_segment_that_died_takes_all_trust_from_its_frame(level, bumpy):
    inst = make_instrument()
    model, calibration = load_model("analytic", inst), make_calibration(inst)
    data = clean_frame(inst, bumpy)
    assert (model(data, calibration).trust > 0).any()
    data[2] = level
    assert not model(data, calibration).trust.any()
    data[2, 5, 7] += 1  # one pixel differs: this is no longer the mark of a dead segment
    assert model(data, calibration).slope_sd.max() > 0


def test_a_pixel_without_any_signal_is_dark_and_not_trusted():
    instrument = make_instrument(azimuths_deg=(90, 210, 330))
    calibration = msgspec.structs.replace(make_calibration(instrument), noise_floor_adu2=(0.0,) * 3)
    raw = np.full((3, 8, 8), 4000, np.uint16)
    raw[:, 3, 4] = 0
    found = closed_form_slopes(instrument)(raw, calibration)
    assert found.brightness[3, 4] == 0.0 and found.trust[3, 4] == 0
    assert np.isfinite(found.slope).all() and np.isfinite(found.slope_sd).all() and np.isfinite(found.brightness).all()
