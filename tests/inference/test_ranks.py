"""Places in the order of values, against sorting."""

import numpy as np
import pytest

from eclips4d.inference.ranks import before, keys_of, median_of, ranked, value_of


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1001])
@pytest.mark.parametrize("digits", [0, 7])
def test_every_place_is_that_of_the_sorted_values(count, digits):
    values = np.round(np.random.default_rng(count).normal(scale=3.0, size=count), digits).astype(np.float32)
    keys, room, order = np.empty(count, np.int32), np.empty(1, np.float32), np.sort(values)
    keys_of(values, keys)
    for rank in {0, count // 3, count // 2, count - 1}:
        key = ranked(keys, rank)
        assert value_of(key, room) == order[rank]
        assert value_of(before(keys, key, rank), room) == order[max(rank - 1, 0)]
    assert median_of(values, keys) == np.median(values)


def test_what_is_no_number_comes_last():
    values = np.array([np.nan, -np.inf, 3.0, -np.nan, np.inf, -0.0], np.float32)
    keys, room = np.empty(6, np.int32), np.empty(1, np.float32)
    keys_of(values, keys)
    assert [value_of(ranked(keys, k), room) for k in range(4)] == [-np.inf, 0.0, 3.0, np.inf]
    assert np.isnan(value_of(ranked(keys, 4), room))
