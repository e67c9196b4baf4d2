"""Stencils against differences of arrays and their own transposes; border means and weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.pipeline.bench.networks.integration import borders, stencils
from eclips4d.pipeline.bench.networks.integration.slopes import Slopes

SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 7))


@settings(deadline=None)
@given(SHAPES, st.integers(0, 1000))
def test_stencils_and_their_transposes(shape, seed):
    random = np.random.default_rng(seed)
    height, values, pixel = random.standard_normal(shape), random.standard_normal((2, *shape)), (2.0, 3.0)
    steps = stencils.steps(height, pixel)
    np.testing.assert_allclose(steps[0, :, :-1], np.diff(height, axis=1) / 2.0)
    np.testing.assert_allclose(steps[1, :-1], np.diff(height, axis=0) / 3.0)
    assert not steps[0, :, -1].any()
    assert not steps[1, -1].any()
    assert np.vdot(steps, values) == pytest.approx(np.vdot(height, stencils.gathered(values, pixel)))
    np.testing.assert_allclose(
        stencils.weighted_laplacian(height, values, pixel), stencils.gathered(values * steps, pixel), atol=1e-12
    )
    bends, four = stencils.bends(values), random.standard_normal((4, *shape))
    np.testing.assert_allclose(bends[0, :, :-2], np.diff(values[0, :, :-1], axis=1))
    np.testing.assert_allclose(bends[3, :-2], np.diff(values[1, :-1], axis=0))
    np.testing.assert_allclose(bends[1, :-1, :-1], np.diff(values[0], axis=0)[:, :-1])
    np.testing.assert_allclose(bends[2, :-1, :-1], np.diff(values[1], axis=1)[:-1])
    assert np.vdot(bends, four) == pytest.approx(np.vdot(values, stencils.bends_gathered(four)))


def test_poisson_undoes_the_laplacian():
    height = np.random.default_rng(0).standard_normal((9, 12))
    source = stencils.weighted_laplacian(height, np.ones((2, 9, 12)), (2.0, 3.0))
    found = borders.poisson(source, borders.inverse_eigenvalues((9, 12), (2.0, 3.0)))
    np.testing.assert_allclose(found, height - height.mean(), atol=1e-12)


def test_border_slopes_are_exact_for_pixel_means_of_cubics():
    edges = np.arange(13.0)

    def steps_of(power):
        mean = np.diff(edges ** (power + 1)) / (power + 1)
        return np.diff(mean), np.diff(edges**power)

    for power in (1, 2, 3):
        step, slope = steps_of(power)
        given_slopes = Slopes(np.stack([np.tile(slope, (5, 1))] * 2), np.ones((5, 12)), np.ones((5, 12), dtype=bool))
        target, _ = borders.measured(given_slopes, "border")
        np.testing.assert_allclose(target[0, :, 1:-2], np.tile(step[1:-1], (5, 1)))


def test_weights_follow_the_variance_and_end_at_gaps():
    sd = np.array([[1.0, 2.0, 1.0, 1.0]] * 3)
    valid = np.ones((3, 4), dtype=bool)
    valid[1, 3] = False
    slope = np.tile(np.array([1.0, 4.0, 2.0, np.nan]), (2, 3, 1))
    slopes = Slopes(np.where(valid, np.nan_to_num(slope, nan=7.0), np.nan), sd, valid)
    target, weight = borders.measured(slopes, "border")
    assert weight[0, 0, 0] == pytest.approx(2.0 / 5.0)
    assert weight[0, 1, 2] == 0.0
    assert weight[1, 0, 3] == 0.0
    assert not weight[0, :, -1].any()
    assert np.isfinite(target).all()
    target, weight = borders.measured(slopes, "pixel")
    assert target[0, 0, 0] == pytest.approx((1.0 * 1.0 + 0.25 * 4.0) / 1.25)
    assert weight[0, 0, 0] == pytest.approx(0.5 * 1.25)
    assert (target[0, 1, 2], weight[0, 1, 2]) == (pytest.approx(2.0), pytest.approx(0.5))
    _, weight = borders.measured(slopes, "none")
    assert set(np.unique(weight)) == {0.0, 1.0}


def test_what_is_not_trusted_can_be_believed():
    slopes = Slopes(np.ones((2, 3, 4)), np.ones((3, 4)), np.zeros((3, 4), dtype=bool))
    slopes.valid[0, 0] = True
    assert not borders.measured(slopes, "border")[1].any()
    assert borders.measured(slopes, "border", trusted=False)[1].sum() == 3 * 3 + 2 * 4


def test_gaps_are_filled_from_the_nearest():
    valid = np.array([[True, False, False, True]])
    slope = np.array([[[1.0, 9.0, np.nan, 4.0]], [[0.0, 9.0, np.nan, 2.0]]])
    slopes = Slopes(slope, np.array([[1.0, 1.0, np.nan, 1.0]]), valid)
    np.testing.assert_array_equal(slopes.filled()[0], [[1.0, 1.0, 4.0, 4.0]])
    assert slopes.filled(trusted=False)[0, 0, 1] == 9.0
    nothing = Slopes(np.full((2, 2, 2), np.nan), np.full((2, 2), np.nan), np.zeros((2, 2), dtype=bool))
    assert not nothing.filled().any()
