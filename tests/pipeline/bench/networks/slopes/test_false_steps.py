"""The counter of false steps counts a step, and neither a tilt nor specks."""

import numpy as np
import pytest

from eclips4d.pipeline.bench.networks.slopes.false_steps import count_steps, per_um2

FLAT = np.zeros((2, 64, 64), np.float32)


def test_steps_count_by_their_length_and_specks_are_none():
    slope = FLAT.copy()
    slope[0, 10:18, 30:32] = 0.2
    assert count_steps(slope, FLAT, 0.1) == 1.0
    slope[1, 10:50, 50:52] = -0.2
    assert count_steps(slope, FLAT, 0.1) == 6.0
    assert count_steps(np.random.default_rng(0).standard_normal(FLAT.shape), FLAT, 0.1) > 150
    specks = FLAT.copy()
    specks[0, 10:60:10, 10:60:10] = 0.5
    assert count_steps(specks, FLAT, 0.1) == 0


def test_a_tilted_frame_and_a_fainter_step_are_no_steps():
    assert count_steps(FLAT + np.float32(0.3), FLAT, 0.1) == 0
    faint = FLAT.copy()
    faint[0, 10:50, 30:32] = 0.04
    assert count_steps(faint, FLAT, 0.1) == 0 and count_steps(faint, FLAT, 0.05) == 5.0


def test_a_diagonal_ridge_hangs_together():
    slope = FLAT.copy()
    slope[0, np.arange(10, 26), np.arange(10, 26)] = 0.3
    assert count_steps(slope, FLAT, 0.1) == 1.0


def test_counts_are_per_area(synthetic):
    slope = FLAT.copy()
    slope[0, 10:50, 30:32] = 0.2
    flats = [synthetic.noisy(FLAT, 0.1, seed) for seed in range(2)]
    area = 2 * (56 * 0.02) ** 2
    assert per_um2(flats, [slope, FLAT]) == pytest.approx(5.0 / area)
