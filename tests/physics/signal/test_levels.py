"""Wandering levels, glow and light."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from eclips4d.physics.signal.levels import glow, light_shares, wander


def test_wander_starts_at_zero_has_unit_size_and_is_a_function_of_time_alone() -> None:
    t = np.linspace(0.0, 200_000.0, 40_001)
    found = np.concatenate([wander(t, 4, 60.0, seed) for seed in range(40)])
    assert found[:, 0] == pytest.approx(0.0, abs=1e-12)
    assert np.sqrt(found.var(axis=1).mean()) == pytest.approx(np.sqrt(0.5), rel=0.02)
    assert np.sqrt((found[:, 1:] ** 2).mean()) == pytest.approx(1.0, rel=0.1), "about its value at the start"
    assert wander(t[77:78], 4, 60.0, 3) == pytest.approx(wander(t, 4, 60.0, 3)[:, 77:78])


def test_wander_is_slow() -> None:
    """Its rate is at most that of all oscillations in phase."""
    t = np.linspace(0.0, 500.0, 5001)
    rate = np.abs(np.diff(wander(t, 6, 60.0, 1), axis=1)).max() / 0.1
    assert rate < 2.0 * np.pi / (0.9 * 60.0) * (1 + 1 / 1.7 + 1 / 2.9 + 1 / 5.3) / 2.0


def photons(celsius: float) -> float:
    """Planck's flux above the band gap by quadrature, without Wien's approximation."""
    kt = 8.617333e-5 * (celsius + 273.15)
    return quad(lambda e: e * e / np.expm1(e / kt), 1.12, 6.0)[0]


@pytest.mark.parametrize("celsius", [400.0, 700.0, 806.0, 1000.0])
def test_glow_follows_planck(celsius: float) -> None:
    assert float(glow(np.array(celsius))) == pytest.approx(photons(celsius) / photons(800.0), rel=1e-3)


def test_light_reaches_all_segments_and_averages_to_one() -> None:
    shares = light_shares(5, 3)
    assert shares.mean() == pytest.approx(1.0) and shares.min() > 0.6
