"""Calibration: a real indent one face left out, the false dome, lobes that are not Lambert's, recordings with truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.dome import calculated_ramp, fit_dome, read_ramp
from eclips4d.physics.calibration.outcome import spread
from eclips4d.physics.calibration.parameters import Beforehand
from eclips4d.pipeline.bench.one_face_out import MARGINS, OneFaceOut, one_face_out
from eclips4d.pipeline.bench.physics.calibration_lobes import lobe_rows
from eclips4d.pipeline.bench.physics.calibration_recordings import recording_rows
from eclips4d.pipeline.bench.principal_images import face_steepness, principal_gradients, scaled_angles
from eclips4d.pipeline.bench.real_frames import BESIDE, one_frame
from eclips4d.pipeline.bench.rows import Row, at_most

FACE_DEG, DEPTH_NM = 22.0, 2650.0
INDENT = "Vickers indent: each face by the other three"
CHOICES = "Vickers indent, each face by the other three: rms in degrees under other choices, one at a time"
DOME = "false dome of the Vickers frame: fall of the read slope over the field times working distance"
LEFT_OUT_BELOW_DEG, DEPTH_WITHIN, DOME_WITHIN = 0.35, 0.04, 0.15


def rows(console: Console) -> list[Row]:
    """All tables of this part; those on real frames only where the recordings are."""
    found: list[Row] = []
    folder = BESIDE / "real" / "vickers"
    if folder.is_dir():
        with console.status("a real indent, one face left out"):
            found += indent_rows(folder)
    with console.status("Monte Carlo lobes, an artefact and what it makes right"):
        found += lobe_rows()
    if (BESIDE / "recordings").is_dir():
        with console.status("recordings with truth as artefacts"):
            found += recording_rows(BESIDE / "recordings")
    return found


def pictures(folder: Path) -> None:
    """Slope read over true slope, the faces of the indent, residuals of a fit, a control chart."""
    from eclips4d.pipeline.bench.physics.calibration_pictures import draw

    draw(folder, BESIDE / "real" / "vickers")


def indent_rows(folder: Path) -> list[Row]:
    """One face left out with what it depends on, the peer, and the dome."""
    data, instrument = one_frame(folder)
    middle = one_face_out(data, instrument)
    found = []
    for azimuth, angle, depth in zip(middle.azimuth_deg, middle.predicted_deg, middle.depth_nm, strict=True):
        found.append(Row(INDENT, f"face at {azimuth:.0f}°: angle, degrees", float(angle)))
        found.append(Row(INDENT, f"face at {azimuth:.0f}°: depth along it, nm", float(depth)))
    found.append(at_most(INDENT, "rms of the four angles from 22°, degrees", middle.predicted_rms, LEFT_OUT_BELOW_DEG))
    depth = float(middle.depth_nm.mean())
    near = abs(depth / DEPTH_NM - 1.0) <= DEPTH_WITHIN
    found.append(Row(INDENT, "depth, mean of the four, nm", depth, "2650 ± 4 %", near))
    found.append(Row(INDENT, "a fit to all four: rms, degrees", middle.fitted_rms))
    faces = middle.pyramid.faces(data.shape[1:], 1.0)
    peer = scaled_angles(face_steepness(principal_gradients(data), faces), FACE_DEG)
    peer_rms = float(np.sqrt(np.mean((peer - FACE_DEG) ** 2)))
    found.append(Row(INDENT, "peer, principal images, one factor fitted to all four: rms, degrees", peer_rms))
    return [*found, *choice_rows(data, instrument), *dome_rows(middle, instrument)]


def choice_rows(data: NDArray[np.uint16], instrument: Instrument) -> list[Row]:
    """The same rms under other choices than those of `calibrate`, one at a time; none of them has a bar."""
    kept: dict[str, dict[str, Any]] = {f"faces without {100 * m:g} % at their edges": {"margin": m} for m in MARGINS}
    others: dict[str, dict[str, Any]] = {
        "axis held upright": {"axis_sd_deg": 0.0},
        "axis tilted by 0.25°, 1 sd": {"axis_sd_deg": 0.25},
        "azimuths machined to 1°": {"usual": Beforehand(machined_deg=1.0)},
        "azimuths machined to 2°": {"usual": Beforehand(machined_deg=2.0)},
        "no harmonics": {"usual": Beforehand(second=((0.0, 1e-6), (0.0, 1e-6)), third=(0.0, 1e-6))},
        "second harmonic 0.015 ± 0.03 beforehand": {"usual": Beforehand(second=((0.015, 0.03), (0.0, 0.03)))},
        "second harmonic 0.03 ± 0.04 beforehand": {"usual": Beforehand(second=((0.03, 0.04), (0.0, 0.03)))},
        "second harmonic 0.03 ± 0.04, machined to 2°": {
            "usual": Beforehand(machined_deg=2.0, second=((0.03, 0.04), (0.0, 0.03)))
        },
    }
    return [
        Row(CHOICES, name, one_face_out(data, instrument, **choice, depths=False).predicted_rms)
        for name, choice in (kept | others).items()
    ]


def dome_rows(out: OneFaceOut, instrument: Instrument) -> list[Row]:
    """Read by the calibrated contrast, calculated from geometry alone, and fitted."""
    distance, shape = instrument.detector.height_mm, out.field.shape
    read = np.array(read_ramp(out.field, out.fit.parameters, instrument))
    nominal = np.array(calculated_ramp(instrument, shape))
    found = [Row(DOME, f"read along {axis}", float(-r * distance)) for axis, r in zip("xy", read, strict=True)]
    found.append(
        Row(DOME, "calculated: working distance, 14–42°, Lambert, nothing fitted", float(-nominal[0] * distance))
    )
    found.append(at_most(DOME, "calculated over read − 1", float(abs(nominal.mean() / read.mean() - 1.0)), DOME_WITHIN))
    for inner, outer in ((1.0, 4.0), (1.25, 5.0), (1.5, 6.0)):
        ramp = np.mean(calculated_ramp(_with_radii(instrument, inner, outer), shape))
        found.append(
            Row(DOME, f"… with radii of {inner:g} and {outer:g} mm: over read − 1", float(ramp / read.mean() - 1.0))
        )
    dome = fit_dome(out.field, out.fit.parameters, instrument, spread(out.fit).dark_shift)
    centred = np.array(calculated_ramp(_with_centre(instrument, dome.centre_mm), shape))
    found.append(Row(DOME, "centre fitted, x, mm", dome.centre_mm[0]))
    found.append(Row(DOME, "centre fitted, y, mm", dome.centre_mm[1]))
    found.append(
        Row(DOME, "calculated with the fitted centre, over read − 1", float(centred.mean() / read.mean() - 1.0))
    )
    found.append(Row(DOME, "distance fitted with the contrast of the indent, mm", dome.distance_mm))
    found.append(Row(DOME, "… ± mm, the open dark level included", dome.distance_u))
    return found


def _with_radii(instrument: Instrument, inner_mm: float, outer_mm: float) -> Instrument:
    update = {"inner_radius_mm": inner_mm, "outer_radius_mm": outer_mm}
    return instrument.model_copy(update={"detector": instrument.detector.model_copy(update=update)})


def _with_centre(instrument: Instrument, centre_mm: tuple[float, float]) -> Instrument:
    return instrument.model_copy(update={"detector": instrument.detector.model_copy(update={"offset_mm": centre_mm})})
