"""How many azimuths frames show: as many as their faces have, those a segment's width apart taken as one."""

import numpy as np
import pytest

from eclips4d.inference.finetune.azimuths import AZIMUTHS, azimuths_seen


def faces(*azimuths_deg: float, steep: float = 1.0) -> np.ndarray:
    """A frame of plane faces of one tilt, as many pixels each, [2, y, x]."""
    around = np.radians(np.repeat(azimuths_deg, 50).reshape(len(azimuths_deg), 50))
    return steep * np.stack([np.cos(around), np.sin(around)])


@pytest.mark.parametrize("segments", [3, 4])
def test_faces_a_segments_width_apart_are_one(segments: int) -> None:
    around = [7.0 + 360.0 / segments * k for k in range(segments)]
    assert azimuths_seen([faces(*around)], segments) == pytest.approx(1.0)
    assert azimuths_seen([faces(*around)] * 3, segments) == pytest.approx(1.0)
    turned = faces(*(one + 30.0 for one in around))
    assert azimuths_seen([faces(*around), turned], segments) == pytest.approx(2.0)


def test_all_around_they_are_as_many_as_there_are_sectors() -> None:
    everywhere = faces(*(7.0 + 360.0 / AZIMUTHS * k for k in range(AZIMUTHS)))
    assert azimuths_seen([everywhere], 4) == pytest.approx(AZIMUTHS / 4)
    assert azimuths_seen([everywhere], 3) == pytest.approx(AZIMUTHS / 3)


def test_steep_faces_count_and_flat_ones_do_not() -> None:
    almost = azimuths_seen([faces(7.0), faces(37.0, 67.0, steep=0.01)], 4)
    assert 1.0 <= almost < 1.01
    assert azimuths_seen([np.zeros((2, 4, 4))], 4) == 1.0
