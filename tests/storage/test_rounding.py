"""Bit rounding keeps its promise for any value and any standard deviation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eclips4d.storage.rounding import bit_round, half, quantum

SIDE = (3, 5)
values = arrays(np.float32, SIDE, elements=st.floats(-(2.0**30), 2.0**30, width=32))
sds = arrays(np.float32, SIDE, elements=st.floats(2.0**-20, 2.0**20, width=32))


@settings(deadline=None)  # the first call compiles
@given(values, sds)
def test_the_error_is_at_most_a_twentieth_of_the_sd(value, sd):
    # Where float32 itself is coarser than the sd the value stays as it is; 1 ulp is for 0.1 not being a float.
    error = np.abs(bit_round(value, sd).astype(np.float64) - value)
    assert np.all(error <= sd.astype(np.float64) / 20 * (1 + 1e-6))


@settings(deadline=None)  # the first call compiles
@given(values, sds)
def test_rounding_twice_changes_nothing(value, sd):
    once = bit_round(value, sd)
    assert np.array_equal(bit_round(once, sd), once)


@settings(deadline=None)  # the first call compiles
@given(sds)
def test_the_quantum_is_the_largest_power_of_two_within_a_tenth(sd):
    step = quantum(sd).astype(np.float64)
    mantissa, _ = np.frexp(step)
    tenth = sd.astype(np.float64) * np.float64(np.float32(0.1))
    assert np.all(mantissa == 0.5)
    assert np.all(step <= tenth * (1 + 1e-7)) and np.all(2 * step > tenth * (1 - 1e-7))


def test_what_has_no_sd_is_not_rounded_and_nan_stays():
    value = np.array([[1.2345678, 1e20, np.nan, -3.3e-7]], np.float32)
    for sd in (np.nan, 0.0, -1.0):
        assert np.array_equal(bit_round(value, np.full_like(value, sd)), value, equal_nan=True)
    rounded = bit_round(value, np.ones_like(value))
    assert np.isnan(rounded[0, 2]) and rounded[0, 0] == 1.25


def test_both_slope_components_share_one_sd_and_the_input_is_untouched():
    random = np.random.default_rng(0)
    slope, sd = random.normal(size=(2, 200, 7)).astype(np.float32), np.full((200, 7), 0.05, np.float32)
    before = slope.copy()
    rounded = bit_round(slope, sd)
    assert rounded.shape == slope.shape and np.array_equal(slope, before)
    assert np.array_equal(rounded[1], bit_round(slope[1], sd))


@settings(deadline=None)  # the first call compiles
@given(arrays(np.float32, (70, 3), elements=st.floats(2.0**-14, 65504, width=32)))
def test_half_is_numpys_conversion(value):
    assert np.array_equal(half(value), value.astype(np.float16))


@settings(deadline=None)  # the first call compiles
@given(arrays(np.float32, (4, 3), elements=st.floats(0, 2.0**-14, width=32)))
def test_half_below_the_normal_range_is_off_by_one_step_at_most(value):
    assert np.all(np.abs(half(value).astype(np.float64) - value.astype(np.float16)) <= 2.0**-24)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (np.inf, 65504.0), (1e9, 65504.0), (np.nan, np.nan)])
def test_half_at_its_ends(value, expected):
    result = half(np.array([[value]], np.float32))
    assert np.array_equal(result, np.array([[expected]], np.float16), equal_nan=True)
