"""The search: correlation against `numpy.corrcoef`, chance against drawn maxima, places of made maps."""

import numpy as np
import pytest
from made_maps import Rough, chart

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.correlator import Correlator
from eclips4d.metrology.coregistration.search import EULER, Range, chance, search

ROUGH = Rough(3, width_px=5.0)
PIXEL = (2.0, 2.0)


def placed(affine: Affine, shape: tuple[int, int] = (80, 80)) -> np.ndarray:
    y, x = ((np.arange(n) - (n - 1) / 2) * 2.0 for n in shape)
    return ROUGH.at(*affine.to_grid(*np.meshgrid(x, y)))


def test_correlation_of_one_overlap_against_numpy():
    random = np.random.default_rng(0)
    fixed, moving = random.normal(size=(2, 12, 14))
    fixed[3, 4] = np.nan
    table, count = Correlator(fixed, (12, 14)).with_(moving)
    # The moving image two pixels further down and one to the left.
    row, column = 11 + 2, 13 - 1
    one, other = fixed[2:, :13], moving[:-2, 1:]
    known = np.isfinite(one)
    assert count[row, column] == known.sum()
    assert table[row, column] == pytest.approx(np.corrcoef(one[known], other[known])[0, 1])
    assert Correlator(fixed, (12, 14)).shift_of(row, column, moving.shape) == (-1.0, 2.0)


def test_chance_of_a_maximum_is_that_of_gumbels_law():
    random = np.random.default_rng(1)
    rivals = random.gumbel(10.0, 2.0, 4000)
    best = 10.0 + 2.0 * 12.0
    assert chance(best, rivals) == pytest.approx(4000 * np.exp(-12.0), rel=0.35)
    assert chance(10.0 + EULER, rivals) == pytest.approx(1.0)
    assert chance(1.0, np.ones(5)) == 1.0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_turned_and_shifted_map_is_found(sign: int):
    truth = Affine((1.04, 1.06), -9.0, 0.01, (24.0, -14.0))
    tried = Range(signs=(1, -1))
    outcome = search(ROUGH.seen((96, 96), 2.0), PIXEL, chart(sign * placed(truth)), tried)
    best = outcome.places[0]
    corners = np.array([-70.0, 70.0, 70.0, -70.0]), np.array([-70.0, -70.0, 70.0, 70.0])
    off = np.subtract(best.affine.to_grid(*corners), truth.to_grid(*corners))
    assert np.hypot(*off).max() < 14.0
    assert best.sign == sign and outcome.chance < 1e-3 and best.score > outcome.rival


def test_a_mirrored_map_is_found_where_both_are_tried():
    truth = Affine((1.0, 1.0), 4.0, 0.0, (6.0, 10.0), True)
    outcome = search(ROUGH.seen((96, 96), 2.0), PIXEL, chart(placed(truth)), Range(mirrors=(False, True)))
    assert outcome.places[0].affine.mirrored and outcome.chance < 1e-3
