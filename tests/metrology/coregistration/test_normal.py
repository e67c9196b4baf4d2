"""Derivatives of the fit against differences of two evaluations, and weights against their formula."""

import numpy as np
import pytest
from made_maps import Rough, chart

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.fit import Level, Place, moved
from eclips4d.metrology.coregistration.normal import PLACE, RATIO, TERMS, normal, weights

ROUGH = Rough(5, width_px=6.0)
START = Place(Affine((1.03, 0.98), 4.0, 0.01, (3.0, -2.0)), 0.9)


def seen(level: Level, place: Place) -> np.ndarray:
    """The map's slopes in its place, times the ratio, at the pixels that `START` knows."""
    found = normal(level.run, level.chart, place.affine, place.ratio, level.half_nm)
    full = np.full((2, level.run.x.size), np.nan)
    full[:, found.known] = place.ratio * found.chart
    return full


@pytest.fixture(scope="module")
def level() -> Level:
    return Level.of(ROUGH.seen((90, 90), 2.0), (2.0, 2.0), chart(ROUGH.seen((90, 90), 2.0)), 6.0)


@pytest.mark.parametrize("term", range(PLACE + 1))
def test_what_every_term_does(level: Level, term: int):
    found = level.at(START)
    step = np.zeros(TERMS)
    step[term] = 0.02 if term < 2 else 1e-4 if term == RATIO else 0.02
    after, before = (seen(level, moved(START, sign * step, level.half_nm)) for sign in (0.5, -0.5))
    difference = ((after - before) / step[term])[:, found.known]
    both = np.isfinite(difference).all(axis=0)
    assert both.sum() > 200
    told = found.design[:, both, term]
    assert np.abs(told - difference[:, both]).max() < 0.05 * np.abs(told).max()


def test_plane_and_bow_are_slopes_of_polynomials(level: Level):
    found = level.at(START)
    x, y = level.run.x[found.known] / level.half_nm, level.run.y[found.known] / level.half_nm
    expected = {RATIO + 1: (1 + 0 * x, 0 * x), RATIO + 2: (0 * x, 1 + 0 * x), RATIO + 4: (y, x)}
    for term, slopes in expected.items():
        assert found.design[:, :, term] == pytest.approx(np.array(slopes))


def test_weights_leave_the_many_alone_and_drop_the_few():
    random = np.random.default_rng(2)
    rest = random.normal(scale=0.1, size=(2, 1000))
    rest[0, :20] = 5.0
    found, spread = weights(rest, np.zeros((2, 1000)))
    assert spread == pytest.approx(0.1, rel=0.1)
    assert found[:20].max() < 1e-3 and np.median(found[20:]) > 0.6
