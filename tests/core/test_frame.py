"""A frame, and a source of frames, cannot hold what no microscope could have recorded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hostile_wire import good_header, good_source

from eclips4d.core.errors import InputError
from eclips4d.core.frame import Frame


def test_good_frame_keeps_its_pixels_without_a_copy():
    data = np.zeros((3, 4, 5), np.uint16)
    assert Frame(good_header(), data).data is data


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "float32"},
        {"shape": (4, 4, 5)},
        {"shape": (3, 0, 5)},
        {"shape": (3, 4)},
        {"segments": ("A", "B", "B")},
        {"sequence": -1},
        {"frame_id": 1 << 63},
        {"end_s": 0.5},
        {"start_s": math.nan},
        {"end_s": math.inf},
        {"line_time_s": -0.1},
        {"rotation_deg": math.nan},
        {"pixel_size_nm": (0.0, 1.0)},
        {"pixel_size_nm": (4.0, -4.0)},
        {"side": {"../height": 1.0}},
        {"side": {"temperature c": 1.0}},
    ],
    ids=str,
)
def test_impossible_header_is_refused_and_names_the_frame(change):
    with pytest.raises(InputError, match=r"frame \d+ \(sequence -?\d+\)"):
        good_header(**change)


def test_pixels_that_differ_from_the_header_are_refused():
    with pytest.raises(InputError, match=r"uint8\(3, 4, 5\) differ from the header's uint16\(3, 4, 5\)"):
        Frame(good_header(), np.zeros((3, 4, 5), np.uint8))
    with pytest.raises(InputError, match="differ"):
        Frame(good_header(), np.zeros((3, 5, 4), np.uint16))


def test_pixels_in_another_order_are_refused_with_the_cure():
    with pytest.raises(InputError, match="ascontiguousarray"):
        Frame(good_header(), np.zeros((5, 4, 3), np.uint16).T)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shape": (3, 4, 0)}, r"shape \(3, 4, 0\) does not fit"),
        ({"dtype": "int32"}, "pixel type 'int32' is not one of uint8, uint16"),
        ({"segments": ("A", "A", "B")}, "segment names repeat: A, A, B"),
        ({"side_units": {"p/Pa": "Pa"}}, "side value 'p/Pa'; name it with letters"),
        ({"frames": -1}, "-1 frames"),
    ],
    ids=str,
)
def test_impossible_source_is_refused_and_names_the_source(change, says):
    with pytest.raises(InputError, match=rf"run.ome.tif: {says}"):
        good_source(**change)
