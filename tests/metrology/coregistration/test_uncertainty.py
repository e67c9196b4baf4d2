"""Stated uncertainties against the scatter of many maps with noise of their own."""

import numpy as np
from made_maps import Rough, chart
from scipy.ndimage import gaussian_filter

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.fit import Level, Place, fitted
from eclips4d.metrology.coregistration.uncertainty import place_covariance

PIXEL, SHAPE = (2.0, 2.0), (80, 80)
HEIGHT = Rough(8, width_px=4.0, rms_nm=6.0).seen(SHAPE, 2.0)
DRAWS = 24


def test_the_scatter_is_what_is_stated_where_errors_belong_together():
    random = np.random.default_rng(11)
    numbers, stated = [], []
    for _ in range(DRAWS):
        noise = gaussian_filter(random.normal(size=SHAPE), 2.0)
        level = Level.of(HEIGHT, PIXEL, chart(HEIGHT + 0.4 * noise / noise.std()), 3.0)
        place = fitted(level, Place(Affine(shift_nm=(0.5, 0.5)), 1.0))
        assert place is not None
        numbers.append(place.affine.numbers())
        stated.append(np.sqrt(np.diag(place_covariance(level, place, SHAPE, False)[0])))
    ratio = np.std(numbers, axis=0) / np.sqrt(np.mean(np.square(stated), axis=0))
    # So few draws tell a standard deviation to 15 %.
    assert (ratio > 0.5).all() and (ratio < 1.6).all()
