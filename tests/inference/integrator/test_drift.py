"""Long waves back to what was measured, on any grid: against `coarse`, and on errors of known wavelength."""

import numpy as np
import pytest

from eclips4d.inference.integrator.coarse import FACTOR, corrected_drift
from eclips4d.inference.integrator.drift import interpolation, measured_again, membership
from eclips4d.inference.integrator.solve import Laplacian, misfit_source

PIXEL = (0.8, 1.3)


def given_image(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    border, height = rng.normal(size=(2, rows, columns)), rng.normal(size=(rows, columns))
    weight = (rng.random((2, rows, columns)) > 0.2) * rng.random((2, rows, columns))
    weight[0, :, -1] = weight[1, -1] = 0.0
    return tuple(a.astype(np.float32) for a in (height, border, weight, rng.random((rows, columns))))


def exact(height):
    """Slopes at the borders of a height, pixels of `PIXEL`."""
    border = np.zeros((2, *height.shape), np.float32)
    border[0, :, :-1] = np.diff(height, axis=1) / PIXEL[0]
    border[1, :-1] = np.diff(height, axis=0) / PIXEL[1]
    return border


@pytest.mark.parametrize("shape", [(64, 80), (41, 67), (3, 90)])
def test_on_the_grid_of_coarse_it_is_what_coarse_does(shape):
    height, border, weight, trust = given_image(*shape)
    laplacian = Laplacian(shape, PIXEL)
    found = measured_again(height, border, weight, trust, FACTOR, laplacian)
    source = np.empty_like(height)
    misfit_source(border, height, weight, laplacian.per_dx, laplacian.per_dy, source)
    tall, wide = (interpolation(size, FACTOR) for size in shape)
    high, broad = (membership(size, FACTOR) for size in shape)
    coarse = np.stack([high.T @ plane @ broad for plane in weight])
    wanted = height.copy()
    corrected_drift(
        np.asarray(tall.T @ source @ wide, np.float32),
        coarse,
        (high.T @ trust @ broad).astype(np.float32),
        PIXEL,
        wanted,
    )
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.ptp(height))


@pytest.mark.parametrize("cell", [4, 5, 8, 16])
def test_waves_of_eight_cells_go_back_and_those_of_one_stay(cell):
    shape = (96, 110)
    y, x = np.mgrid[: shape[0], : shape[1]]
    truth = np.sin(x / 9.0) * np.cos(y / 7.0)
    one = np.ones((2, *shape), np.float32)
    nothing = np.zeros(shape, np.float32)

    def left(wavelength):
        """Share of an error that stays."""
        error = np.cos(2.0 * np.pi * (x + 0.5) / wavelength) * np.cos(2.0 * np.pi * (y + 0.5) / wavelength)
        spoilt = (truth + error).astype(np.float32)
        found = measured_again(spoilt, exact(truth), one, nothing, cell, Laplacian(shape, PIXEL))
        return np.std(found - truth) / np.std(error)

    assert left(8 * cell) < 0.2
    assert left(1.5 * cell) > 0.8


def test_what_weighs_nothing_is_not_gone_back_to_and_trust_holds():
    height, border, weight, trust = given_image(50, 60, seed=1)
    laplacian, none = Laplacian((50, 60), PIXEL), np.zeros_like(weight)
    np.testing.assert_array_equal(measured_again(height, border, none, trust, 5, laplacian), height)
    moved, held = (
        np.std(measured_again(height, border, weight, factor * trust, 5, laplacian) - height)
        for factor in (np.float32(1.0), np.float32(100.0))
    )
    assert 0.0 < held < 0.1 * moved


def test_cells_share_out_the_image():
    for size, cell in ((64, 8), (41, 5), (3, 16)):
        np.testing.assert_allclose(interpolation(size, cell).sum(axis=1), 1.0, rtol=1e-6)
        assert membership(size, cell).sum() == pytest.approx(size / cell)
