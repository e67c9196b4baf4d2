"""Islands and pits that come and go: the whole of their volume counts, in the frames in which it came or went."""

import numpy as np
import pytest

from eclips4d.metrology.terraces.comings import Coming, hidden_nm3
from eclips4d.metrology.terraces.series import terraces_over_time

SECONDS = np.array([np.inf, 2.0, 2.0, 1.0, 2.0])
STEP, EVERY_S, SHAPE = 8.0, 2.0, (140, 140)


def test_what_is_left_goes_on_at_its_pace_until_it_is_used_up():
    went = Coming(pair=2, gain_nm3=50.0, rate_nm3_s=10.0, earlier=False, at_nm=(0.0, 0.0))
    np.testing.assert_allclose(went.parts_nm3(SECONDS), [0.0, 0.0, 20.0, 10.0, 20.0])


def test_what_was_there_when_found_came_before_and_no_earlier_than_the_run():
    came = Coming(pair=3, gain_nm3=-80.0, rate_nm3_s=-20.0, earlier=True, at_nm=(0.0, 0.0))
    np.testing.assert_allclose(came.parts_nm3(SECONDS), [0.0, -20.0, -40.0, -20.0, 0.0])
    before = Coming(pair=1, gain_nm3=500.0, rate_nm3_s=20.0, earlier=True, at_nm=(0.0, 0.0))
    np.testing.assert_allclose(before.parts_nm3(SECONDS), [0.0, 40.0, 0.0, 0.0, 0.0])


def test_without_a_pace_it_counts_at_once_and_against_it_not_at_all():
    once = Coming(pair=2, gain_nm3=50.0, rate_nm3_s=np.nan, earlier=False, at_nm=(0.0, 0.0))
    np.testing.assert_allclose(once.parts_nm3(SECONDS), [0.0, 0.0, 50.0, 0.0, 0.0])
    hidden = Coming(pair=2, gain_nm3=50.0, rate_nm3_s=-5.0, earlier=False, at_nm=(0.0, 0.0))
    assert not hidden.parts_nm3(SECONDS).any()


def test_gains_of_several_are_uncertain_each_for_itself():
    gain, u = hidden_nm3([Coming(2, v, np.nan, False, (0.0, 0.0)) for v in (30.0, -40.0)], SECONDS)
    assert gain[2] == pytest.approx(-10.0) and u[2] == pytest.approx(50.0 / np.sqrt(3.0))
    assert hidden_nm3([], SECONDS)[1].shape == SECONDS.shape


def film(surfaces, radii, sign):
    """A round island or pit of these radii beside a larger island that stays."""

    def height(radius):
        def made(x, y):
            there = surfaces.disc(x, y, 70.0, STEP, at=(-160.0, -160.0))
            return there + surfaces.disc(x, y, radius, sign * STEP, at=(100.0, 90.0))

        return made

    times = [np.full(SHAPE[0], EVERY_S * k) for k in range(len(radii))]
    frames = [
        surfaces.frame_of(height(r), SHAPE, sd=0.02, seed=k, times=times[k], frame=k) for k, r in enumerate(radii)
    ]
    return terraces_over_time(surfaces.movie_of(frames)).frames


@pytest.mark.parametrize("sign", [-1.0, 1.0], ids=["pit", "island"])
@pytest.mark.parametrize("grows", [False, True])
def test_growth_of_each_frame_is_right_though_edges_are_lost_on_the_way(surfaces, sign, grows):
    # The area changes evenly, by as much in each frame.
    area = np.linspace(np.pi * 90.0**2, 0.0, 11)[:: -1 if grows else 1]
    frames = film(surfaces, np.sqrt(area / np.pi), sign)
    assert set(frames["edges"]) == {1, 2}  # it is lost, or found, on the way
    truth = sign * STEP * np.diff(area)[1:] / EVERY_S / frames["growth_area_nm2"][2:]
    error = frames["growth_nm_s"][2:] - truth
    assert (np.abs(error) < 0.2 * np.abs(truth)).all()
    assert (np.abs(error) < 2.0 * frames["growth_u_nm_s"][2:]).all()
