"""The slopes integrators learn from: exact where they say so, as noisy as stated, the same from the same seed."""

import numpy as np
import pytest
import torch

from eclips4d.inference.integrate import integrate
from eclips4d.training.integrator.detector import Reading, reading
from eclips4d.training.integrator.learner import Learner
from eclips4d.training.integrator.seen import Seen, cut, turned
from eclips4d.training.integrator.stream import batches
from eclips4d.training.integrator.truth import pixel_means
from eclips4d.training.recipe import Budget, Data, NetworkShape, Recipe


def waves(side=48, fine=4):
    y, x = np.mgrid[: side * fine, : side * fine] / fine
    return (0.8 * np.sin(x / 6.0) * np.cos(y / 8.0)).astype(np.float32)


def test_pixel_means_belong_together():
    """Exact slopes integrate to the exact height."""
    truth = pixel_means(waves(), 4, np.inf)
    error = integrate(truth.slope, (1.0, 1.0)) - (truth.height - truth.height.mean())
    assert np.std(error) < 0.01 * np.std(truth.height)


def test_a_saturated_wall_is_read_too_low():
    height = np.zeros((64, 64), np.float32)
    height[:, 32:] = 5.0
    exact, read = (pixel_means(height, 4, limit) for limit in (np.inf, 2.0))
    assert exact.slope[0].sum(axis=1) == pytest.approx(5.0)
    assert (read.slope[0].sum(axis=1) > 0.0).all() and (read.slope[0].sum(axis=1) < 1.5).all()
    np.testing.assert_array_equal(exact.height, read.height)


def test_noise_is_about_as_large_as_stated():
    truth, spread = pixel_means(waves(), 4, np.inf), []
    for seed in range(60):
        read = reading(np.random.default_rng(seed), truth, np.ones(truth.height.shape, np.float32))
        spread.append(np.median(np.abs((read.slope - truth.slope) / read.slope_sd)) / 0.6745)
    assert 0.9 < np.quantile(spread, 0.8) < 1.15  # the others were cleaned of fine noise or lag
    assert np.quantile(spread, 0.1) < 0.7


def test_turned_slopes_integrate_to_the_turned_height():
    rng = np.random.default_rng(0)
    truth = pixel_means(waves(), 4, np.inf)
    sd, valid = rng.random((48, 48)).astype(np.float32), rng.random((48, 48)) > 0.1
    part = cut(Seen(Reading(truth.slope, sd, valid), truth.height), 3, 5, 40)
    for way in range(8):
        seen = turned(part, way)
        error = integrate(seen.reading.slope, (1.0, 1.0)) - (seen.height - seen.height.mean())
        assert np.std(error) < 0.02 * np.std(seen.height)
        np.testing.assert_array_equal(np.sort(seen.reading.slope_sd.ravel()), np.sort(part.reading.slope_sd.ravel()))
        assert (seen.reading.valid.mean() == part.reading.valid.mean()) and seen.reading.valid.shape == (40, 40)


@pytest.mark.slow
def test_same_seed_same_batches_and_a_toy_learns():
    """Two dozen steps of a tiny network lower its loss on what it sees."""
    data = Data(field_px=64, patch_px=64, batch=2, pool=4, replays=4)
    first, again, other = (next(batches(data, seed)) for seed in (1, 1, 2))
    torch.testing.assert_close(first.planes, again.planes, rtol=0, atol=0)
    assert not torch.equal(first.planes, other.planes)
    shape = NetworkShape(kind="integrator", size="toy", base=8, depth=1, unshuffle=4)
    recipe = Recipe(network=shape, budget=Budget(steps=30), data=data, iterations=0)
    learner = Learner(recipe, torch.device("cpu"))
    found = [float(learner.learn(first, 0.5, step).total.detach()) for step in range(30)]
    assert found[-1] < found[0] - 0.1


def test_a_mapper_learns_from_the_same_batches():
    data = Data(field_px=64, patch_px=64, batch=2, pool=2, replays=4)
    shape = NetworkShape(kind="mapper", size="toy", base=4, depth=1, unshuffle=2)
    learner = Learner(Recipe(network=shape, budget=Budget(steps=2), data=data), torch.device("cpu"))
    batch = next(batches(data, 1))
    before = float(learner.learn(batch, 0.5, 0).total.detach())
    for step in range(8):
        after = float(learner.learn(batch, 0.5, step).total.detach())
    assert after < before
