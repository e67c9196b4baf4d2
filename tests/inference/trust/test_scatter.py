"""What is usual of each kind of pixels, against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.inference.trust.kinds import KINDS
from eclips4d.inference.trust.scatter import _FEW, _FEW_PARTS, _NORMAL, _PARTS, _QUANTILE, per_scatter, samples_of
from eclips4d.inference.trust.usual import EVERY


def scatter_of(deviation: np.ndarray, kind: np.ndarray) -> np.ndarray:
    samples = samples_of(np.ascontiguousarray(kind[::EVERY, ::EVERY]), kind.shape)
    return per_scatter(deviation[::EVERY, ::EVERY], samples)


def plainly(deviation: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Part by part and kind by kind."""
    rows, columns = kind.shape
    part = (np.arange(rows) * _PARTS // rows)[:, None] * _PARTS + np.arange(columns) * _PARTS // columns
    size, kinds, parts = (plane[::EVERY, ::EVERY].ravel() for plane in (np.abs(deviation), kind, part))

    def usual(of: np.ndarray) -> float:
        mine = [size[(parts == p) & of[kinds]] for p in range(_PARTS**2)]
        scatter = [np.quantile(values, _QUANTILE) for values in mine if values.size >= _FEW]
        return 0.0 if len(scatter) < _FEW_PARTS else max(float(np.median(scatter)) / _NORMAL, 1.0)

    found = np.array([usual(np.arange(KINDS) == k) for k in range(KINDS)])
    found[found == 0.0] = usual(found == 0.0) or 1.0
    return 1.0 / found


@pytest.mark.parametrize("shape", [(8, 8), (97, 130), (256, 200)])
def test_it_is_what_numpy_says(shape: tuple[int, int]):
    random = np.random.default_rng(4)
    kind = np.minimum(random.geometric(0.25, shape) - 1, KINDS - 1).astype(np.uint8)
    deviation = (random.normal(size=shape) * (1.0 + kind)).astype(np.float32)
    np.testing.assert_allclose(scatter_of(deviation, kind), plainly(deviation, kind), rtol=1e-5)


def test_a_fault_in_one_corner_excuses_nothing():
    kind = np.zeros((256, 256), np.uint8)
    deviation = np.random.default_rng(5).normal(size=kind.shape).astype(np.float32)
    deviation[:40, :40] += 30.0
    assert scatter_of(deviation, kind)[0] == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("order", ["falling", "rising", "alike"])
def test_many_pixels_of_one_kind(order: str):
    kind = np.zeros((640, 600), np.uint8)
    deviation = np.sort(np.abs(np.random.default_rng(6).normal(size=kind.size))).astype(np.float32)
    deviation = {"rising": deviation, "falling": deviation[::-1], "alike": np.full_like(deviation, 3.0)}[order]
    deviation = np.ascontiguousarray(deviation).reshape(kind.shape)
    np.testing.assert_allclose(scatter_of(deviation, kind), plainly(deviation, kind), rtol=1e-5)


def test_what_is_no_number_counts_as_largest():
    kind = np.zeros((256, 256), np.uint8)
    deviation = np.random.default_rng(7).normal(size=kind.shape).astype(np.float32)
    without = deviation.copy()
    without[:8], deviation[:8] = np.inf, np.nan
    np.testing.assert_array_equal(scatter_of(deviation, kind), scatter_of(without, kind))
