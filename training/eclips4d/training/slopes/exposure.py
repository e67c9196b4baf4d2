"""A rendered image is exposed: dose, blur, gains that are not quite known, counting noise, lag, digits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from eclips4d.core.calibration import Calibration
from eclips4d.core.frame import RawArray
from eclips4d.physics.signal.amplifier import lag, noise_correlation_px
from eclips4d.physics.signal.counting import count_electrons
from eclips4d.training.slopes.rendered import Rendered

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

ELECTRONS: Final = (40.0, 2.0e4)
"""Range of the dose, detected electrons per segment and pixel of a flat spot."""


@dataclass(frozen=True, slots=True)
class Camera:
    """What the exposure does to the signals.

    Attributes
    ----------
    electrons
        Per segment and pixel of a flat spot.
    adu
        Digital units per electron.
    gain, dark_adu, excess : float64 [n]
        True relative gains, dark levels, and variance over that of counting.
    gain_error, dark_error_adu : float64 [n]
        What the calibration is off by: relative, digital units.
    noise_error
        Factor on the noise that the calibration states.
    read_adu, lag_px, blur_px
        Read noise (sd), amplifier lag, width of the beam (sd).
    """

    electrons: float
    adu: float
    gain: F64
    dark_adu: F64
    excess: F64
    gain_error: F64
    dark_error_adu: F64
    noise_error: float
    read_adu: float
    lag_px: float
    blur_px: float


def random_camera(random: np.random.Generator, segments: int, electrons: tuple[float, float] = ELECTRONS) -> Camera:
    """An exposure of random dose and random faults."""
    dose = float(np.exp(random.uniform(*np.log(electrons))))
    adu = min(float(np.exp(random.uniform(np.log(2.0), np.log(20.0)))), 12000.0 / dose)
    flawed = random.random() < 0.6
    noise_per_pixel = np.sqrt(dose) * adu
    return Camera(
        electrons=dose,
        adu=adu,
        gain=1.0 + random.normal(0.0, 0.05, segments),
        dark_adu=random.uniform(0.0, 400.0, segments),
        excess=np.full(segments, random.uniform(1.0, 1.5)),
        gain_error=random.normal(0.0, 0.003, segments) * flawed,
        dark_error_adu=random.normal(0.0, 0.002, segments) * dose * adu * flawed,
        noise_error=float(np.exp(random.normal(0.0, 0.03))),
        read_adu=float(random.uniform(0.0, 0.3)) * noise_per_pixel * float(random.random() < 0.4),
        lag_px=float(random.uniform(0.1, 0.7)) if random.random() < 0.35 else 0.0,
        blur_px=float(random.uniform(0.15, 0.8)) if random.random() < 0.4 else 0.0,
    )


def expose(random: np.random.Generator, rendered: Rendered, camera: Camera) -> tuple[RawArray, Calibration]:
    """Digits of one frame, uint16 [n, y, x], and the calibration with which they are to be read."""
    electrons = rendered.signal * np.float32(camera.electrons)
    electrons = blurred(electrons, camera.blur_px)
    count_electrons(electrons, tuple(camera.excess.tolist()), random)
    lag(electrons, camera.lag_px)
    per_electron = (camera.adu * camera.gain).astype(np.float32)[:, None, None]
    digits = electrons * per_electron + camera.dark_adu.astype(np.float32)[:, None, None]
    if camera.read_adu:
        digits += np.float32(camera.read_adu) * random.standard_normal(digits.shape, dtype=np.float32)
    raw = np.clip(np.rint(digits), 0, 65535).astype(np.uint16)
    return raw, _as_known(camera, rendered.setting.calibration)


def blurred(images: F32, blur_px: float) -> F32:
    """Images [n, y, x] under a beam of this width (sd)."""
    if blur_px <= 0.0:
        return images
    return np.asarray(gaussian_filter(images, (0.0, blur_px, blur_px), mode="nearest", truncate=3.0))


def _as_known(camera: Camera, calibration: Calibration) -> Calibration:
    gain = camera.gain * (1.0 + camera.gain_error)
    correlation = noise_correlation_px(camera.lag_px)
    slope = camera.excess * camera.adu * camera.gain / correlation * camera.noise_error
    floor = np.full(len(gain), camera.read_adu**2 + 1.0 / 12.0) * camera.noise_error
    dark = camera.dark_adu + camera.dark_error_adu
    return msgspec.structs.replace(
        calibration,
        gain=tuple(gain.tolist()),
        offset_adu=tuple(dark.tolist()),
        noise_slope_adu=tuple(slope.tolist()),
        noise_floor_adu2=tuple(floor.tolist()),
        noise_correlation_px=correlation,
        lag_memory=math.exp(-1.0 / camera.lag_px) if camera.lag_px else 0.0,
    )
