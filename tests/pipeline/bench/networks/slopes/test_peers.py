"""Peers get their best: the parameter chosen on the truth beats its neighbours; a projection blurs nothing."""

import numpy as np
import pytest

from eclips4d.core.errors import InputError
from eclips4d.pipeline.bench.networks.slopes import chosen, errors, peers
from eclips4d.pipeline.bench.networks.slopes.chosen import best
from eclips4d.pipeline.bench.networks.slopes.peers import PEERS, curl_free, gaussian
from eclips4d.pipeline.bench.networks.slopes.scores import rms_error


def test_the_best_gaussian_beats_its_neighbours_and_theory_knows_it(synthetic):
    truth = synthetic.waves(96, 24.0, 0.2)
    reads = [synthetic.noisy(truth, 0.2, seed) for seed in range(3)]
    found = best("Gaussian", reads)
    grid = PEERS["Gaussian"].grid
    at = grid.index(found.parameter)
    assert 0 < at < len(grid) - 1
    for beside in (grid[at - 1], grid[at + 1]):
        other = [rms_error(gaussian(r.closed.slope, 0.2, beside), r.frame.slope) for r in reads]
        assert np.log(found.rms).mean() < np.log(other).mean()
    # Bias of a wave plus noise through the kernel: the optimum of their sum.
    sigma = np.linspace(0.3, 6.0, 400)
    k2 = 2 * (2 * np.pi / 24.0) ** 2
    power = (0.1**2) * (1 - np.exp(-k2 * sigma**2 / 2)) ** 2 + 0.2**2 / (4 * np.pi * sigma**2)
    assert found.parameter == pytest.approx(sigma[np.argmin(power)], rel=0.25)


def test_a_projection_keeps_a_surface_and_halves_noise(synthetic):
    truth = synthetic.waves(96, 24.0).astype(np.float32)
    inner = np.s_[:, 8:-8, 8:-8]
    np.testing.assert_allclose(curl_free(truth)[inner], truth[inner], atol=3e-3)
    noise = np.random.default_rng(1).standard_normal((2, 96, 96)).astype(np.float32)
    assert curl_free(noise).var() == pytest.approx(0.5, rel=0.05)
    np.testing.assert_allclose(curl_free(curl_free(noise)), curl_free(noise), atol=1e-4)


def test_total_variation_flattens_noise_and_keeps_a_large_step(synthetic):
    truth = np.zeros((2, 64, 64))
    truth[0, :, 32:] = 1.0
    reading = synthetic.noisy(truth, 0.05)
    slope = chosen.filtered("total variation", reading, 1.4)
    assert rms_error(slope, truth) < 0.4 * rms_error(reading.closed.slope, truth)
    assert slope[0, :, 36].mean() - slope[0, :, 27].mean() > 0.9


def test_scores_are_kept_and_not_made_again(synthetic, tmp_path, monkeypatch):
    reads = [synthetic.noisy(synthetic.waves(), 0.1)]
    first = best("Gaussian", reads, tmp_path)
    monkeypatch.setattr(chosen, "rms_error", lambda *_: pytest.fail("made again"))
    again = best("Gaussian", reads, tmp_path)
    assert again.parameter == first.parameter and again.rms == pytest.approx(first.rms)


def test_a_missing_package_is_said_and_not_run(synthetic, monkeypatch):
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None)
    assert not PEERS["BM3D"].there and PEERS["Gaussian"].there
    found = errors.bests_of([synthetic.noisy(synthetic.waves(), 0.1)])
    assert set(found) == {"Gaussian", "Gaussian, curl-free"}
    rows = errors.peer_rows("scene", np.array([0.1]), found)
    assert [row.what for row in rows if not np.isfinite(row.value)] == [
        "scene: total variation: package skimage is not installed",
        "scene: non-local means: package skimage is not installed",
        "scene: BM3D: package bm3d is not installed",
    ]


def test_without_scikit_image_the_cure_is_named(synthetic, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(peers.importlib, "import_module", missing)
    with pytest.raises(InputError, match="scikit-image is missing"):
        peers.total_variation(np.zeros((2, 8, 8), np.float32), 0.1, 1.0)
