"""What happens to the electrons of a specimen on its crystal grains, below its surface and above it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.emission.spread import exit_spread
from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.signal.channelling import channel, grain_factors
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.gas_skirt import dilute, gas_dilution, share_over_rows
from eclips4d.physics.signal.interaction_blur import blur

F32 = NDArray[np.float32]

_MOMENTS = 9
"""In a frame at which side values are asked for; in between they change evenly."""


def channelled(signal: F32, grain: NDArray[np.int16], margin: int, instrument: Instrument, effects: Effects) -> F32:
    """The signal [n, y, x] with every grain's own preference of directions; `grain` has a margin around it."""
    if effects.channelling == 0.0:
        return signal
    rows, columns = signal.shape[1:]
    inside = grain[margin : margin + rows, margin : margin + columns]
    azimuths = np.radians(np.asarray(instrument.detector.azimuths_deg) - instrument.scan.rotation_deg)
    factors = grain_factors(int(inside.max()) + 1, azimuths, effects.channelling, effects.seed)
    return channel(signal, inside, factors)


def spread_out(signal: F32, instrument: Instrument, supersample: int, effects: Effects) -> F32:
    """The signal [n, y, x] on sub-pixels as it leaves the surface around the beam."""
    if not effects.blur:
        return signal
    x, y = instrument.scan.pixel_size_xy_nm
    spread = exit_spread(effects.blur_material, instrument.beam.energy_kev)
    return blur(signal, spread, (x / supersample, y / supersample))


def diluted(electrons: F32, scene: Surface, start_s: float, instrument: Instrument, effects: Effects) -> F32:
    """The electrons [n, y, x] in the gas that the scene's side values tell of."""
    if effects.gas_path_mm == 0.0:
        return electrons
    rows = electrons.shape[1]
    dilution = gas_dilution(effects.gas_path_mm, instrument.beam.energy_kev, effects.gas_temperature_c + 273.15)
    times = start_s + np.linspace(0.0, (rows - 1) * instrument.scan.line_time_s, _MOMENTS)
    share = share_over_rows(dilution, [scene.side(float(t)) for t in times], rows)
    return dilute(electrons, share, effects.gas_surroundings)
