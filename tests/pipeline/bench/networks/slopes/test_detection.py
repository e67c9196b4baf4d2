"""Area under the ROC, and which pixels are steps."""

import numpy as np
import pytest

from eclips4d.pipeline.bench.networks.slopes.detection import areas_of, best_area, roc_area, scored, steps_and_terraces


def test_area_is_the_chance_of_the_right_order():
    random = np.random.default_rng(0)
    positive, negative = random.integers(0, 5, 40) + 1.0, random.integers(0, 5, 60).astype(float)
    pairs = positive[:, None] - negative
    assert roc_area(positive, negative) == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))
    assert roc_area(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert roc_area(np.array([0.0]), np.array([1.0, 2.0])) == 0.0


def _step(height=0.1):
    truth = np.zeros((2, 64, 64), np.float32)
    truth[0, :, 31:33] = height
    return truth


def test_steps_are_on_the_riser_and_terraces_far_away():
    on, off = steps_and_terraces(_step())
    assert set(np.flatnonzero(on.any(axis=0))) == {31, 32}
    assert not off[:, 27:37].any() and off[:, 8:27].any()


def test_smoothing_finds_a_faint_step_and_the_truth_finds_it_always(synthetic):
    reads = [synthetic.noisy(_step(0.1), 0.1, seed) for seed in range(3)]
    plain = areas_of(reads, (r.closed.slope for r in reads)).mean()
    value, areas = best_area("Gaussian", reads)
    assert value > 0.5 and areas.mean() > plain + 0.05
    assert roc_area(*scored(_step(), _step())) == 1.0
