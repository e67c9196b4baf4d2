"""Connected places and label maps, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from eclips4d.metrology.connected import connected
from eclips4d.metrology.labels import boxes_of, replaced, sizes_of, without_small

masks = st.tuples(
    st.integers(1, 40), st.integers(1, 40), st.floats(0.0, 1.0), st.floats(0.0, 2.0), st.integers(0, 999)
).map(lambda given: mask(*given))


def mask(rows, columns, share, width, seed):
    """Noise, smooth to some degree, above the value that so many pixels have."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((rows, columns)), width)
    return noise >= np.quantile(noise, 1.0 - share)


@settings(max_examples=80, deadline=None)
@given(masks, st.integers(0, 12), st.booleans())
def test_places_are_scipys_from_the_largest_to_the_least_of_the_size_asked_for(flat, least, corners):
    labels, count = connected(flat, least, corners)
    found, number = ndimage.label(flat, np.ones((3, 3)) if corners else None)
    sizes = np.bincount(found.ravel(), minlength=number + 1)[1:]
    # Of equal size, the one that begins first.
    order = [k for k in np.argsort(-sizes, kind="stable") if sizes[k] >= least]
    expected = np.zeros(flat.shape, np.int32)
    for new, k in enumerate(order):
        expected[found == k + 1] = new + 1
    assert count == len(order)
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_array_equal(sizes_of(labels, count), np.bincount(expected.ravel(), minlength=count + 1))


def test_a_spiral_is_one_place():
    spiral = np.ones((9, 9), bool)
    spiral[1, 1:8] = spiral[1:8, 7] = spiral[7, 1:8] = spiral[3:8, 1] = spiral[3, 1:6] = spiral[3:6, 5] = False
    spiral[5, 3:5] = False
    assert connected(spiral, 1)[1] == ndimage.label(spiral)[1]
    assert connected(~spiral, 1)[1] == 1


def test_labels_are_numbered_by_size():
    labels = np.array([[1, 1, 0, 2, 2, 2, 3]], np.int32)
    new, count = without_small(labels, 3, 2)
    assert count == 2
    assert new.tolist() == [[2, 2, 0, 1, 1, 1, 0]]


@settings(max_examples=30, deadline=None)
@given(masks)
def test_boxes_are_scipys(flat):
    labels, count = connected(flat, 1)
    boxes = boxes_of(labels, count)[1:].tolist()
    assert boxes == [[s[0].start, s[1].start, s[0].stop, s[1].stop] for s in ndimage.find_objects(labels)]


@pytest.mark.parametrize("kind", [np.int32, np.bool_])
def test_a_table_is_looked_up_for_every_pixel(kind):
    labels = np.array([[0, 2], [1, 2]], np.int32)
    found = replaced(labels, np.array([0, 1, 0], kind))
    assert found.dtype == kind
    assert found.tolist() == [[0, 0], [1, 0]]
