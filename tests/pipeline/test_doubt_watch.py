"""Which frames of a series of doubted ones are told."""

import numpy as np

from eclips4d.core.results import Surface
from eclips4d.pipeline.doubt_watch import AGAIN, FRAME, RUN, SERIES, DoubtWatch


def surface(trust: int, residual: float = 7.0) -> Surface:
    plane = np.full((4, 5), residual, np.float32)
    return Surface(np.zeros((2, 4, 5), np.float32), plane, plane, plane, plane, np.full((4, 5), trust, np.uint8))


def test_a_single_frame_and_a_series():
    watch = DoubtWatch()
    assert watch.take(surface(90)) is None
    assert watch.take(surface(20)) == (FRAME, {"residual": 7.0})
    assert watch.take(surface(90)) is None
    told = [watch.take(surface(20)) for _ in range(SERIES + 3)]
    assert [one[0] for one in told if one] == [FRAME, RUN]
    assert told[SERIES - 1] == (RUN, {"residual": 7.0})
    assert watch.take(surface(90)) == (AGAIN, {})


def test_three_segments_have_no_residual():
    assert DoubtWatch().take(surface(0, np.nan)) == (FRAME, {})
