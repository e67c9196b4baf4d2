"""The long run holds as many frames as asked for, which come forth and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import eclips4d.storage as storage
from eclips4d.metrology.stored_movie import stored_movie
from eclips4d.pipeline.bench.metrology.speed.long_run import forth_and_back, write_long_run


@given(st.integers(1, 20), st.integers(0, 200))
def test_neighbours_in_time_are_neighbours_among_the_frames(distinct: int, sequence: int) -> None:
    here, there = forth_and_back(sequence, distinct), forth_and_back(sequence + 1, distinct)
    assert 0 <= here < distinct
    assert abs(there - here) == (1 if distinct > 1 else 0)


def test_every_frame_is_there_aligned_and_at_its_own_time(tmp_path: Path) -> None:
    write_long_run(tmp_path / "run.zarr", "sim://stepflow?size=64&dose=1000", 3, 7)
    assert storage.summary(tmp_path / "run.zarr").ended
    movie = stored_movie(tmp_path / "run.zarr")
    frames = list(movie)
    assert movie.frames == tuple(range(7))
    assert (np.diff([frame.time_s for frame in frames]) > 0).all()
    same = [(0, 4), (1, 3), (1, 5), (2, 6)]
    assert all(np.array_equal(frames[a].height, frames[b].height, equal_nan=True) for a, b in same)
    assert not np.array_equal(frames[0].height, frames[1].height, equal_nan=True)
