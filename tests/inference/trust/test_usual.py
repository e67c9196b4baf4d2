"""What is usual of brightness: the yield's law over tilt, found again in a frame that follows it."""

import numpy as np
import pytest

from eclips4d.inference.trust.usual import usual_of


@pytest.mark.parametrize("power", [0.0, 1.2, 1.9])
def test_the_law_of_a_frame_is_found(power):
    random = np.random.default_rng(3)
    slope = random.normal(scale=0.8, size=(2, 96, 110)).astype(np.float32)
    cosine = 1.0 / np.sqrt(1.0 + (slope**2).sum(0))
    uneven = 1.0 + 0.1 * np.linspace(0.0, 1.0, 110)
    brightness = 1.3 * uneven * ((1.0 + cosine) / 2.0) ** -power * random.normal(1.0, 0.01, cosine.shape)
    usual = usual_of(brightness.astype(np.float32), slope)
    tilted = np.polyval(usual.per_yield, 2.0 * np.cos(np.deg2rad([0.0, 30.0, 60.0])) - 1.0)
    law = ((1.0 + np.cos(np.deg2rad([0.0, 30.0, 60.0]))) / 2.0) ** power
    np.testing.assert_allclose(tilted / tilted[0], law / law[0], rtol=0.02)
    blocks = usual.around.mean(axis=0) / usual.around.mean()
    steps = np.array([part.mean() for part in np.array_split(uneven, len(blocks))])
    np.testing.assert_allclose(blocks, steps / steps.mean(), rtol=0.01)
