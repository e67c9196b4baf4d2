"""Sums over labels, each label by itself with numpy."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.metrology.facets.correlation import correlation_px
from eclips4d.metrology.facets.sums import places_of, sums_over

RANDOM = np.random.default_rng(5)
SHAPE = (60, 70)
# Stripes, pixels missing here and there; label 4 has none.
LABELS = (np.add.outer(np.arange(60) // 20, np.arange(70) * 0 + 1) * (RANDOM.random(SHAPE) > 0.02)).astype(np.int32)
SLOPE = (RANDOM.standard_normal((2, *SHAPE)) + np.stack([LABELS, -2 * LABELS])).astype(np.float32)
SD = RANDOM.random(SHAPE).astype(np.float32)


def test_means_and_covariances_are_those_of_each_label():
    labels = LABELS
    sums = sums_over(LABELS, 4, SLOPE, SD)
    for k in range(3):
        here = labels == k + 1
        assert sums.n[k] == here.sum()
        assert sums.mean[k] == pytest.approx(SLOPE[:, here].astype(float).mean(axis=1))
        assert sums.covariance[k] == pytest.approx(np.cov(SLOPE[:, here].astype(float), bias=True))
        assert sums.variance[k] == pytest.approx((SD[here].astype(float) ** 2).mean())
    assert sums.n[3] == 0
    assert np.isnan(sums.mean[3]).all()


def test_places_are_means_of_columns_and_rows():
    labels = LABELS
    n, places = places_of(LABELS, 4)
    for k in range(3):
        y, x = np.nonzero(labels == k + 1)
        assert n[k] == len(x)
        assert places[k] == pytest.approx([x.mean(), y.mean()])
    assert np.isnan(places[3]).all()


def test_correlation_is_the_sum_over_pairs_of_one_label():
    labels = LABELS
    slope = SLOPE.copy()
    slope[:, :, 1:] += 0.4 * SLOPE[:, :, :-1]
    means = sums_over(LABELS, 4, slope, SD).mean
    told = []
    for k in range(3):
        here = labels == k + 1
        off = np.where(here, slope.astype(float) - means[k][:, None, None], 0.0)
        together = alone = pairs = pixels = 0.0
        for y in range(2, SHAPE[0] - 2, 3):
            for x in range(2, SHAPE[1] - 2):
                if here[y, x]:
                    around = slice(y - 2, y + 3), slice(x - 2, x + 3)
                    own = off[:, y, x]
                    together += own @ (off[:, around[0], around[1]].sum(axis=(1, 2)) - own)
                    alone += own @ own
                    pairs += here[around].sum() - 1
                    pixels += 1
        told.append(1.0 + together / alone * 24.0 * pixels / pairs)
    assert correlation_px(LABELS, slope, means, 200) == pytest.approx(np.median(told), rel=1e-5)
    assert correlation_px(LABELS, slope, means, 10**6) == 1.0
