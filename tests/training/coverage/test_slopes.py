"""Factors on the stated slope sd are found where errors were drawn with known ones."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.inference.networks.heads import SdFactors
from eclips4d.training.coverage.slopes import Pool, fitted


def pool(slope: float, shade: float, unit: float, truth: SdFactors, seed: int) -> Pool:
    """Normal errors with the sd that the true factors make of what the network says."""
    random = np.random.default_rng(seed)
    said = np.exp(random.normal(-1.0, 0.7, 10_000)).astype(np.float32)
    units, square, shades = (np.full(said.shape, value, np.float32) for value in (unit, slope**2, shade))
    drawn = random.standard_normal(said.shape, dtype=np.float32)
    given = (said, units, square, shades)
    return Pool(Pool(drawn, *given).stated(truth) * drawn, *given)


@pytest.mark.parametrize(
    "truth",
    [SdFactors(), SdFactors(0.8, 1.3, 0.2), SdFactors(1.0, 0.9, -0.2, 0.03), SdFactors(0.7, 1.1, 0.0, 0.08, 0.2)],
    ids=str,
)
def test_drawn_factors_are_found(truth: SdFactors) -> None:
    sorts = [(s, d, u) for s in (0.02, 0.3, 0.7, 1.2) for d in (0.0, 0.3) for u in (0.01, 0.1)]
    pools = [pool(*sort, truth, k) for k, sort in enumerate(sorts)]
    found = fitted(pools)
    assert found.slope_sd == pytest.approx(truth.slope_sd, rel=0.06)
    assert found.sd_power == pytest.approx(truth.sd_power, rel=0.06)
    assert found.unit_power == pytest.approx(truth.unit_power, abs=0.04)
    assert found.steep_sd == pytest.approx(truth.steep_sd, rel=0.12, abs=0.004)
    assert found.shade_sd == pytest.approx(truth.shade_sd, rel=0.12, abs=0.02)
    for one in pools:
        assert one.shares(found) == pytest.approx([0.6827, 0.95], abs=0.02)
