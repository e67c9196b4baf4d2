"""Which frames are averaged."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.core.results import Status
from eclips4d.core.stacking import check_frames
from eclips4d.metrology.stack.members import Columns

DONE, LOST, GAP, LATER = (int(s) for s in (Status.DONE, Status.DONE | Status.NOT_ALIGNED, Status.GAP, Status.DEFERRED))
FILLED = DONE | LATER


def columns(status, reference=None):
    n = len(status)
    reference = [0] * n if reference is None else reference
    return Columns(np.array(status), np.array(reference), 10.0 + 2.0 * np.arange(n))


def test_the_newest_frames_up_to_it():
    found = columns([DONE] * 6)
    assert found.members(4, 3) == (2, 3, 4)
    assert found.members(1, 3) == (0, 1)
    assert found.members(4, 1) == (4,)
    assert found.counts(3).tolist() == [1, 2, 3, 3, 3, 3]


def test_what_has_no_surface_or_was_not_aligned_is_left_out():
    found = columns([DONE, LOST, GAP, FILLED, LATER, DONE])
    assert found.members(5, 3) == (0, 3, 5)
    assert found.members(1, 3) == (1,), "a frame that is not aligned stands alone"
    assert found.members(2, 3) == found.members(4, 3) == ()
    assert found.counts(3).tolist() == [1, 1, 0, 2, 0, 3]


def test_frames_of_another_grid_are_never_averaged():
    found = columns([DONE] * 6, [0, 0, 2, 2, 0, 2])
    assert found.members(3, 4) == (2, 3)
    assert found.members(4, 4) == (0, 1, 4)
    assert found.members(5, 2) == (3, 5)


@pytest.mark.parametrize("seed", range(5))
def test_counts_and_times_are_those_of_the_members(seed):
    random = np.random.default_rng(seed)
    found = columns(random.choice([DONE, LOST, GAP, LATER], 40, p=[0.7, 0.1, 0.1, 0.1]), random.integers(0, 2, 40))
    for frames in (1, 2, 5, 64):
        members = [found.members(t, frames) for t in range(40)]
        assert found.counts(frames).tolist() == [len(m) for m in members]
        times = [found.time_s[list(m)].mean() if m else found.time_s[t] for t, m in enumerate(members)]
        np.testing.assert_allclose(found.mean_times(frames), times, rtol=0, atol=1e-9)


@pytest.mark.parametrize("frames", [0, -1, 65])
def test_numbers_out_of_range_are_refused(frames):
    with pytest.raises(InputError, match="from 1 to 64"):
        check_frames(frames)
    assert check_frames(64) == 64
