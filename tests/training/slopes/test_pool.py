"""The pool: the same images at the same steps, whatever runs ahead; hard ones more often."""

from __future__ import annotations

import numpy as np

from eclips4d.training.slopes.pool import Pool


def test_a_pool_that_goes_on_holds_what_it_would_have_held():
    whole, later = Pool(lambda m: m, 8, 0.5, 4), Pool(lambda m: m, 8, 0.5, 4, start=20)
    for step in range(21):
        _, images = whole.draw(step, 3, np.random.default_rng(step))
    _, again = later.draw(20, 3, np.random.default_rng(20))
    whole.close()
    later.close()
    assert images == again


def test_hard_images_come_more_often():
    pool = Pool(lambda m: m, 10, 0.0, 10, exponent=1.0)
    for _ in range(20):
        pool.learnt(np.array([3]), np.array([1.0]))
    random = np.random.default_rng(0)
    drawn = np.concatenate([pool.draw(0, 1, random)[0] for _ in range(3000)])
    pool.close()
    assert 1.8 < (drawn == 3).mean() / (drawn == 4).mean() < 4.0


def test_exponent_nought_draws_all_alike():
    pool = Pool(lambda m: m, 4, 0.0, 4)
    pool.learnt(np.array([1]), np.array([5.0]))
    random = np.random.default_rng(0)
    drawn = np.concatenate([pool.draw(0, 2, random)[0] for _ in range(1000)])
    pool.close()
    assert abs((drawn == 1).mean() - 0.25) < 0.04
