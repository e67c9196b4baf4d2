"""Planes that are transformed in place: of any size, and the same numbers as elsewhere."""

from __future__ import annotations

import numpy as np
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.inference.waves import LINE, roomy, whole_rows


@given(st.integers(1, 40), st.integers(1, 300))
def test_rows_begin_on_other_cache_lines(rows: int, columns: int):
    plane = roomy((2, rows, columns))
    assert plane.shape == (2, rows, columns) and plane.dtype == np.float32
    apart = plane.strides[1] // plane.itemsize
    assert columns <= apart < columns + 2 * LINE and apart // LINE % 2 == 1


def test_transforms_give_the_same_bits():
    image = np.random.default_rng(2).normal(size=(64, 128)).astype(np.float32)
    plane = roomy(image.shape)
    plane[...] = image
    np.testing.assert_array_equal(
        scipy.fft.dctn(plane, norm="ortho", overwrite_x=True), scipy.fft.dctn(image, norm="ortho")
    )


def test_whole_rows_are_the_same_memory():
    planes = roomy((2, 5, 20))
    corner = planes[:, :3, :11]
    whole_rows(corner)[...] = 3.0
    assert whole_rows(corner).flags.c_contiguous and (planes == 3.0).all()
    others = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)[:, :, 1:]
    np.testing.assert_array_equal(whole_rows(others), others)
    assert whole_rows(others).flags.c_contiguous
