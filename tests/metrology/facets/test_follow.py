"""Facets over time."""

from __future__ import annotations

import numpy as np
import pytest
from made_facets import GRID, frame_of

from eclips4d.metrology.facets import follow, from_directions, planes_of
from eclips4d.metrology.movie import Movie


def ridge(left: int, sd: float, seed: int, number: int, *, second: bool = False):
    """A ridge of two 45° sides, 24 pixels wide each; perhaps another one below it."""
    slope = np.zeros((2, 96, 128))
    slope[0, 10:45, left : left + 24] = 1.0
    slope[0, 10:45, left + 24 : left + 48] = -1.0
    if second:
        slope[1, 50:70, 30:100] = 1.0
        slope[1, 70:90, 30:100] = -1.0
    return frame_of(slope, sd, seed, number=number, line_s=0.01, start_s=2.0 * number)


def movie_of(frames):
    return Movie(GRID, frames[0].slope.shape[1:], tuple(range(len(frames))), frames.__getitem__, {})


def test_facets_that_move_stay_themselves_and_new_ones_are_born():
    frames = [ridge(20 + 4 * k, 0.03, k, k, second=k >= 3) for k in range(6)]
    table = follow(movie_of(frames))
    left = table[(table["tilt_deg"] > 30.0) & (table["y_nm"] < 180.0)]
    assert left.groupby("facet_id").size().tolist() == [6, 6]
    for _, one in left.groupby("facet_id"):
        assert np.diff(one["x_nm"]) == pytest.approx(16.0, abs=3.0)
        assert np.ptp(one["azimuth_deg"].abs()) < 2.0
        assert not one["born"].any()
    new = table[(table["tilt_deg"] > 30.0) & (table["y_nm"] > 180.0)]
    assert new.groupby("facet_id").size().tolist() == [3, 3]
    assert new.loc[new["born"], "frame"].tolist() == [3, 3]


def test_a_facet_has_the_time_of_its_own_row():
    table = follow(movie_of([ridge(20, 0.03, 1, 0)]))
    row = np.round(table["y_nm"] / 4.0)
    assert table["time_s"].to_numpy() == pytest.approx(0.01 * row, abs=1e-9)


def test_planes_are_named_when_the_crystal_is_known():
    lie = from_directions(np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0]))
    table = follow(movie_of([ridge(20, 0.03, 1, 0)]), planes=planes_of(), orientation=lie)
    steep = table["tilt_deg"] > 30.0
    assert set(table["family"][steep]) == {"{110}"}
    assert set(table["family"][~steep]) == {"{100}"}


def test_frames_without_facets_leave_an_empty_table():
    y, x = np.mgrid[:64, :64] / 8.0
    assert follow(movie_of([frame_of(np.stack([x, y]), 0.01, 0)])).empty
