"""Spirals over time."""

from dataclasses import replace

import numpy as np
import pytest

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.spirals import bcf_test, follow
from eclips4d.metrology.spirals.rotation import Wrapping


@pytest.mark.parametrize(("wound", "passage"), [(1, 0.02), (-2, 0.03), (1, -0.02)])
def test_rotation_is_found_though_rows_have_their_own_time(made, wound, passage):
    what = made(cores=((200.0, 190.0, wound),), passage=passage, line_s=3.5 / 96)
    (track,) = follow(what.movie(7)).tracks
    assert len(track.seen) == 7 and track.sense == np.sign(wound)
    assert track.passage.wrapping is Wrapping.RESOLVED
    assert abs(track.rotation_per_s.value / (passage / abs(wound)) - 1.0) < 0.01
    assert abs(track.spacing_nm.value / what.spacing - 1.0) < 0.01
    grown = what.height * passage
    assert abs(track.growth_nm_s.value / grown - 1.0) < 0.03


def test_more_than_half_an_arm_between_frames_is_resolved_by_the_scan(made):
    what = made(passage=0.17, line_s=3.5 / 96)
    (track,) = follow(what.movie(5)).tracks
    assert abs(track.rotation_per_s.value / 0.17 - 1.0) < 0.01


def test_frames_taken_in_an_instant_leave_whole_arms_open(made):
    what = made(passage=0.02)
    (track,) = follow(what.movie(5)).tracks
    assert track.passage.wrapping is Wrapping.ASSUMED
    assert track.passage.modulo_per_s == pytest.approx(1.0 / what.every_s)
    assert abs(track.rotation_per_s.value / 0.02 - 1.0) < 0.02


def test_the_table_has_a_row_per_frame_and_core(made):
    what = made(cores=((110.0, 190.0, 1), (290.0, 200.0, -1)), spacing=70.0, line_s=0.02)
    table = follow(what.movie(4)).table()
    assert len(table) == 8 and set(table.core_id) == {0, 1}
    assert {"frame", "time_s", "x_nm", "x_random_u_nm", "x_systematic_u_nm", "phase_rad", "wrapping"} <= set(table)
    assert (table.groupby("core_id").phase_rad.apply(np.diff).apply(np.median) > 0).all()


def test_the_pixel_size_is_common_to_place_spacing_bend_and_height_and_no_part_of_the_rotation(made):
    movie = made(line_s=0.02).movie(3)
    sure, stated = (follow(replace(movie, grid=replace(movie.grid, pixel_scale_u=u))).tracks[0] for u in (0.0, 0.02))
    for name in ("x_nm", "y_nm", "spacing_nm", "bend_nm", "step_height_nm"):
        bare, found = getattr(sure, name), getattr(stated, name)
        assert np.sqrt(found.systematic_u**2 - bare.systematic_u**2) == pytest.approx(0.02 * abs(found.value))
        assert found.random_u == bare.random_u
    core = stated.seen[0].core
    assert core.spacing_nm.systematic_u > sure.seen[0].core.spacing_nm.systematic_u
    assert stated.rotation_per_s == sure.rotation_per_s


def test_a_movie_without_cores_has_an_empty_table(made):
    what = made(height=0.0)
    series = follow(what.movie(3))
    assert series.tracks == () and series.table().empty and "core_id" in series.table()


def test_a_core_hidden_for_a_while_keeps_its_identity(made):
    what = made(line_s=3.5 / 96)
    movie = what.movie(6)
    movie.read(3).slope[:] = np.nan
    (track,) = follow(movie).tracks
    assert [each.frame for each in track.seen] == [0, 1, 2, 4, 5]


def test_the_law_is_kept_by_its_own_spiral_and_not_by_that_of_archimedes(made):
    look = {"spacing": 60.0, "pixels": 112, "noise": 0.01, "riser": 6.0, "cores": ((225.0, 215.0, 1),)}
    radius = 60.0 / 18.99
    (own,) = follow(made(bend=radius, **look).movie(2)).tracks
    (straight,) = follow(made(bend=0.0, **look).movie(2)).tracks
    (kept,), (broken,) = bcf_test(own), bcf_test(straight)
    assert abs(kept.ratio.value - 1.0) < 0.15 and kept.p > 0.02
    assert broken.ratio.value < 0.4 and broken.p < 1e-3


def test_what_was_measured_elsewhere_can_stand_for_the_bend(made):
    (track,) = follow(made().movie(3)).tracks
    radius, velocity, growth = Quantity(90.0 / 18.99, 0.05), Quantity(90.0 * 0.02, 0.02), Quantity(0.16, 0.01)
    tests = bcf_test(track, radius, velocity, growth)
    assert [each.relation.split()[0] for each in tests] == ["18.99", "rotation", "growth"]
    for each in tests:
        assert abs(each.ratio.value - 1.0) < 0.03 and each.p > 0.05
    assert bcf_test(track, radius, velocity, Quantity(0.20, 0.01))[2].p < 0.01
