"""Agreement both ways: parallel steps agree with parallel steps, rough surfaces only with themselves."""

import numpy as np
from made_maps import Rough, chart

from eclips4d.metrology.coregistration.affine import Affine
from eclips4d.metrology.coregistration.confidence import either_way, significance, slope_correlation
from eclips4d.metrology.coregistration.fit import Level, Place

PIXEL, SHAPE = (2.0, 2.0), (96, 96)
STEPS = 5.0 * np.tanh(8.0 * np.sin(np.arange(96) / 5.0)) * np.ones((96, 1))
HERE = Place(Affine(), 1.0)


def level(run: np.ndarray, other: np.ndarray) -> Level:
    return Level.of(run, PIXEL, chart(other), 4.0)


def test_parallel_steps_of_another_place_agree_one_way_only():
    run, other = (STEPS + Rough(seed, rms_nm=1.0).seen(SHAPE, 2.0) for seed in (1, 2))
    both = level(run, other)
    assert significance(both, HERE, SHAPE, slope_correlation(both, HERE)) > 8.0
    assert either_way(both, HERE, SHAPE) < 4.0


def test_the_same_place_agrees_either_way():
    noise = np.random.default_rng(4).normal(scale=0.1, size=SHAPE)
    run = STEPS + Rough(1, rms_nm=1.0).seen(SHAPE, 2.0)
    assert either_way(level(run, run + noise), HERE, SHAPE) > 10.0
