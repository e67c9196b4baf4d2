"""Means over frames against what they must be: identical frames, noise, missing pixels, planes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_layers import lattice_of, make_layer, riser_slopes

from eclips4d.metrology.stack import Layer, stack_layers
from eclips4d.metrology.stack.sums import WeightedSum

SHAPE = (48, 60)
LATTICE = lattice_of(SHAPE)
FLAT = np.zeros((2, *SHAPE))


def noisy(count, seed=0, **more):
    random = np.random.default_rng(seed)
    return [make_layer(random, FLAT, time_s=5.0 * k, **more) for k in range(count)]


def stack(layers):
    return stack_layers(layers[-1], layers[:-1], LATTICE)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 9), seed=st.integers(0, 1000), holes=st.booleans())
def test_the_mean_of_identical_frames_is_the_frame(count, seed, holes):
    (layer,) = noisy(1, seed)
    planes = {name: plane.copy() for name, plane in layer.planes.items()}
    if holes:
        for name in ("slope", "slope_sd", "height", "height_sd", "residual"):
            planes[name][..., :5, 7:] = np.nan
        planes["trust"][:5, 7:] = 0
    made = stack([Layer(5.0 * k, planes) for k in range(count)])
    for name in ("height", "slope", "residual", "trust"):
        np.testing.assert_allclose(made.planes[name], planes[name].astype(np.float32), rtol=2e-6, atol=1e-6)
    for name in ("slope_sd", "height_sd"):
        np.testing.assert_allclose(made.planes[name], planes[name].astype(np.float32) / np.sqrt(count), rtol=1e-6)
    assert (made.count == np.where(np.isfinite(planes["height"]), count, 0)).all()


@pytest.mark.parametrize("count", [4, 16])
def test_noise_falls_as_the_root_of_the_number_and_is_stated_so(count):
    made = stack(noisy(count, height_sd=0.5, datum=(0.0, 0.0, 0.0)))
    for name, single in (("slope", 0.1), ("height", 0.5)):
        stated = float(np.median(made.planes[f"{name}_sd"]))
        assert stated == pytest.approx(single / np.sqrt(count), rel=1e-3)
        assert made.planes[name].std() == pytest.approx(stated, rel=0.05)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(2, 7), seed=st.integers(0, 1000))
def test_it_is_what_brute_force_gives(count, seed):
    random = np.random.default_rng(seed)
    layers = []
    for k in range(count):
        layer = make_layer(random, FLAT, 0.05 * 2.0 ** random.integers(0, 4), datum=(0.0, 0.0, 0.0), time_s=5.0 * k)
        hole = random.random(SHAPE) < 0.2
        for name in ("slope", "slope_sd", "height", "height_sd", "residual"):
            layer.planes[name][..., hole] = np.nan
        layers.append(layer)
    made = stack(layers)
    weights = [np.nan_to_num(layer.planes["slope_sd"].astype(float) ** -2.0) for layer in layers]
    total = np.sum(weights, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.nansum([w * layer.planes["slope"] for w, layer in zip(weights, layers, strict=True)], axis=0) / total
        sd = np.where(total > 0, total, np.nan) ** -0.5
    np.testing.assert_allclose(made.planes["slope"], slope, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(made.planes["slope_sd"], sd, rtol=1e-5)
    assert (made.count == np.sum([w > 0 for w in weights], axis=0)).all()


def test_the_order_of_the_earlier_frames_does_not_matter_for_the_mean():
    layers = noisy(7)
    there, back = stack(layers), stack([*layers[-2::-1], layers[-1]])
    for name, plane in there.planes.items():
        np.testing.assert_allclose(plane, back.planes[name], rtol=1e-5, atol=1e-6)


def test_better_frames_weigh_more():
    random = np.random.default_rng(3)
    layers = [make_layer(random, FLAT, sd, datum=(0.0, 0.0, 0.0)) for sd in (1.0, 1.0, 1.0, 0.1)]
    made = stack(layers)
    assert np.median(made.planes["slope_sd"]) == pytest.approx((3 + 100) ** -0.5, rel=2e-3)
    assert made.planes["slope"].std() == pytest.approx(0.0985, rel=0.05)


def test_weights_are_inverse_variances_of_what_was_seen():
    sd = np.full(SHAPE, 0.1, np.float32)
    sd[20, 20], sd[21, 21], sd[22, 22] = 10.0, 0.0, np.inf
    slope = np.ones((2, *SHAPE), np.float32)
    slope[1, 23, 23] = np.nan
    total = WeightedSum.zero(slope.shape)
    seen = total.add(slope, sd)
    assert total.weight[20, 20] == pytest.approx(1e-2) and total.weight[30, 30] == pytest.approx(100, rel=1e-6)
    assert not seen[[21, 22, 23], [21, 22, 23]].any() and seen.sum() == sd.size - 3
    assert np.isnan(total.mean()[:, 21, 21]).all() and np.isnan(total.mean_variance()[22, 22])
    np.testing.assert_array_equal(total.mean()[:, seen], 1.0)
    assert WeightedSum.zero(slope.shape).add(slope, None).sum() == sd.size - 1


def test_borders_are_filled_by_the_frames_that_saw_them():
    layers = noisy(4)
    for name in ("slope", "slope_sd", "height", "height_sd", "residual"):
        layers[-1].planes[name][..., :10] = np.nan
        for layer in layers:
            layer.planes[name][..., :3, :] = np.nan
    made = stack(layers)
    assert np.isnan(made.planes["height"][:3]).all() and np.isnan(made.planes["slope_sd"][:3]).all()
    assert np.isfinite(made.planes["height"][3:]).all() and np.isfinite(made.planes["slope"][:, 3:]).all()
    assert (made.count[3:, :10] == 3).all() and (made.count[3:, 10:] == 4).all() and not made.count[:3].any()
    ratio = made.planes["slope_sd"][10, 2] / made.planes["slope_sd"][10, 40]
    assert ratio == pytest.approx(np.sqrt(4 / 3), rel=0.02)


def test_planes_that_the_datum_tells_are_taken_off_and_the_newest_kept():
    y, x = LATTICE.y[:, None], LATTICE.x[None, :]
    step = np.where(x < 0, 0.0, 10.0) + 0 * y
    planes = np.array([[5.0, 0.01, 0.0], [-3.0, 0.0, 0.02], [1.0, -0.01, 0.01]])
    random = np.random.default_rng(1)
    layers = [
        make_layer(random, FLAT, height=step + LATTICE.plane(plane), height_sd=0.01, datum=tuple(plane))
        for plane in planes
    ]
    height = stack(layers).planes["height"]
    np.testing.assert_allclose(height, step + LATTICE.plane(planes[-1]), atol=0.05)


def test_where_no_datum_tells_planes_are_fitted():
    random = np.random.default_rng(2)
    surface = random.normal(0, 3, SHAPE)
    planes = [np.array([40.0, 0.05, -0.03]), np.array([-20.0, 0.0, 0.1]), np.zeros(3)]
    layers = [make_layer(random, FLAT, height=surface + LATTICE.plane(plane), height_sd=0.1) for plane in planes]
    layers[0].planes["height"][:, :20] = np.nan
    height = stack(layers).planes["height"]
    assert np.abs(height - surface).std() < 0.1


def test_a_frame_without_a_pixel_in_common_adds_no_height():
    layers = noisy(2)
    layers[0].planes["height"][:, 30:] = np.nan
    layers[1].planes["height"][:, :30] = np.nan
    made = stack(layers)
    assert np.isnan(made.planes["height"][:, :30]).all()
    np.testing.assert_array_equal(made.planes["height"][:, 30:], layers[1].planes["height"][:, 30:])


def test_a_long_run_leaves_no_trace():
    """Numbers that were enormous once are gone when their frame is."""
    layers = noisy(6)
    layers[0].planes["height"][:] = 1e30
    whole, rest = stack(layers[1:]), stack(layers[1:])
    np.testing.assert_array_equal(whole.planes["height"], rest.planes["height"])
    assert np.abs(whole.planes["height"]).max() < 10


def test_only_what_is_there_is_averaged():
    layers = [Layer(0.0, {"height": plane.planes["height"]}) for plane in noisy(3)]
    made = stack(layers)
    assert set(made.planes) == {"height"} and (made.count == 3).all()
    assert np.isnan(made.motion.share) and not made.motion.blurred
    assert set(stack([Layer(0.0, {"trust": plane.planes["trust"]}) for plane in noisy(3)]).planes) == {"trust"}


def test_one_frame_or_two_halves():
    assert np.isnan(stack(noisy(1)).motion.share)
    assert np.isfinite(stack(noisy(2)).motion.share)
    assert riser_slopes(SHAPE, np.array([10.0])).shape == (2, *SHAPE)
