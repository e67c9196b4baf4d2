"""Frames to be exported."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.core.errors import InputError
from eclips4d.metrology.export.flattened import Flatten, flattened

COUNTED = {
    None: (0, 1, 3, 4),
    "1": (1,),
    "-1": (4,),
    "1:4": (1, 3),
    "::2": (0, 4),
    "-2:": (3, 4),
    "0:99": (0, 1, 3, 4),
}
NONE = ("2", "5:9", "x", "9", "1:2:3:4", "", "1:2:0")


def test_frames_are_counted_as_python_does_and_gaps_are_left_out(chosen):
    assert {text: chosen(text).frames for text in COUNTED} == COUNTED


def test_without_frames_the_newest_or_all(chosen):
    assert chosen(None, newest=True).frames == (4,)
    assert chosen("0:2", newest=True).frames == (0, 1)


def test_frames_that_are_none_are_refused(chosen):
    for text in NONE:
        with pytest.raises(InputError):
            chosen(text)


def test_heights_are_as_stored_unless_something_is_to_be_taken_off(chosen, stored):
    np.testing.assert_array_equal(chosen("1").height(1), stored(1))
    assert np.median(chosen("1", flatten=Flatten.OFFSET).height(1)) == pytest.approx(0.0, abs=1e-5)
    assert np.abs(chosen("1", flatten=Flatten.PLANE).height(1)).max() < 0.02  # rounded when stored
    levelled = chosen(None, flatten=Flatten.DATUM)
    y, x = np.mgrid[:30, :40] * 2.0
    off = 1.0 + 0.1 * (x - x.mean()) + 0.05 * (y - y.mean())
    np.testing.assert_allclose(levelled.height(1), stored(1) - off, atol=1e-4)
    assert np.isnan(levelled.height(4)).all()  # its datum is unobservable


def test_stacks_are_means(chosen, stored):
    mean = (stored(3) + stored(4)) / 2
    found = chosen("4", stack=2, flatten=Flatten.OFFSET).height(4)
    np.testing.assert_allclose(found, mean - np.median(mean), atol=1e-3)


@given(st.floats(-5, 5), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.integers(0, 99))
def test_flattening_twice_is_flattening_once(offset, tilt_x, tilt_y, seed):
    height = np.random.default_rng(seed).normal(size=(12, 17)).astype(np.float32)
    height[3, 4:9] = np.nan
    y, x = np.mgrid[:12, :17]
    tilted = (height + offset + tilt_x * x + tilt_y * y).astype(np.float32)
    once = flattened(tilted, Flatten.PLANE, (2.0, 3.0))
    np.testing.assert_allclose(flattened(once, Flatten.PLANE, (2.0, 3.0)), once, atol=1e-4)
    np.testing.assert_allclose(once, flattened(height, Flatten.PLANE, (2.0, 3.0)), atol=1e-4)
    assert np.isnan(once[3, 4:9]).all()
