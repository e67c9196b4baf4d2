"""The filter's swing back: its closed form, and that it is not taken for a step of the other sign."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.steps.find import find_seeds
from eclips4d.metrology.steps.lobes import AROUND, WIDEST_LOBE, in_lobes, lobe_of

AT = np.arange(-400.0, 400.25, 0.25)


def gaussian(at, sd):
    return np.exp(-0.5 * (at / sd) ** 2) / (np.sqrt(2.0 * np.pi) * sd)


def response(sd, width, at=AT):
    """To a hump of unit area: widths of Gaussians that follow each other add up in squares."""
    return gaussian(at, np.hypot(sd, width)) - gaussian(at, np.hypot(sd, AROUND * width))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.5, 20.0), st.floats(1.0, 8.0))
def test_the_closed_form_is_what_the_filter_does(sd, width):
    found = response(sd, width)
    turn, lobe = (float(v[0]) for v in lobe_of(np.array([sd]), width))
    assert lobe == pytest.approx(-found.min() / found.max(), rel=1e-2)
    assert abs(AT[found.argmin()]) == pytest.approx(np.sqrt(3.0) * turn, abs=0.3)
    assert response(sd, width, turn) == pytest.approx(0.0, abs=1e-12)
    assert lobe < WIDEST_LOBE


@settings(max_examples=40, deadline=None)
@given(st.floats(0.5, 4.0), st.floats(1.2, 8.0), st.sampled_from([-1.0, 1.0]))
def test_swings_back_are_known_as_such_and_more_than_that_is_not(sd, width, sign):
    found = sign * response(sd, width)[::4]
    middle = found.size // 2
    size = np.abs(found)
    size[(found * sign) > 0.0] = 0.0
    lobes = np.array([size[:middle].argmax(), middle + size[middle:].argmax()])
    at = np.array([lobes[0], middle, lobes[1]])
    assert in_lobes(at, found, np.zeros(found.size), width).tolist() == [True, False, True]
    found[lobes] *= 0.9 / size[lobes] * abs(found[middle])
    assert not in_lobes(at, found, np.zeros(found.size), width).any()


@pytest.mark.parametrize("apart", [5, 6, 8, 12])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_two_opposite_steps_side_by_side_are_both_found(apart, share):
    at = np.arange(200)
    one, other = (np.exp(-0.5 * ((at - place) / 1.6) ** 2) for place in (90, 90 + apart))
    random = np.random.default_rng(4)
    seeds = find_seeds(0.4 * one - share * 0.4 * other + random.normal(0.0, 0.01, 200), np.full(200, 0.01))
    assert [np.sign(seed.slope) for seed in seeds] == [1.0, -1.0]
    np.testing.assert_allclose([seed.place for seed in seeds], [90, 90 + apart], atol=1.5)
