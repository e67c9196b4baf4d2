"""A scanning microscope that looks at a scene: row by row at each row's own time, while the specimen drifts.

A frame comes about as in the instrument: the surface as scanned, the electrons that leave it and reach a segment
(exact visibility, emission law), where they leave it (blur, channelling), when the beam gets there (jitter, gas), how
they are counted, amplified and written down.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.physics.bsesm.render import ExactSimulator, exact_simulator
from eclips4d.physics.emission.lambert import lambert_law
from eclips4d.physics.emission.law import EmissionLaw
from eclips4d.physics.microscope.exposure import Exposure
from eclips4d.physics.microscope.optics import sub_pixels
from eclips4d.physics.microscope.readout import read_out
from eclips4d.physics.microscope.sampling import as_scanned, pixel_means
from eclips4d.physics.microscope.specimen import channelled, diluted, spread_out
from eclips4d.physics.microscope.surface import Surface
from eclips4d.physics.signal.amplifier import lag
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.row_jitter import to_pixels

F32 = NDArray[np.float32]

COPPER_Z = 29.0


@dataclass(frozen=True, kw_only=True)
class Microscope:
    """An instrument with its true gains, dark levels, noise and faults.

    Attributes
    ----------
    shape
        (rows, columns).
    gain, offset_adu
        True relative gain and dark level of each segment at time 0.
    excess_noise
        Per segment: variance over that of pure counting, in electrons.
    law
        How the specimen emits; Lambert's cosine with copper's yield over tilt when not given.
    supersample
        Sub-pixels per pixel and axis: walls narrower than a pixel need more than one.
    azimuths
        Directions in which the horizon is followed.
    occlusion
        Whether parts of the surface can hide the detector from others.
    margin_px
        Width of the surroundings, in pixels, that can cast shadows into the image.
    effects
        What the instrument adds.
    """

    instrument: Instrument
    shape: tuple[int, int]
    gain: tuple[float, ...]
    offset_adu: tuple[float, ...]
    excess_noise: tuple[float, ...]
    law: EmissionLaw = field(default_factory=lambda: lambert_law(COPPER_Z))
    supersample: int = 1
    azimuths: int = 64
    occlusion: bool = True
    margin_px: int = 8
    effects: Effects = field(default_factory=Effects)

    @cached_property
    def _simulator(self) -> ExactSimulator:
        """On sub-pixels, because blur and jitter act before pixels average."""
        return exact_simulator(
            sub_pixels(self.instrument, self.supersample),
            (self.shape[0] * self.supersample, self.shape[1] * self.supersample),
            law=self.law,
            azimuths=self.azimuths,
            margin=self.margin_px * self.supersample,
            occlusion=self.occlusion,
        )

    @cached_property
    def _electrons_per_signal(self) -> float:
        """From the middle of a flat field, where the stated dose holds."""
        flat = self._simulator(np.zeros(self._simulator.fine_shape))
        middle = flat[:, flat.shape[1] // 2, flat.shape[2] // 2].mean(dtype=np.float64)
        return (self.instrument.beam.electrons_per_pixel or 1.0) / float(middle)

    def with_effects(self, effects: Effects) -> Microscope:
        """The same microscope with other effects; what is prepared for the simulator is not made again."""
        other = replace(self, effects=effects)
        other.__dict__.update(_simulator=self._simulator, _electrons_per_signal=self._electrons_per_signal)
        return other

    def expected_electrons(
        self, scene: Surface, exposure: Exposure, row_shift_px: NDArray[np.float64] | None = None
    ) -> F32:
        """Mean number of electrons per segment and pixel, without noise, float32 [n, y, x].

        Parameters
        ----------
        row_shift_px
            By how much every row starts too far right, [y]; even without when not given.
        """
        ss, margin = self.supersample, self.margin_px * self.supersample
        surface = as_scanned(scene, exposure, self.instrument.scan, self.shape, ss, margin)
        signal = self._simulator(surface.height, surface.relative_yield)
        signal = channelled(signal, surface.grain, margin, self.instrument, self.effects)
        signal = spread_out(signal, self.instrument, ss, self.effects)
        electrons = to_pixels(signal, ss, row_shift_px)
        electrons *= np.float32(self._electrons_per_signal)
        return diluted(electrons, scene, exposure.start_s, self.instrument, self.effects)

    def expose(self, scene: Surface, exposure: Exposure, random: np.random.Generator) -> RawArray:
        """One recorded frame, uint16 [n, y, x]."""
        effects = self.effects
        jitter = effects.row_jitter_px
        shift = random.normal(0.0, jitter, self.shape[0]) if jitter > 0.0 else None
        electrons = self.expected_electrons(scene, exposure, shift)
        if effects.counting:
            count_electrons(electrons, self.excess_noise, random)
        lag(electrons, effects.lag_px)
        times = exposure.start_s + self.instrument.scan.line_time_s * np.arange(self.shape[0], dtype=np.float64)
        temperature = scene.side(exposure.start_s).get("temperature")
        return read_out(electrons, self.instrument, self.gain, self.offset_adu, times, temperature, effects, random)

    def true_height(self, scene: Surface, start_s: float) -> F32:
        """Pixel means of the height on the undistorted specimen grid, each row at its own time, float32 [y, x]; nm."""
        return pixel_means(scene, start_s, self.instrument.scan, self.shape)
