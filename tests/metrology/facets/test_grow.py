"""Growth of cores, against the rule read word by word."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from eclips4d.metrology.facets.grow import grown
from eclips4d.metrology.facets.smooth import Smoothed

SHAPE = (14, 17)


def by_rule(labels, slope, means, usable, reach):
    """Every free pixel takes, of its neighbours' labels, that with the nearest mean; all at once, again and again."""
    for _ in range(reach):
        before = labels.copy()
        for y, x in np.argwhere((before == 0) & usable):
            beside = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
            inside = [(v, h) for v, h in beside if 0 <= v < SHAPE[0] and 0 <= h < SHAPE[1]]
            near = {int(before[place]) for place in inside} - {0}
            if near:
                labels[y, x] = min(near, key=lambda k: np.sum((slope[:, y, x] - means[k - 1]) ** 2))
    return labels


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999), st.integers(0, 6), st.floats(0.02, 0.6), st.floats(0.5, 1.0))
def test_pixels_go_to_the_neighbour_with_the_nearest_mean(seed, reach, share, seen):
    random = np.random.default_rng(seed)
    labels = (random.integers(1, 6, SHAPE) * (random.random(SHAPE) < share)).astype(np.int32)
    slope = random.standard_normal((2, *SHAPE)).astype(np.float32)
    means = random.standard_normal((5, 2)).astype(np.float32).astype(np.float64)
    usable = random.random(SHAPE) < seen
    smooth = Smoothed(slope, slope[0], 1.0, usable, None)
    before = labels.copy()
    found = grown(labels, 5, smooth, means, reach)
    np.testing.assert_array_equal(labels, before)
    np.testing.assert_array_equal(found, by_rule(before, slope.astype(np.float64), means, usable, reach))
