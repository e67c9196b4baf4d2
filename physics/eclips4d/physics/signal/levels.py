"""Gains and dark levels that wander slowly, and light that the detector mistakes for electrons."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

BAND_GAP_EV = 1.12
"""Of silicon: a diode sees no light of lower photon energy."""
GLOW_AT_C = 800.0
_PERIODS = np.array([1.0, 1.7, 2.9, 5.3])
_BOLTZMANN_EV = 8.617333e-5


def wander(t_s: F64, segments: int, shortest_s: float, seed: int) -> F64:
    """Slow random change of standard deviation 1 over long times, zero at t = 0, float64 [n, times].

    A sum of four incommensurate oscillations: a pure function of time, so that any frame can be made without those
    before it, and changes go on within a frame.
    """
    random = np.random.default_rng([seed, 0xDA4C])
    rate = 2.0 * np.pi / (shortest_s * _PERIODS * random.uniform(0.9, 1.1, (segments, 1, len(_PERIODS))))
    phase = random.uniform(0.0, 2.0 * np.pi, rate.shape)
    swing = np.sin(rate * t_s[None, :, None] + phase) - np.sin(phase)
    return np.asarray(swing.sum(-1) / math.sqrt(len(_PERIODS)))


def glow(temperature_c: F64) -> F64:
    """Light of a hot stage on a silicon diode, over that at 800 °C.

    Planck's photon flux above the band gap E: `T³·(x² + 2x + 2)·exp(−x)`, x = E/kT (Wien's tail, exact to exp(−x)).
    Around 800 °C it grows by 1.2 % per kelvin.
    """
    return _photons(temperature_c) / _photons(np.array(GLOW_AT_C))


def _photons(temperature_c: F64) -> F64:
    kelvin = np.maximum(np.asarray(temperature_c) + 273.15, 1.0)
    x = BAND_GAP_EV / (_BOLTZMANN_EV * kelvin)
    return np.asarray(kelvin**3 * (x * x + 2.0 * x + 2.0) * np.exp(-x))


def light_shares(segments: int, seed: int) -> F64:
    """How much of the light each segment gets, about 1: it comes from one side, so neighbours get alike."""
    random = np.random.default_rng([seed, 0x11647])
    from_rad = random.uniform(0.0, 2.0 * np.pi)
    return np.asarray(1.0 + 0.3 * np.cos(2.0 * np.pi * np.arange(segments) / segments - from_rad))
