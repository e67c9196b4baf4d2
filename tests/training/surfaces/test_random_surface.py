"""What every random surface keeps to, whatever its family."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.training.surfaces import FAMILIES, SHARES, random_surface
from eclips4d.training.surfaces.limits import STEEPEST


def cell_slope(height, fine):
    """Largest slope of a plane through the four points of a cell."""
    g_y = 0.5 * (np.diff(height, axis=0)[:, 1:] + np.diff(height, axis=0)[:, :-1]) * fine
    g_x = 0.5 * (np.diff(height, axis=1)[1:] + np.diff(height, axis=1)[:-1]) * fine
    return np.hypot(g_y, g_x).max()


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), fine=st.integers(1, 4))
def test_shape_limit_and_yield(family, seed, fine):
    got = random_surface(np.random.default_rng(seed), (33, 48), fine, family)
    assert got.family == family
    assert got.height_px.shape == got.relative_yield.shape == (33 * fine, 48 * fine)
    assert (got.height_px.dtype, got.relative_yield.dtype) == (np.float64, np.float32)
    assert np.isfinite(got.height_px).all()
    assert cell_slope(got.height_px, fine) <= STEEPEST * (1.0 + 1e-9)
    assert 0.3 < got.relative_yield.min() <= got.relative_yield.max() < 1.9


@pytest.mark.parametrize("family", FAMILIES)
def test_same_seed_same_surface(family):
    one, same, other = (random_surface(np.random.default_rng(s), (40, 40), 2, family) for s in (7, 7, 8))
    np.testing.assert_array_equal(one.height_px, same.height_px)
    np.testing.assert_array_equal(one.relative_yield, same.relative_yield)
    assert not np.array_equal(one.height_px, other.height_px) or family == "flat"


def test_families_come_as_often_as_said():
    rng = np.random.default_rng(3)
    drawn = [random_surface(rng, (16, 16), 1).family for _ in range(300)]
    counted = np.array([drawn.count(family) for family in FAMILIES])
    expected = 300 * np.array(SHARES)
    assert np.all(np.abs(counted - expected) < 4.0 * np.sqrt(expected))


def test_flat_is_flat():
    levels = 0
    for seed in range(30):
        height = random_surface(np.random.default_rng(seed), (32, 32), 3, "flat").height_px
        levels += np.ptp(height) == 0.0
        # A plane: nothing but float32 rounding is left in its second differences.
        assert np.abs(np.diff(height, 2, axis=0)).max() < 1e-6
        assert np.abs(np.diff(height, 2, axis=1)).max() < 1e-6
        assert np.abs(np.diff(np.diff(height, axis=0), axis=1)).max() < 1e-6
    assert 5 < levels < 25


def test_contrast_of_material_comes_with_two_in_five():
    rng = np.random.default_rng(5)
    contrasted = sum(np.ptp(random_surface(rng, (32, 32), 1, "steps").relative_yield) > 0.0 for _ in range(200))
    assert 50 < contrasted < 100


TYPICAL = [("steps", 0.001, 0.3), ("granular", 0.05, 0.6), ("pits", 0.1, 1.2), ("rough", 0.02, 0.3)]


@pytest.mark.parametrize(("family", "low", "high"), TYPICAL)
def test_typical_slopes_lie_where_the_family_says(family, low, high):
    rng = np.random.default_rng(11)
    rms = []
    for _ in range(31):
        g = np.gradient(random_surface(rng, (64, 64), 2, family).height_px, 0.5)
        rms.append(np.sqrt(np.mean(g[0] ** 2 + g[1] ** 2)))
    assert low < np.median(rms) < high
    assert max(rms) > 3.0 * min(rms)


def test_unknown_family_is_named():
    with pytest.raises(InputError, match="granite"):
        random_surface(np.random.default_rng(0), (8, 8), family="granite")
