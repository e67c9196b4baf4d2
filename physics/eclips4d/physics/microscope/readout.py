"""The electronics behind the segments: gains, dark levels, light, read noise, digitiser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.physics.signal.digitiser import digitise
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.levels import glow, light_shares, wander

F64 = NDArray[np.float64]


def levels_adu(offset_adu: tuple[float, ...], times_s: F64, temperature_c: float | None, effects: Effects) -> F64:
    """Signal without electrons, of every segment at every time, float64 [n, times].

    Parameters
    ----------
    temperature_c
        Of the stage, which glows; None where nobody says.
    """
    level = np.repeat(np.asarray(offset_adu, dtype=float)[:, None], len(times_s), axis=1)
    n = len(offset_adu)
    if effects.dark_drift_adu > 0.0:
        level += effects.dark_drift_adu * wander(times_s, n, effects.wander_s, effects.seed)
    light = effects.laser_adu
    if temperature_c is not None:
        light += effects.glow_adu * float(glow(np.array(temperature_c)))
    if light > 0.0:
        level += light * light_shares(n, effects.seed)[:, None]
    return level


def gains(gain: tuple[float, ...], times_s: F64, effects: Effects) -> F64:
    """Relative gain of every segment at every time, float64 [n, times]."""
    steady = np.repeat(np.asarray(gain, dtype=float)[:, None], len(times_s), axis=1)
    if effects.gain_drift == 0.0:
        return steady
    return np.asarray(
        steady * (1.0 + effects.gain_drift * wander(times_s, len(gain), effects.wander_s, effects.seed + 1))
    )


def read_out(
    electrons: NDArray[np.float32],
    instrument: Instrument,
    gain: tuple[float, ...],
    offset_adu: tuple[float, ...],
    times_s: F64,
    temperature_c: float | None,
    effects: Effects,
    random: np.random.Generator,
) -> RawArray:
    """What the file holds of the counted electrons [n, y, x]; `times_s` are the rows' own."""
    adu = gains(gain, times_s, effects) * (instrument.beam.adu_per_electron or 1.0)
    return digitise(
        electrons,
        adu.astype(np.float32),
        levels_adu(offset_adu, times_s, temperature_c, effects).astype(np.float32),
        effects.read_noise_adu,
        random,
        grey_levels=effects.grey_levels,
        saturation_adu=effects.saturation_adu,
    )
