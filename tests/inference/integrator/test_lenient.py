"""In one pass what `one_sided` and `readings` do by many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.inference.integrator.lenient import FORGIVEN, REACH, SD, counted
from eclips4d.inference.integrator.one_sided import OneSided
from eclips4d.inference.integrator.readings import across, excess, share_of
from eclips4d.inference.integrator.solve import Laplacian

PIXEL = (0.8, 1.3)
PER = (np.float32(1.0 / 0.8), np.float32(1.0 / 1.3))
UNIT = 0.3


def given_image(rows, columns, seed=0):
    rng = np.random.default_rng(seed)
    border, height = rng.normal(size=(2, rows, columns)), rng.normal(size=(rows, columns))
    weight = (rng.random((2, rows, columns)) > 0.2) * rng.uniform(0.2, 3.0, (2, rows, columns))
    for plane in (border, weight):
        plane[0, :, -1] = plane[1, -1] = 0.0
    return tuple(a.astype(np.float32) for a in (border, weight, height))


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(2, 40), columns=st.integers(2, 40), seed=st.integers(0, 99))
def test_it_is_the_leniency_of_one_sided(rows, columns, seed):
    border, weight, height = given_image(rows, columns, seed)
    noise = (UNIT / np.sqrt(np.where(weight > 0.0, weight, 1.0))).astype(np.float32)
    wall = share_of(across(excess(border, REACH)), noise, SD)
    fit = OneSided(border, weight, wall, np.float32(FORGIVEN) * noise)
    wanted = fit.leniency(height, Laplacian((rows, columns), PIXEL)) * (weight > 0.0)
    np.testing.assert_allclose(counted(border, weight, height, UNIT, PER), wanted, atol=1e-4)


def test_two_threads_change_no_bit():
    border, weight, height = given_image(300, 301)
    whole = counted(border, weight, height, UNIT, PER)
    part = counted(*(np.ascontiguousarray(a[..., :160, :]) for a in (border, weight, height)), UNIT, PER)
    np.testing.assert_array_equal(whole[:, :150], part[:, :150])


@pytest.mark.parametrize("power", [-20, 7])
def test_scaled_it_is_the_same_to_the_bit(power):
    border, weight, height = given_image(40, 50)
    factor = np.float32(2.0**power)
    scaled = counted(border * factor, weight, height * factor, UNIT * float(factor), PER)
    np.testing.assert_array_equal(scaled, counted(border, weight, height, UNIT, PER))
