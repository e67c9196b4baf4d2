"""Instruments and frames of known surfaces."""

import numpy as np

from eclips4d.core.calibration import Calibration
from eclips4d.core.instrument import Instrument
from eclips4d.physics.detector import segment_response
from eclips4d.physics.field import response_field


def make_instrument(pixel_nm=4.0, rotation=0.0, beam=None, **detector) -> Instrument:
    known = {"distance_mm": 6.0, "inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "gap_mm": 0.3}
    known |= {"azimuths_deg": (45, 135, 225, 315)} | detector
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": 10} | (beam or {}),
            "scan": {"pixel_size_nm": pixel_nm, "rotation_deg": rotation},
            "detector": {k: v for k, v in known.items() if v is not None},
        }
    )


def make_calibration(instrument, gain=None, offset=None, noise_slope=1.0) -> Calibration:
    response, n = segment_response(instrument), instrument.segments
    gain = gain or (1.0,) * n
    return Calibration(
        gain=tuple(gain),
        offset_adu=tuple(offset or (0.0,) * n),
        noise_slope_adu=tuple(noise_slope * g for g in gain),
        noise_floor_adu2=(1 / 12,) * n,
        flat=tuple(response.flat),
        contrast=tuple(map(tuple, response.contrast)),
    )


def clean_frame(instrument, slope, yield_=1.0, gain=None, offset=None, dose=12000.0) -> np.ndarray:
    """Noise-free uint16 segments from the exact response of every pixel's place in the field."""
    n = instrument.segments
    p, q = slope
    matrix = response_field(instrument, p.shape).matrix()
    u = yield_ * dose / segment_response(instrument).flat.mean()
    signal = u * np.einsum("kcyx,cyx->kyx", matrix, np.stack([np.ones_like(p), p, q]))
    signal = signal * np.reshape(gain or (1.0,) * n, (n, 1, 1)) + np.reshape(offset or (0.0,) * n, (n, 1, 1))
    return np.clip(np.rint(signal), 0, 65535).astype(np.uint16)


def bumpy_slopes() -> np.ndarray:
    """Slopes of a gentle bump that is symmetric in nothing."""
    y, x = np.mgrid[0:60, 0:90] / 15.0
    return np.stack([0.3 * np.sin(x + 0.4 * y), 0.25 * np.cos(0.7 * y - 0.3 * x)])
