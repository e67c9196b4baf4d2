"""A drawn velocity is marked where a neighbour of the step would do as well."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from eclips4d.metrology.quantity import Quantity
from eclips4d.metrology.steps.drawn import Told, drawn_motion, nearest_nm, repeat_nm

APART_NM, FRAME_S, SAMPLE_NM = 60.0, 2.0, 2.0


def kymograph(velocity_nm_s: float, frames: int = 12, seed: int = 0):
    """Slopes of evenly spaced steps that move."""
    x, t = np.arange(300) * SAMPLE_NM, FRAME_S * np.arange(frames)[:, None]
    phase = (x - velocity_nm_s * t) % APART_NM
    humps = np.exp(-0.5 * ((phase - 0.5 * APART_NM) / 6.0) ** 2)
    return humps + np.random.default_rng(seed).normal(0.0, 0.05, humps.shape)


@pytest.mark.parametrize("true", [4.0, -9.0, 11.0, 19.0, 40.0])
def test_what_is_called_clear_is_the_one_velocity_below_the_limit(true):
    """Brute force: the velocities that carry each profile best onto the next are the true one and its like."""
    image = kymograph(true)
    tried = np.arange(-45.0, 45.01, 0.5)
    x = np.arange(300) * SAMPLE_NM
    fits = [
        np.mean([np.corrcoef(np.interp(x + v * FRAME_S, x, b)[50:250], a[50:250])[0, 1] for a, b in pairwise(image)])
        for v in tried
    ]
    good = tried[np.array(fits) > 0.9 * max(fits)]
    verdicts = {v: drawn_motion(Quantity(float(v), 0.0), APART_NM, FRAME_S) for v in good}
    modulo = verdicts[good[0]].modulo_nm_s
    off = np.abs((good - true + 0.5 * modulo) % modulo - 0.5 * modulo)
    assert off.max() <= 2.0 and len(good) > 1  # all of them differ by whole distances per frame
    clear = [v for v in good if verdicts[v].told is Told.CLEAR]
    assert np.ptp(clear) <= 4.0
    assert (abs(true) < verdicts[good[0]].limit_nm_s) == any(abs(v - true) <= 2.0 for v in clear)


def test_uncertainty_that_reaches_the_limit_is_doubtful():
    for speed, u, told in ((10.0, 1.0, Told.CLEAR), (-14.0, 1.0, Told.DOUBTFUL), (15.5, 0.1, Told.ALIASED)):
        found = drawn_motion(Quantity(speed, u), APART_NM, FRAME_S)
        assert (found.told, found.limit_nm_s, found.modulo_nm_s) == (told, 15.0, 30.0)


def test_a_step_alone_is_always_clear():
    assert drawn_motion(Quantity(1e4, 1.0), math.inf, FRAME_S).told is Told.CLEAR
    assert nearest_nm(5.0, np.array([5.0, np.nan])) == math.inf
    assert nearest_nm(5.0, np.array([-40.0, 5.0, 17.0, np.nan])) == 12.0


def test_profiles_tell_their_distance_without_steps_being_found():
    assert repeat_nm(kymograph(7.0), SAMPLE_NM) == pytest.approx(APART_NM, abs=SAMPLE_NM)
    gaps = kymograph(7.0)
    gaps[:, 100:120] = np.nan
    assert repeat_nm(gaps, SAMPLE_NM) == pytest.approx(APART_NM, abs=SAMPLE_NM)


def test_noise_and_a_single_step_repeat_nowhere():
    noise = np.random.default_rng(1).normal(size=(12, 300))
    assert repeat_nm(noise, SAMPLE_NM) == math.inf
    x = np.arange(300) * SAMPLE_NM
    assert repeat_nm(np.exp(-0.5 * ((x - 300.0) / 6.0) ** 2)[None] + 0.01 * noise, SAMPLE_NM) == math.inf
