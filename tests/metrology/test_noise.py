import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.results import Drift, Surface
from eclips4d.inference.integrate import integrate
from eclips4d.metrology.noise import difference_sd, height_sd_of, mean_slope_sd, riser_sd, white_share
from eclips4d.registration.resample import resample

SD = 0.05


def white(rng, shape):
    return rng.normal(0.0, SD, (2, *shape)).astype(np.float32)


def plateaus(rows, width, gap):
    weights = np.zeros((rows, 2 * width + gap))
    weights[:, :width], weights[:, -width:] = -1.0 / (rows * width), 1.0 / (rows * width)
    return weights


@pytest.mark.parametrize(("rows", "width", "gap", "pixel"), [(8, 10, 4, (4.0, 4.0)), (24, 6, 12, (2.0, 3.0))])
def test_the_noise_of_a_plateau_difference_is_that_of_integrated_white_slopes(rows, width, gap, pixel):
    rng, found = np.random.default_rng(3), []
    weights = plateaus(rows, width, gap)
    for _ in range(200):
        # In the middle, because heights near the image's border are held by fewer slopes.
        height = integrate(white(rng, (160, 160)), pixel)[68 : 68 + rows, 68 : 68 + weights.shape[1]]
        found.append((weights * height).sum())
    assert np.std(found) == pytest.approx(height_sd_of(weights, SD, pixel), rel=0.12)


def test_the_closed_form_of_a_difference_is_that_of_the_spectrum():
    for distance in (2, 5, 20, 60):
        weights = np.zeros((1, distance + 1))
        weights[0, 0], weights[0, -1] = 1.0, -1.0
        assert difference_sd(distance, SD, 4.0) == pytest.approx(height_sd_of(weights, SD, (4.0, 4.0)), rel=0.025)


def test_the_difference_of_two_heights_errs_as_told():
    rng, found = np.random.default_rng(5), []
    for _ in range(60):
        height = integrate(white(rng, (128, 128)), (4.0, 4.0))
        found.append((height[40:88:8, 44] - height[40:88:8, 84]).ravel())
    assert np.std(found) == pytest.approx(difference_sd(40, SD, 4.0), rel=0.1)


def test_heights_without_a_difference_have_no_uncertainty():
    with pytest.raises(ValueError, match="add up to zero"):
        height_sd_of(np.ones((3, 3)), SD, (1.0, 1.0))


def test_shared_noise_makes_a_mean_as_uncertain_as_the_pixels_that_share_it():
    rng = np.random.default_rng(7)
    shared = np.kron(rng.normal(0.0, SD, (400, 16, 16)), np.ones((1, 3, 3)))
    told = mean_slope_sd(np.full((48, 48), SD), np.ones((48, 48)), correlation_px=9.0)
    assert shared.mean(axis=(1, 2)).std() == pytest.approx(told, rel=0.1)


@given(
    sds=st.lists(st.floats(0.01, 1.0), min_size=2, max_size=20),
    correlation=st.floats(1.0, 1000.0),
    seed=st.integers(0, 1000),
)
def test_sharing_never_makes_a_mean_worse_than_its_members(sds, correlation, seed):
    weights = np.random.default_rng(seed).uniform(0.1, 1.0, len(sds))
    alone, told = mean_slope_sd(np.array(sds), weights), mean_slope_sd(np.array(sds), weights, correlation)
    assert alone * (1 - 1e-9) <= told <= max(sds) * (1 + 1e-9)
    assert mean_slope_sd(np.array(sds), 3.0 * weights, correlation) == pytest.approx(told)


def test_pixels_without_weight_do_not_count():
    assert mean_slope_sd(np.array([0.1, np.nan]), np.array([1.0, 0.0])) == pytest.approx(0.1)
    assert np.isnan(mean_slope_sd(np.array([np.nan]), np.array([0.0])))


@pytest.mark.parametrize("start", [(0.5, 0.5), (3.0, -2.0), (1.3, -0.2)])
def test_a_mean_of_moved_pixels_keeps_the_noise_it_had(start):
    rng, shape, drift, means = np.random.default_rng(9), (64, 64), Drift(start, (0.3, 0.2)), []
    flat = np.zeros(shape, np.float32)
    for _ in range(60):
        found = resample(
            Surface(white(rng, shape), np.full(shape, SD, np.float32), flat, flat, flat, np.zeros(shape, np.uint8)),
            drift,
        )
        means += [found.slope[:, 10:30, 10:30].mean(axis=(1, 2)), found.slope[:, 34:54, 34:54].mean(axis=(1, 2))]
    before = found.slope_sd[10:30, 10:30] / white_share(drift, 64)[10:30, None]
    assert before == pytest.approx(np.full((20, 20), SD), rel=1e-3)
    assert np.std(means) == pytest.approx(mean_slope_sd(before, np.ones(before.shape)), rel=0.12)


def test_a_riser_of_known_ends_errs_as_the_sum_of_its_slopes():
    rng = np.random.default_rng(11)
    sums = 4.0 * rng.normal(0.0, SD, (4000, 20, 5)).mean(axis=1).sum(axis=1)
    assert sums.std() == pytest.approx(riser_sd(20.0, 80.0, SD, 4.0), rel=0.05)
