"""Patches of a height: where they lie, and that a state keeps them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from integrated_noise import pixel_plane

from eclips4d.registration.height_samples import Lattice, pack, unpack

SHAPES = [(320, 320), (1024, 700), (24, 40), (41, 95)]


@pytest.mark.parametrize("shape", SHAPES)
def test_samples_of_a_plane_are_the_plane_at_the_patches(shape):
    lattice = Lattice(shape, (4.0, 4.0))
    plane = np.array([2.0, 0.03, -0.01])
    expected = np.einsum("a,ajk->jk", plane, lattice.terms())
    np.testing.assert_allclose(lattice.sample(pixel_plane(shape, plane, 4.0)), expected, atol=1e-9)


@pytest.mark.parametrize("shape", [*SHAPES, (512, 640), (3, 50)])
def test_samples_are_means_over_the_patches_and_need_no_other_pixels(shape):
    lattice, plane = Lattice(shape, (1.0, 1.0)), np.random.default_rng(1).normal(size=shape).astype(np.float32)
    rows, columns = lattice.pixels()
    samples = lattice.sample(plane)
    down, across = (len(n) // m for n, m in zip((rows, columns), lattice.size, strict=True))
    for j, i in np.ndindex(lattice.size):
        patch = plane[np.ix_(rows[j * down : (j + 1) * down], columns[i * across : (i + 1) * across])]
        assert samples[j, i] == pytest.approx(patch.mean(dtype=np.float64), abs=1e-12)
    np.testing.assert_array_equal(lattice.sample_pixels(plane[np.ix_(rows, columns)]), samples)
    unseen = np.full(shape, np.nan, np.float32)
    unseen[np.ix_(rows, columns)] = plane[np.ix_(rows, columns)]
    np.testing.assert_array_equal(lattice.sample(unseen), samples)


def test_pixels_need_not_be_square():
    terms = Lattice((80, 80), (4.0, 5.0)).terms()
    assert terms[1, 0, 1] - terms[1, 0, 0] == 2 * 4.0
    assert terms[2, 1, 0] - terms[2, 0, 0] == 2 * 5.0


def test_a_patch_with_an_unseen_pixel_is_unseen():
    height = np.zeros((320, 320), np.float32)
    height[100, 100] = np.nan
    assert np.isnan(Lattice(height.shape, (1.0, 1.0)).sample(height)).sum() <= 1
    height[:, :30] = np.nan
    assert np.isnan(Lattice(height.shape, (1.0, 1.0)).sample(height)[:, :4]).all()


@given(st.integers(0, 1000), st.floats(1e-6, 1e6), st.floats(-1e6, 1e6))
def test_packing_keeps_all_but_a_tiny_part_of_the_range(seed, scale, level):
    lattice = Lattice((24, 40), (1.0, 1.0))
    samples = np.random.default_rng(seed).normal(level, scale, lattice.size)
    samples[3, 4] = np.nan
    kept = unpack(pack(samples), lattice)
    assert np.isnan(kept[3, 4]) and np.isfinite(kept).sum() == kept.size - 1
    assert np.nanmax(np.abs(kept - samples)) <= np.ptp(samples[np.isfinite(samples)]) / 131_000 + 1e-12 * abs(level)


@pytest.mark.parametrize("value", [np.nan, 0.0, 7.5])
def test_samples_that_are_all_alike_are_kept(value):
    lattice = Lattice((8, 8), (1.0, 1.0))
    np.testing.assert_array_equal(unpack(pack(np.full((8, 8), value)), lattice), value)
