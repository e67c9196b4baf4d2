"""Calibration: a real indent one face left out, the false dome, lobes that are not Lambert's, recordings with truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.dome import calculated_ramp, fit_dome, read_ramp
from eclips4d.physics.calibration.outcome import spread
from eclips4d.pipeline.bench.one_face_out import MARGINS, OneFaceOut, one_face_out
from eclips4d.pipeline.bench.physics.calibration_lobes import lobe_rows
from eclips4d.pipeline.bench.physics.calibration_recordings import recording_rows
from eclips4d.pipeline.bench.principal_images import face_steepness, principal_gradients, scaled_angles
from eclips4d.pipeline.bench.real_frames import BESIDE, one_frame
from eclips4d.pipeline.bench.rows import Row, at_most

FACE_DEG, DEPTH_NM = 22.0, 2650.0
INDENT = "Vickers indent: each face by the other three"
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
    every = {margin: one_face_out(data, instrument, margin) for margin in MARGINS}
    middle = every[MARGINS[len(MARGINS) // 2]]
    found = []
    for azimuth, angle, depth in zip(middle.azimuth_deg, middle.predicted_deg, middle.depth_nm, strict=True):
        found.append(Row(INDENT, f"face at {azimuth:.0f}°: angle, degrees", float(angle)))
        found.append(Row(INDENT, f"face at {azimuth:.0f}°: depth along it, nm", float(depth)))
    found.append(at_most(INDENT, "rms of the four angles from 22°, degrees", middle.predicted_rms, LEFT_OUT_BELOW_DEG))
    for margin, out in every.items():
        found.append(Row(INDENT, f"… faces without {100 * margin:g} % at their edges, degrees", out.predicted_rms))
    depth = float(middle.depth_nm.mean())
    near = abs(depth / DEPTH_NM - 1.0) <= DEPTH_WITHIN
    found.append(Row(INDENT, "depth, mean of the four, nm", depth, "2650 ± 4 %", near))
    found.append(Row(INDENT, "a fit to all four: rms, degrees", middle.fitted_rms))
    faces = middle.pyramid.faces(data.shape[1:], 1.0)
    peer = scaled_angles(face_steepness(principal_gradients(data), faces), FACE_DEG)
    peer_rms = float(np.sqrt(np.mean((peer - FACE_DEG) ** 2)))
    found.append(Row(INDENT, "peer, principal images, one factor fitted to all four: rms, degrees", peer_rms))
    return [*found, *dome_rows(middle, instrument)]


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
