"""Artefacts imaged by a facet model that shares no code with the fit: sums over detector cells, an own lobe."""

import numpy as np

from eclips4d.core.instrument import Instrument

PIXEL_NM = 20.0


def instrument(segments=4, pixel_nm=PIXEL_NM, beam=None, **detector) -> Instrument:
    known = {"distance_mm": 6.0, "inner_radius_mm": 1.75, "outer_radius_mm": 7.0, "gap_mm": 0.3}
    known |= {"azimuths_deg": tuple(45.0 + 360.0 * k / segments for k in range(segments))} | detector
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": 10.0} | (beam or {}),
            "scan": {"pixel_size_nm": pixel_nm},
            "detector": {k: v for k, v in known.items() if v is not None},
        }
    )


def lobe(cosine, tilt, forward=0.7):
    """Electrons per steradian towards `cosine` from the facet's normal: a cosine law that leans and sharpens."""
    return np.maximum(cosine, 0.0) ** (1.0 + forward) * (1.0 + 0.3 * tilt**2)


def segment_signals(p, q, azimuths_deg, forward=0.7, take_off=(16.26, 49.4)):
    """Signals [n, …] of facets of slopes p, q (array axes, y down) over those of a flat one."""
    theta = np.radians(np.linspace(*take_off, 13))
    theta = (theta[1:] + theta[:-1]) / 2.0
    n = len(azimuths_deg)
    out = []
    tilt = np.arctan(np.hypot(p, q))
    for azimuth in azimuths_deg:
        total, flat = np.zeros(np.shape(p)), 0.0
        for phi in np.radians(azimuth + 360.0 / n * (np.arange(13) - 6.0) / 13.0):
            for t in theta:
                direction = np.array([np.sin(t) * np.cos(phi), np.sin(t) * np.sin(phi), np.cos(t)])
                cosine = (-p * direction[0] + q * direction[1] + direction[2]) / np.sqrt(1.0 + p**2 + q**2)
                total = total + np.sin(t) * lobe(cosine, tilt, forward)
                flat += np.sin(t) * lobe(np.cos(t), 0.0, forward)
        out.append(total / flat)
    return np.stack(out)


def image(height_nm, azimuths_deg, pixel_nm=PIXEL_NM, gain=None, dark=None, dose=2000.0, forward=0.7, seed=0):
    """uint16 segments of a height map [y, x], counted."""
    n = len(azimuths_deg)
    q, p = np.gradient(height_nm, pixel_nm)
    signal = segment_signals(p, q, azimuths_deg, forward) * dose
    counted = np.random.default_rng(seed).poisson(signal) * 8.0
    gain = np.ones(n) if gain is None else np.asarray(gain)
    dark = np.zeros(n) if dark is None else np.asarray(dark)
    return np.clip(np.rint(counted * gain[:, None, None] + dark[:, None, None]), 0, 65535).astype(np.uint16)


def pyramids(faces_deg, size=256, turn_deg=12.0, sign=1.0, share=0.3):
    """Heights of pyramids side by side, each turned further."""
    across = int(np.ceil(np.sqrt(len(faces_deg))))
    room = size / across
    y, x = np.mgrid[:size, :size].astype(float)
    height = np.zeros((size, size))
    for i, face in enumerate(faces_deg):
        row, column, turn = (i // across + 0.5) * room, (i % across + 0.5) * room, np.radians(turn_deg + 23.0 * i)
        along = (x - column) * np.cos(turn) + (y - row) * np.sin(turn)
        aside = (y - row) * np.cos(turn) - (x - column) * np.sin(turn)
        rise = np.maximum(share * room - np.maximum(abs(along), abs(aside)), 0.0)
        height = np.maximum(height, np.tan(np.radians(face)) * PIXEL_NM * rise)
    return sign * height


def cap(radius_nm, share=0.7, size=320, at=(150.3, 171.6), sign=1.0):
    """Height of a spherical cap on a flat."""
    y, x = np.mgrid[:size, :size] * PIXEL_NM
    square = (y - at[0] * PIXEL_NM) ** 2 + (x - at[1] * PIXEL_NM) ** 2
    height = np.sqrt(np.maximum(radius_nm**2 - square, 0.0)) - radius_nm * np.sqrt(1.0 - share**2)
    return sign * np.maximum(height, 0.0)
