"""What is left of structure, on structure that is known."""

import numpy as np
from scipy.ndimage import gaussian_filter

from eclips4d.pipeline.bench.networks.slopes.transfer import BANDS_PX, kept_share


def test_half_the_slopes_are_half_and_noise_adds_nothing():
    random = np.random.default_rng(0)
    truth = random.standard_normal((2, 128, 128))
    np.testing.assert_allclose(kept_share(0.5 * truth, truth), 0.5)
    noisy = truth + random.standard_normal(truth.shape)
    np.testing.assert_allclose(kept_share(noisy, truth), 1.0, atol=0.15)


def test_a_gaussian_takes_what_theory_says():
    truth = np.random.default_rng(1).standard_normal((2, 256, 256))
    smooth = np.stack([gaussian_filter(part, 1.0, mode="wrap") for part in truth])
    for (short, long), share in zip(BANDS_PX, kept_share(smooth, truth), strict=True):
        most, least = (np.exp(-2 * (np.pi / wave) ** 2) for wave in (long, short))
        assert least - 0.02 <= share <= most + 0.02
