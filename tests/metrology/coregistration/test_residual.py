"""Heights of both in one place: plane and bow are the run's, the scale is told, particles do not count."""

import numpy as np
import pytest
from made_maps import Rough, chart

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.fit import Place
from eclips4d.metrology.coregistration.residual import heights

PIXEL, SHAPE = (2.0, 2.0), (60, 70)
RUN = Rough(9, width_px=3.0, rms_nm=5.0).seen(SHAPE, 2.0)
NOISE = np.random.default_rng(0).normal(scale=0.1, size=SHAPE)


def test_what_is_left_is_the_noise():
    y, x = (np.linspace(-1, 1, n) for n in SHAPE)
    bow = 6.0 * x**2 - 4.0 * y[:, None] ** 2 + 3.0 * x * y[:, None] + 7.0 * x + 2.0
    other = (RUN + NOISE + bow) / 1.2
    other[20:24, 30:34] += 30.0
    found = heights(RUN, PIXEL, chart(other), Place(Affine(), 1.0))
    assert found.ratio.value.value == pytest.approx(1.2, rel=1e-3)
    assert found.rms_nm == pytest.approx(0.1, rel=0.1)
    assert not found.counted[21:23, 31:33].any() and found.counted.mean() > 0.95
    # The map keeps its own scale, but bends as the run does.
    rest = (RUN - 1.2 * found.map_nm)[found.counted]
    assert np.std(rest) == pytest.approx(0.1, rel=0.1)
    assert found.correlation_length_nm < 4.0


def test_beyond_the_map_nothing_is_known():
    found = heights(RUN, PIXEL, chart(RUN + NOISE), Place(Affine(shift_nm=(20.0, 0.0)), 1.0))
    assert np.isnan(found.map_nm[:, :10]).all() and np.isfinite(found.map_nm[:, 10:]).all()
    assert np.isnan(found.residual_nm[:, :10]).all()


def test_heights_that_do_not_go_together_have_no_ratio():
    found = heights(RUN, PIXEL, chart(-RUN), Place(Affine(), 1.0))
    assert np.isnan(found.ratio.value.value) and np.isfinite(found.rms_nm)
