"""The end of a scale that no pixel type tells."""

import numpy as np
import pytest
from made_frames import make_calibration, make_instrument

from eclips4d.inference.trust.full_scale import clipped


@pytest.mark.parametrize("end", [None, 4000, 4700])
def test_an_amplifier_at_its_end_is_told_from_the_tail_of_a_distribution(end):
    calibration = make_calibration(make_instrument(), noise_slope=8.0)
    random = np.random.default_rng(6)
    mean = np.full((4, 96, 96), 500.0)
    mean[2, 20:30, 40:52] = 700.0
    data = (8.0 * random.poisson(mean)).astype(np.uint16)
    over = np.zeros((96, 96), bool)
    if end is not None:
        over = data[2] >= end
        data[2] = np.minimum(data[2], end)
    found = clipped(data, calibration)
    if end is None:
        assert found is None
    else:
        np.testing.assert_array_equal(found, over)


def test_the_end_of_the_digits_is_one_whatever_the_number_of_pixels():
    calibration = make_calibration(make_instrument(), noise_slope=8.0)
    data = (8.0 * np.random.default_rng(7).poisson(500.0, (4, 32, 32))).astype(np.uint16)
    data[1, 3, 4] = 65535
    found = clipped(data, calibration)
    assert found is not None
    assert np.argwhere(found).tolist() == [[3, 4]]
