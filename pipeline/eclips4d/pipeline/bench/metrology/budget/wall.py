"""A riser between two terraces, seen by an instrument that is not quite what its file says.

Every sub-pixel of the scan looks at a place of the specimen, where the surface has its true slope; the segments answer
with the exact signals of a facet there (`physics.facet`), whatever the pixels are said to be. Sub-pixels average.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import kappa
from eclips4d.physics.emission.literature import arnal_ratio
from eclips4d.physics.facet import facet_signals
from eclips4d.physics.microscope.readout import read_out
from eclips4d.physics.scenes.scene import Labels, Lines, of_one_material
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.physics.signal.effects import Effects
from eclips4d.physics.signal.gas_skirt import dilute

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

COPPER_Z = 29.0
SUB = 3
"""Sub-pixels per pixel and axis."""
EXCESS_NOISE = (1.15, 1.2, 1.25, 1.15)


@dataclass(frozen=True, slots=True)
class Wall:
    """A riser through the middle of the field; also a scene of the simulated microscope.

    Attributes
    ----------
    height_nm, angle_deg, azimuth_deg
        It rises towards the azimuth (on the screen).
    """

    height_nm: float
    angle_deg: float
    azimuth_deg: float

    @property
    def slope(self) -> float:
        """Of the riser."""
        return math.tan(math.radians(self.angle_deg))

    @property
    def run_nm(self) -> float:
        """Width of the riser."""
        return self.height_nm / self.slope

    @property
    def along(self) -> tuple[float, float]:
        """Direction in which it rises, array axes."""
        return math.cos(math.radians(self.azimuth_deg)), -math.sin(math.radians(self.azimuth_deg))

    def height(self, t_nm: F64) -> F64:
        """At places along the azimuth, from the middle of the riser."""
        return np.asarray(self.height_nm * np.clip(t_nm / self.run_nm + 0.5, 0.0, 1.0))

    @property
    def side_units(self) -> dict[str, str]:
        """None."""
        return {}

    def lines(self, x0_nm: F64, step_nm: float, count: int, y_nm: F64, t_s: F64) -> Lines:
        """As a scene."""
        x = x0_nm[:, None] + step_nm * np.arange(count)
        return of_one_material(self.height(x * self.along[0] + y_nm[:, None] * self.along[1]))

    def side(self, t_s: float) -> dict[str, float]:
        """Nothing."""
        return {}

    def labels(self) -> Labels:
        """Nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class Truth:
    """By how much everything is other than the instrument file says.

    Attributes
    ----------
    gain, dark_adu : tuple of float
        Relative, per segment; adu, per segment.
    contrast : float
        Relative, of the directional contrast: by the detector's outer radius.
    distance_mm : float
    thickness : float
        Of the gas, -ln(1 - scattered share); the whole of it.
    pixel : (float, float)
        Relative, along x and y.
    shear : float
        Columns per row.
    drift_px, drift_rate_px : (float, float)
        Row, column, of the image content: at the first row, and its change to the last.
    moved_nm : float
        How far the riser has moved along its azimuth.
    """

    gain: tuple[float, ...] = (0.0,) * 4
    dark_adu: tuple[float, ...] = (0.0,) * 4
    contrast: float = 0.0
    distance_mm: float = 0.0
    thickness: float = 0.0
    pixel: tuple[float, float] = (0.0, 0.0)
    shear: float = 0.0
    drift_px: tuple[float, float] = (0.0, 0.0)
    drift_rate_px: tuple[float, float] = (0.0, 0.0)
    moved_nm: float = 0.0


def signals(wall: Wall, instrument: Instrument, truth: Truth) -> F64:
    """Electrons per pixel of the terraces and of the riser, [2, n], for the detector as it is.

    A facet emits copper's yield (Arnal), the flat one the stated dose.
    """
    slopes = np.array([0.0, wall.slope])
    seen = facet_signals(_true(instrument, truth), np.stack([slopes * wall.along[0], slopes * wall.along[1]]))
    flat = float(facet_signals(instrument, np.zeros((2, 1))).mean())
    tilt = math.radians(wall.angle_deg)
    emitted = np.array([1.0, math.cos(tilt) * float(arnal_ratio(COPPER_Z, np.array(tilt)))])
    return np.asarray((seen * emitted).T * (instrument.beam.electrons_per_pixel or 1.0) / flat)


def electrons(wall: Wall, instrument: Instrument, side_px: int, truth: Truth, two: F64) -> F32:
    """Mean number of electrons, float32 [n, y, x]; `two` are the `signals`.

    Sub-pixels are on the riser or on a terrace, so a pixel is a mixture of two signals.
    """
    on = np.abs(_places(wall, instrument, side_px, truth)) < wall.run_nm / 2.0
    share = on.reshape(side_px, SUB, side_px, SUB).mean(axis=(1, 3))
    terrace, riser = two[:, :, None, None]
    made = (terrace + (riser - terrace) * share).astype(np.float32)
    return dilute(made, np.full(side_px, -math.expm1(-truth.thickness))) if truth.thickness else made


def frame(instrument: Instrument, mean: F32, truth: Truth, random: np.random.Generator | None = None) -> RawArray:
    """One recorded frame, uint16 [n, y, x], of so many `electrons`, which are overwritten.

    Parameters
    ----------
    random
        Counts them one by one; None for what is expected.
    """
    if random is not None:
        count_electrons(mean, EXCESS_NOISE[: len(mean)], random)
    detector = instrument.detector
    gain = tuple(g * (1.0 + e) for g, e in zip(detector.gain or (), truth.gain, strict=True))
    dark = tuple(o + e for o, e in zip(detector.offset_adu or (), truth.dark_adu, strict=True))
    times, rounding = np.zeros(mean.shape[1]), np.random.default_rng(0) if random is None else random
    return read_out(mean, instrument, gain, dark, times, None, Effects(), rounding)


def _true(instrument: Instrument, truth: Truth) -> Instrument:
    """The detector as it is."""
    detector = instrument.detector
    moved = {"distance_mm": detector.height_mm + truth.distance_mm}
    there = instrument.model_copy(update={"detector": detector.model_copy(update=moved)})
    if truth.contrast == 0.0:
        return there
    wanted, radius, step = kappa(there) * (1.0 + truth.contrast), float(detector.outer_radius_mm or 0.0), 0.01
    for _ in range(3):
        here, beside = (kappa(_with_radius(there, radius + d)) for d in (0.0, step))
        radius += (wanted - here) * step / (beside - here)
    return _with_radius(there, radius)


def _with_radius(instrument: Instrument, radius_mm: float) -> Instrument:
    detector = instrument.detector.model_copy(update={"outer_radius_mm": radius_mm})
    return instrument.model_copy(update={"detector": detector})


def _places(wall: Wall, instrument: Instrument, side_px: int, truth: Truth) -> F64:
    """Place along the azimuth at which each sub-pixel looks, nm, from the middle of the riser; [y, x]."""
    (dx, dy), (a, b) = instrument.scan.pixel_size_xy_nm, truth.pixel
    at = (np.arange(side_px * SUB) + 0.5) / SUB - 0.5
    seen_row = at / (side_px - 1)
    row = at - truth.drift_px[0] - truth.drift_rate_px[0] * seen_row - (side_px - 1) / 2.0
    column = at[None, :] - (truth.drift_px[1] + truth.drift_rate_px[1] * seen_row)[:, None] - (side_px - 1) / 2.0
    x = (column + truth.shear * row[:, None]) * dx * (1.0 + a)
    y = row[:, None] * dy * (1.0 + b)
    return np.asarray(x * wall.along[0] + y * wall.along[1] - truth.moved_nm)
