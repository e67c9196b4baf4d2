"""Steps with nothing flat between them: the slope of the terraces comes from risers and their feet together."""

import numpy as np
import pytest
from scipy.special import ndtr

from eclips4d.metrology.terraces.levels import levels_of
from eclips4d.metrology.terraces.segmentation import segment
from eclips4d.metrology.terraces.series import terraces_over_time

STEP, APART, SHAPE, EVERY_S = 8.0, 110.0, (140, 140), 2.0


def train(riser, place=0.0, tilt=0.0):
    def height(x, y):
        return sum(STEP * ndtr((place + APART * k - x) / riser) for k in range(-7, 7)) + tilt * x + 0.0 * y

    return height


@pytest.mark.parametrize("riser", [17.0, 20.0, 22.0])
@pytest.mark.parametrize("tilt", [0.0, 0.05])
def test_crowded_steps_are_read_within_their_uncertainty_and_a_tenth(surfaces, riser, tilt):
    """A standard deviation of 0.15 to 0.2 of the distance: halfway between two edges a riser still has a tenth of its
    slope."""
    found = segment(surfaces.frame_of(train(riser, tilt=tilt), SHAPE, sd=0.02), surfaces.grid)
    step = np.average(found.pair_step_nm, weights=found.pair_length_px)
    assert step == pytest.approx(STEP, rel=0.1)
    assert found.feet_u > 0.0 and abs(step / STEP - 1.0) < 2.0 * found.feet_u
    assert found.attitude.slope[0] == pytest.approx(tilt, abs=0.004)


def test_the_uncertainty_reaches_levels_and_growth(surfaces):
    frames = [
        surfaces.frame_of(train(20.0, 6.0 * k), SHAPE, 0.02, seed=k, times=np.full(SHAPE[0], EVERY_S * k), frame=k)
        for k in range(2)
    ]
    feet_u = segment(frames[0], surfaces.grid).feet_u
    stood = levels_of(segment(frames[0], surfaces.grid), frames[0], surfaces.grid).columns
    known = np.hypot(feet_u, surfaces.grid.height_scale_u) * np.abs(stood["height_nm"])
    np.testing.assert_allclose(stood["height_systematic_u_nm"], known)
    last = terraces_over_time(surfaces.movie_of(frames)).frames.iloc[1]
    rim = int(last["growth_rim_px"])
    x, y = surfaces.places(SHAPE)
    inner = (slice(rim, SHAPE[0] - rim),) * 2
    truth = float((train(20.0, 6.0)(x, y) - train(20.0)(x, y))[inner].mean()) / EVERY_S
    assert last["growth_nm_s"] == pytest.approx(truth, rel=0.15)
    assert abs(last["growth_nm_s"] - truth) < 2.0 * last["growth_u_nm_s"]


def test_steps_with_room_between_them_are_left_alone(surfaces):
    assert segment(surfaces.frame_of(train(10.0), SHAPE, sd=0.02), surfaces.grid).feet_u == 0.0
    flat = segment(surfaces.frame_of(lambda x, y: 0.0 * x, SHAPE, sd=0.02), surfaces.grid)
    assert flat.feet_u == 0.0 and flat.count == 1
