"""Facets that emit as a Monte Carlo says, read by Lambert's law and by a calibration on an artefact of three angles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from eclips4d.core.instrument import Instrument
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.physics.calibration.from_relief import fit_relief
from eclips4d.physics.calibration.outcome import calibrated_instrument, settings
from eclips4d.physics.calibration.relief import relief
from eclips4d.physics.emission.tables import monte_carlo_law
from eclips4d.pipeline.bench.rows import Row

F64 = NDArray[np.float64]

TABLE = "slope read over true − 1, %: Monte Carlo lobes by Lambert and calibrated on faces of 10, 22, 40°"
CASES = (("Cu", 10.0, 4), ("Cu", 10.0, 3), ("Cu", 20.0, 4), ("Si", 10.0, 4), ("Au", 10.0, 4))
"""Material, keV, segments."""
ARTEFACT_DEG = (10.0, 22.0, 40.0) * 3
TESTED_DEG = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0)
WITHIN_PERCENT, WITHIN_DEG = 1.0, 40.0
PIXEL_NM, DOSE, ADU = 20.0, 3000.0, 8.0


@dataclass(frozen=True, slots=True)
class Read:
    """Error of the slope, %, at `TESTED_DEG`: by Lambert's law, with gains and dark levels known, and calibrated."""

    lambert: F64
    calibrated: F64


def lobe_rows() -> list[Row]:
    """Lambert's error at 10 and 40 degrees, and the worst error of the calibrated slope from 5 to 40 degrees."""
    found = []
    for material, energy, segments in CASES:
        read = slopes_read(material, energy, segments)
        name = f"{material}, {energy:g} keV, {segments} segments"
        found += [
            Row(TABLE, f"{name}: Lambert at {degrees:g}°", float(read.lambert[TESTED_DEG.index(degrees)]))
            for degrees in (10.0, 40.0)
        ]
        within = np.abs(read.calibrated[np.array(TESTED_DEG) <= WITHIN_DEG])
        worst = float(within.max())
        found.append(Row(TABLE, f"{name}: calibrated, worst of 5–40°", worst, "≤ 1", worst <= WITHIN_PERCENT))
        found.append(Row(TABLE, f"{name}: calibrated at 45°, beyond the artefact", float(read.calibrated[-1])))
    return found


@lru_cache(maxsize=8)
def slopes_read(material: str, energy_kev: float, segments: int) -> Read:
    """Image an artefact, calibrate on it, image other facets with the same detector, and read those.

    The artefact is rendered by the exact simulator with the Monte Carlo lobe, counting noise, unequal gains and dark
    levels that nobody tells; the fit knows its height map and the detector's geometry.
    """
    blank = _instrument(energy_kev, segments)
    each = np.arange(segments, dtype=np.float64)
    gain, dark = np.asarray(1.0 + 0.02 * np.cos(each)), np.asarray(200.0 + 30.0 * each)
    shape = pyramids(ARTEFACT_DEG, 512, 10.0)
    frame = _frame(blank, shape, material, energy_kev, gain, dark, 0)
    fit = fit_relief([frame], [relief(shape, PIXEL_NM, blank, frame.shape[1:])], blank).fit
    calibrated = calibrated_instrument(fit, blank, settings(fit, blank, "height: 10, 22 and 40 degrees", 0.0))
    told = {"gain": tuple((gain / gain.mean()).tolist()), "offset_adu": tuple(dark.tolist())}
    known = blank.model_copy(update={"detector": blank.detector.model_copy(update=told)})
    tested = pyramids(TESTED_DEG, 768, 33.0)
    other = _frame(blank, tested, material, energy_kev, gain, dark, 1)
    return Read(_errors(known, other, tested), _errors(calibrated, other, tested))


def pyramids(faces_deg: tuple[float, ...], size: int, turn_deg: float) -> F64:
    """Heights of pyramids side by side, nm, [size, size], every one turned further."""
    across = int(np.ceil(np.sqrt(len(faces_deg))))
    room = size / across
    y, x = np.mgrid[:size, :size].astype(np.float64)
    height = np.zeros((size, size))
    for i, face in enumerate(faces_deg):
        row, column = (i // across + 0.5) * room, (i % across + 0.5) * room
        turn = np.radians(turn_deg + 17.0 * i)
        along = (x - column) * np.cos(turn) + (y - row) * np.sin(turn)
        aside = (y - row) * np.cos(turn) - (x - column) * np.sin(turn)
        rise = np.maximum(0.3 * room - np.maximum(np.abs(along), np.abs(aside)), 0.0)
        height = np.maximum(height, np.tan(np.radians(face)) * PIXEL_NM * rise)
    return height


def _frame(
    instrument: Instrument, height: F64, material: str, energy_kev: float, gain: F64, dark: F64, seed: int
) -> NDArray[np.uint16]:
    rows, columns = height.shape
    seen = exact_simulator(instrument, (rows, columns), law=monte_carlo_law(material, energy_kev))(height)
    counted = np.random.default_rng(seed).poisson(seen * (DOSE / np.median(seen)))
    signal = counted * (ADU * gain)[:, None, None] + dark[:, None, None]
    return np.clip(np.rint(signal), 0, 65535).astype(np.uint16)


def _errors(instrument: Instrument, frame: NDArray[np.uint16], height: F64) -> F64:
    """Mean slope along the true direction over the true slope, minus 1, % at `TESTED_DEG`."""
    slope = load_model("analytic", instrument)(frame, estimate_calibration(frame, instrument)).slope
    q, p = np.gradient(height, PIXEL_NM)
    steep = np.hypot(p, q)
    found = []
    for degrees in TESTED_DEG:
        true = np.tan(np.radians(degrees))
        face = binary_erosion(np.abs(steep - true) < 1e-3 * true, iterations=3)
        found.append(100.0 * float(((slope[0] * p + slope[1] * q)[face] / true**2).mean() - 1.0))
    return np.array(found)


def _instrument(energy_kev: float, segments: int) -> Instrument:
    return Instrument.model_validate(
        {
            "beam": {"energy_kev": energy_kev, "electrons_per_pixel": DOSE, "adu_per_electron": ADU},
            "scan": {"pixel_size_nm": PIXEL_NM},
            "detector": {
                "distance_mm": 6.0,
                "inner_radius_mm": 1.75,
                "outer_radius_mm": 7.0,
                "gap_mm": 0.3,
                "azimuths_deg": tuple(45.0 + 360.0 * k / segments for k in range(segments)),
            },
        }
    )
