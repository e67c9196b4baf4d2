"""Sixteen numbers at once, against NumPy."""

import numba
import numpy as np

from eclips4d.physics.dsm.lanes import (
    LANES,
    any_positive,
    down,
    every,
    fetch,
    higher,
    load,
    lower,
    quarter,
    root,
    store,
)


@numba.njit(error_model="numpy")
def computed(numbers, words, out):
    a, b = load(numbers, 3), load(numbers, 3 + LANES)
    store(a + b, out[0], 0)
    store(a - b * every(np.float32(2.0)), out[1], 0)
    store(a / b, out[2], 0)
    store(higher(a, b), out[3], 0)
    store(lower(a, b), out[4], 0)
    store(root(a), out[5], 0)
    store(down(a), out[6], 0)
    of = fetch(words, down(a))
    store(quarter(of, 0), out[7], 0)
    store(quarter(of, 3), out[8], 0)
    return any_positive(a - every(np.float32(98.0))), any_positive(a - every(np.float32(100.0)))


def test_what_is_computed():
    random = np.random.default_rng(3)
    numbers = random.uniform(1.0, 99.0, 3 + 2 * LANES).astype(np.float32)
    numbers[5], numbers[3 + LANES] = 98.5, 0.5
    words = random.integers(0, 2**64, 100, np.uint64)
    out = np.empty((9, LANES), np.float32)
    positive = computed(numbers, words, out)
    a, b = numbers[3 : 3 + LANES], numbers[3 + LANES :]
    of = words[np.floor(a).astype(int)]
    parts = (of & np.uint64(0xFFFF), of >> np.uint64(48))
    expected = (a + b, a - 2 * b, a / b, np.maximum(a, b), np.minimum(a, b), np.sqrt(a), np.floor(a), *parts)
    np.testing.assert_allclose(out, np.stack([np.asarray(e, np.float64) for e in expected]), rtol=1e-6)
    assert positive == (True, False)
