"""Whatever its weights, a module leaves contrast, gains and dark levels as they are: found by plain least squares."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_frames import bumpy_slopes, make_calibration, make_instrument

from eclips4d.inference.finetune.module import FineTune, locked
from eclips4d.inference.finetune.reading import reading_of
from eclips4d.inference.finetune.rendered import Rendered, facets
from eclips4d.inference.finetune.terms import TERMS, held, said

AZIMUTHS = {3: (80, 200, 320), 4: (45, 135, 225, 315)}


@lru_cache
def seen(segments: int) -> Rendered:
    instrument = make_instrument(azimuths_deg=AZIMUTHS[segments], offset_mm=(0.2, -0.1))
    return facets(instrument, make_calibration(instrument), (2.0 * bumpy_slopes()).astype(np.float32))


def estimates(of: Rendered, image: np.ndarray, free_yield: bool) -> np.ndarray:
    """Contrast (small and steep), gains and dark levels of an image, by weighted least squares around the rendering.

    With every pixel's yield free or not; written without anything of the lock but the rendering.
    """
    n, weight = len(of.image), of.electrons / of.image
    weight = weight * slope_variance(of, weight)
    columns = [
        (of.per_slope * (of.slope * radial)[None]).sum(axis=1) for radial in (1.0, of.slope[0] ** 2 + of.slope[1] ** 2)
    ]
    if free_yield:  # only contrast can be told from brightness then
        norm = (weight * of.image**2).sum(axis=0)
        columns = [column - of.image * (weight * of.image * column).sum(axis=0) / norm for column in columns]
    else:
        for k in range(n):
            alone = (np.arange(n) == k)[:, None, None]
            columns += [np.where(alone, plane, 0.0) for plane in (of.image, np.ones_like(of.image))]
    root = np.sqrt(np.broadcast_to(weight, of.image.shape)).ravel()
    design = np.stack([column.ravel() for column in columns], axis=1) * root[:, None]
    return np.linalg.lstsq(design, image.ravel() * root, rcond=None)[0]


def slope_variance(of: Rendered, weight: np.ndarray) -> np.ndarray:
    """Of a pixel's slopes by counting, its brightness free: pixels count alike."""
    design = np.concatenate([of.image[:, None], of.per_slope], axis=1)
    inverse = np.linalg.inv(np.einsum("kayx,kbyx,kyx->yxab", design, design, weight))
    return (inverse[..., 1, 1] + inverse[..., 2, 2]) / 2.0


def changed(module: FineTune, of: Rendered) -> np.ndarray:
    return module.change(of, reading_of(of))


@settings(max_examples=25, deadline=None)
@given(segments=st.sampled_from(sorted(AZIMUTHS)), seed=st.integers(0, 2**31), size=st.floats(1e-3, 10.0))
def test_no_weights_move_the_scale(segments: int, seed: int, size: float) -> None:
    of = seen(segments)
    weight = size * np.random.default_rng(seed).standard_normal((segments, TERMS))
    change = changed(locked(weight, [of]), of)
    assert np.abs(change).max() > 1e-3 * size, "something is said all the same"
    for free_yield in (True, False):
        moved = estimates(of, change, free_yield)
        np.testing.assert_allclose(moved, 0.0, atol=1e-8 * size)


def test_without_the_lock_they_would() -> None:
    of = seen(4)
    weight = np.random.default_rng(1).standard_normal((4, TERMS))
    assert np.abs(estimates(of, said(of, weight), True)[0]) > 1e-2


def test_what_is_a_scale_is_taken_out_whole() -> None:
    """Lambert's facets and weights that are their contrast: nothing of the slopes that are read is left."""
    of = seen(4)
    module = locked(-np.linalg.lstsq(said_basis(of), contrast(of), rcond=None)[0].reshape(4, TERMS), [of])
    read = reading_of(of).read(changed(module, of))[1:]
    assert np.sqrt(np.mean(read**2)) < 0.01 * np.sqrt(np.mean(of.slope**2))


def said_basis(of: Rendered) -> np.ndarray:
    units = np.eye(4 * TERMS).reshape(-1, 4, TERMS)
    return np.stack([said(of, unit).ravel() for unit in units], axis=1)


def contrast(of: Rendered) -> np.ndarray:
    return np.einsum("kcyx,cyx->kyx", of.per_slope, of.slope).ravel()


def test_steeper_facets_change_as_the_steepest_it_was_fitted_on() -> None:
    slope = np.array([[0.3, 3.0], [0.4, 4.0]])
    np.testing.assert_allclose(held(slope, 1.0), [[0.3, 0.6], [0.4, 0.8]])


@pytest.mark.parametrize("segments", sorted(AZIMUTHS))
def test_what_is_read_is_what_was_changed(segments: int) -> None:
    of = seen(segments)
    reading, true = reading_of(of), np.array([0.02, 0.03, -0.05])
    change = np.einsum("ka...,a->k...", reading.design, true)
    found = reading.read(change)
    np.testing.assert_allclose(found, np.broadcast_to(true[:, None, None], found.shape), atol=1e-6)
    np.testing.assert_allclose(reading.beside(change, found), 0.0, atol=1e-4)
