"""What surroundings make of a slope's sd, against whole-array operations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter

from eclips4d.core.errors import InputError
from eclips4d.inference.networks.card import SdTable
from eclips4d.inference.networks.surroundings import BLOCK, FACTORS, NUMBERS, VERSION, Surroundings, numbers_of

COUNT = len(NUMBERS)


def table(seed: int = 0, sums: int = 5, **changed: object) -> SdTable:
    random = np.random.default_rng(seed)
    drawn = {
        "version": VERSION,
        "centre": random.normal(0.0, 0.5, COUNT).tolist(),
        "spread": random.uniform(0.5, 1.5, COUNT).tolist(),
        "weight": random.normal(0.0, 0.3, (sums, COUNT + 1)).tolist(),
        "share": random.normal(0.0, 0.3, sums + 1).tolist(),
    }
    return SdTable.model_validate(drawn | changed)


def saying(factor: float) -> Surroundings:
    """A table that always says the same."""
    return Surroundings.of(table(share=[0.0] * 5 + [float(np.log(factor))]))


def frame(shape: tuple[int, int], seed: int = 0, tilt: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    slope = random.normal(tilt, 0.02, (2, *shape)).astype(np.float32)
    return slope, random.uniform(0.005, 0.03, shape).astype(np.float32)


def test_numbers_are_those_of_whole_arrays():
    slope, sd = frame((32, 48), tilt=0.8)
    asked = numbers_of(slope, sd, 0.02, 0.3)
    blocks = slope.astype(np.float64).reshape(2, 8, BLOCK, 12, BLOCK)
    means = blocks.mean(axis=(2, 4))
    variance = np.square(sd.astype(np.float64)).reshape(8, BLOCK, 12, BLOCK).mean(axis=(1, 3))
    np.testing.assert_allclose(asked[0], 0.5 * np.log(variance / 0.02**2), atol=1e-5)
    np.testing.assert_allclose(asked[1], np.log(0.02 / 0.03), atol=1e-6)
    np.testing.assert_allclose(asked[2], 0.5 * np.log(np.square(means).sum(axis=0) + 1e-4), atol=1e-5)
    scatter = blocks.var(axis=(2, 4)).sum(axis=0)
    np.testing.assert_allclose(asked[3], 0.5 * np.log(scatter / variance + 0.01), atol=1e-4)
    for k, side in ((4, 3), (5, 7)):
        over = [
            uniform_filter(m * m, side, mode="nearest") - uniform_filter(m, side, mode="nearest") ** 2 for m in means
        ]
        np.testing.assert_allclose(asked[k], 0.5 * np.log(sum(over) / variance + 0.01), atol=1e-4)
    np.testing.assert_array_equal(asked[6], np.float32(0.3))


@pytest.mark.parametrize("shape", [(3, 3), (4, 5), (17, 30), (64, 96)])
def test_a_table_that_says_one_thing_scales_the_sd(shape):
    slope, sd = frame(shape)
    np.testing.assert_allclose(saying(1.0).stated(slope, sd, 0.02, 0.0), sd, rtol=1e-5)
    np.testing.assert_allclose(saying(1.7).stated(slope, sd, 0.02, 0.0), 1.7 * sd, rtol=1e-5)
    np.testing.assert_allclose(saying(1e3).stated(slope, sd, 0.02, 0.0), FACTORS[1] * sd, rtol=1e-5)


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(1, 12), columns=st.integers(1, 12), seed=st.integers(0, 99))
def test_an_image_turned_over_states_the_same(rows, columns, seed):
    slope, sd = frame((rows * BLOCK, columns * BLOCK), seed)
    asked = Surroundings.of(table(seed))
    stated = asked.stated(slope, sd, 0.02, 0.1)
    turned = asked.stated(np.ascontiguousarray(slope[:, ::-1, ::-1]), np.ascontiguousarray(sd[::-1, ::-1]), 0.02, 0.1)
    np.testing.assert_allclose(turned[::-1, ::-1], stated, rtol=1e-3)
    assert (stated >= FACTORS[0] * sd * 0.999).all() and (stated <= FACTORS[1] * sd * 1.001).all()


def test_a_pixel_without_a_number_tells_nothing_and_spoils_nothing():
    slope, sd = frame((40, 40))
    asked = Surroundings.of(table())
    before = asked.stated(slope, sd, 0.02, 0.0)
    slope[0, 5, 6] = np.nan
    sd[5, 7] = np.inf
    after = asked.stated(slope, sd, 0.02, 0.0)
    assert np.isfinite(np.delete(after.ravel(), 5 * 40 + 7)).all()
    np.testing.assert_allclose(after[24:], before[24:], rtol=1e-5)


def test_a_table_of_another_version_is_refused():
    with pytest.raises(InputError, match="train coverage"):
        Surroundings.of(table(version="surroundings-0"))
    with pytest.raises(InputError):
        Surroundings.of(table(centre=[0.0] * (COUNT - 1)))
