"""What the coarse grid is told: against the same sums done one after the other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.inference.integrator import twice
from eclips4d.inference.integrator.coarse import FACTOR, cells, interpolated_along, interpolated_down
from eclips4d.inference.integrator.long_range import long_range
from eclips4d.inference.integrator.solve import misfit_source

PER = (np.float32(0.5), np.float32(0.8))


def given_image(rows, columns, fold, seed=0):
    """Border slopes, weights with gaps and none beyond the edge, an output, a height."""
    rng = np.random.default_rng(seed)
    border, height = rng.normal(size=(2, rows, columns)), rng.normal(size=(rows, columns))
    weight = (rng.random((2, rows, columns)) > 0.2) * rng.random((2, rows, columns))
    weight[0, :, -1] = weight[1, -1] = 0.0
    output = rng.uniform(-3.0, 3.0, size=(3, -(-rows // 32) * 32 // fold, -(-columns // 32) * 32 // fold))
    return tuple(array.astype(np.float32) for array in (border, weight, output, height))


def spread(blocks, fold, shape):
    return blocks.repeat(fold, axis=0).repeat(fold, axis=1)[: shape[0], : shape[1]]


def means(image):
    """Over coarse cells, cut-off ones by their area."""
    rows, columns = cells(image.shape)
    whole = np.zeros((rows * FACTOR, columns * FACTOR))
    whole[: image.shape[0], : image.shape[1]] = image
    return whole.reshape(rows, FACTOR, columns, FACTOR).mean(axis=(1, 3))


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 70), columns=st.integers(1, 70), fold=st.sampled_from([1, 2, 4, 8]), seed=st.integers(0, 99))
def test_it_is_the_adjoint_of_interpolation_and_means_over_cells(rows, columns, fold, seed):
    border, weight, output, height = given_image(rows, columns, fold, seed)
    found = long_range(border, weight, output, fold, height, PER, 0.1)
    factor, trust = (spread(np.exp(plane), fold, height.shape) for plane in output[-2:])
    used = (weight * factor).astype(np.float32)
    misfit = np.empty_like(height)
    misfit_source(border, height, used, *PER, misfit)
    coarse = np.random.default_rng(seed).normal(size=cells(height.shape)).astype(np.float32)
    wide, fine = np.zeros((len(coarse), columns), np.float32), np.zeros_like(height)
    interpolated_along(coarse, wide)
    interpolated_down(wide, fine, 0, rows)
    assert np.vdot(found.source, coarse) == pytest.approx(
        float(np.vdot(misfit, fine)), abs=1e-5 * float(np.abs(misfit * fine).sum() + 1.0)
    )
    np.testing.assert_allclose(found.weight, [means(plane) for plane in used], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.trust, 0.1 * means(trust), rtol=1e-4)


def test_threads_change_no_bit(monkeypatch):
    given_ = given_image(75, 83, 4)
    alone = long_range(*given_[:3], 4, given_[3], PER, 0.1)
    monkeypatch.setattr(twice, "SMALLEST", 0)
    both = long_range(*given_[:3], 4, given_[3], PER, 0.1)
    np.testing.assert_array_equal(alone.source, both.source)
    np.testing.assert_array_equal(alone.weight, both.weight)
