"""Logarithms and exponentials against double precision."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eclips4d.inference.elementary import exponentials, logarithms


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, st.integers(1, 70), elements=st.floats(-85.0, 85.0, width=32)))
def test_they_are_good_to_the_last_place(power: np.ndarray) -> None:
    room, found = np.empty(power.size, np.int32), np.empty_like(power)
    exponentials(power, room, found)
    exact = np.exp(power.astype(np.float64))
    np.testing.assert_allclose(found, exact, rtol=2e-7)
    logarithms(exact.astype(np.float32), room, found)
    np.testing.assert_allclose(found, np.log(exact.astype(np.float32).astype(np.float64)), rtol=2e-7, atol=1e-7)


def test_powers_out_of_range_stay_numbers() -> None:
    power, room, found = np.array([-1e30, 1e30], np.float32), np.empty(2, np.int32), np.empty(2, np.float32)
    exponentials(power, room, found)
    assert np.isfinite(found).all() and found[0] < 1e-37 < 1e37 < found[1]
