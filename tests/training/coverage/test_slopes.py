"""Factors on the stated slope sd are found where errors were drawn with known ones."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.inference.networks.heads import SdFactors
from eclips4d.training.coverage.slopes import Pool, fitted


def pool(slope: float, unit: float, truth: SdFactors, seed: int) -> Pool:
    """Normal errors with the sd that the true factors make of what the network says."""
    random = np.random.default_rng(seed)
    said = (unit * np.exp(random.normal(-1.0, 0.7, 10_000))).astype(np.float32)
    square = np.full(said.shape, slope**2, np.float32)
    drawn = random.standard_normal(said.shape, dtype=np.float32)
    return Pool(Pool(drawn, said, square).stated(truth) * drawn, said, square)


@pytest.mark.parametrize(
    "truth",
    [SdFactors(), SdFactors(0.8), SdFactors(1.0, 0.03), SdFactors(1.3, 0.01), SdFactors(0.7, 0.08)],
    ids=str,
)
def test_drawn_factors_are_found(truth: SdFactors) -> None:
    pools = [
        pool(slope, unit, truth, k)
        for k, (slope, unit) in enumerate((s, u) for s in (0.02, 0.3, 0.7, 1.2) for u in (0.01, 0.1))
    ]
    found = fitted(pools)
    assert found.slope_sd == pytest.approx(truth.slope_sd, rel=0.05)
    assert found.steep_sd == pytest.approx(truth.steep_sd, rel=0.1, abs=0.003)
    for one in pools:
        assert one.shares(found) == pytest.approx([0.6827, 0.95], abs=0.02)
