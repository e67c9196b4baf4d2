"""What the chain gets right: heights, drifts, angles and noise against truth, each over the floor that counting sets.

Closed form: true gains, dark levels and drift, so that only the inversion is judged. Whole chain: everything estimated
by the stages themselves, read from the store they wrote.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.acquisition.open import open_source
from eclips4d.core.instrument import Instrument, parse_instrument
from eclips4d.core.results import Drift
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.models import load_model
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.flat import flat_noise_over_floor
from eclips4d.pipeline.bench.over_floor import movie_error, over_floor_row
from eclips4d.pipeline.bench.rows import Row, as_table
from eclips4d.pipeline.bench.truth_cases import Case, built_in_case, calibration_with_truth, recorded_cases
from eclips4d.pipeline.bench.vickers import FACE_U_DEG, indent_faces
from eclips4d.pipeline.bench.whole_chain import whole_chain_rows
from eclips4d.registration.resample import resample

CLOSED_FORM_TARGETS = {"granular_afm": 1.3, "spiral": 1.1, "stepflow": 1.1}
"""Height error over floor, given true drift and gains."""
SCALE_WITHIN, FACE_WITHIN_DEG, CURL_BELOW, VICKERS_BELOW_DEG, NOISE_WITHIN = 0.005, 0.3, 0.05, 0.8, 0.05
_FACE_DEG = {"frusta": (35.26, 50.0)}


def run_accuracy(data: Path | None = None, console: Console | None = None) -> list[Row]:
    """Measure and print all tables.

    Parameters
    ----------
    data
        Folder with `recordings/` and `real/`; what is not there is left out. With none of it, the built-in simulated
        recording alone is scored.
    console
        Where to print.
    """
    console = console or Console()
    rows: list[Row] = []
    folder = data / "recordings" if data else None
    cases: Iterable[Case] = recorded_cases(folder) if folder and folder.is_dir() else [built_in_case()]
    for case in cases:
        rows += [*closed_form_rows(case), *whole_chain_rows(case)]
    if data:
        rows += _real_rows(data / "real")
    rows += noise_rows()
    for title in dict.fromkeys(row.table for row in rows):
        console.print(as_table(title, [row for row in rows if row.table == title]))
    return rows


def closed_form_rows(case: Case) -> list[Row]:
    """Height over floor, slope scale and face angles, given the true gains, dark levels and drift."""
    model, calibration = load_model("analytic", case.instrument), calibration_with_truth(case)
    drifts = [
        Drift(start=(float(s[0]), float(s[1])), rate=(float(r[0]), float(r[1])))
        for s, r in zip(case.truth.drift_px, case.truth.drift_within_frame_px, strict=True)
    ]
    found = [resample(model(f.data, calibration), d) for f, d in zip(case.frames, drifts, strict=True)]
    error = movie_error((s.height for s in found), case.truth)
    bar = CLOSED_FORM_TARGETS.get(case.name)
    table = "closed form, true drift and gains"
    rows = [
        Row(table, f"{case.name}: height error, nm", error),
        over_floor_row(table, f"{case.name}: over floor", error, case.instrument, case.truth, drifts, bar),
    ]
    slopes, heights = [s.slope for s in found], list(case.truth.height_nm)
    scale = scores.slope_scale(slopes, heights, case.pixel_nm)
    every = scores.slope_scale(slopes, heights, case.pixel_nm, 0.0)
    within = abs(scale - 1.0) <= SCALE_WITHIN
    rows.append(Row(table, f"{case.name}: {scores.RESOLVED_SCALE}", scale, "1 ± 0.005", within))
    rows.append(Row(table, f"{case.name}: slope scale, down to one pixel", every))
    for angle in _FACE_DEG.get(case.name, ()):
        read = scores.face_angle(slopes, heights, case.pixel_nm, angle)
        near = abs(read - angle) <= FACE_WITHIN_DEG
        rows.append(Row(table, f"{case.name}: face of {angle}°, degrees", read, f"± {FACE_WITHIN_DEG}", near))
    return rows


def noise_rows() -> list[Row]:
    """Slope noise of simulated flat frames over the floor."""
    rows = []
    for name, ratio in flat_noise_over_floor().items():
        met = abs(ratio - 1.0) <= NOISE_WITHIN
        rows.append(Row("slope noise over floor, flat surface", name, ratio, "1 ± 0.05", met))
    return rows


def facet_rows(folder: Path) -> list[Row]:
    """Curl of the slopes of a real rough surface, with the scan rotation's right and wrong sign, and without it."""
    data, instrument = _one_frame(folder)
    turn = instrument.scan.rotation_deg
    rows = []
    for sign, said in ((1.0, "right sign"), (0.0, "ignored"), (-1.0, "wrong sign")):
        scan = instrument.scan.model_copy(update={"rotation_deg": sign * turn})
        turned = instrument.model_copy(update={"scan": scan})
        slope = load_model("analytic", turned)(data, estimate_calibration(data, turned)).slope
        value = scores.curl_over_divergence(slope)
        bar = (f"< {CURL_BELOW}", value < CURL_BELOW) if sign > 0 else ("", None)
        rows.append(Row("facets, power of curl over divergence", f"scan rotation: {said}", value, *bar))
    return rows


def vickers_rows(folder: Path) -> list[Row]:
    """Four face angles of a real indent after one scale factor."""
    data, instrument = _one_frame(folder)
    faces = indent_faces(load_model("analytic", instrument)(data, estimate_calibration(data, instrument)).slope)
    table = f"Vickers indent, one scale factor; the artefact itself is 22 ± {FACE_U_DEG}°"
    named = zip(faces.azimuth_deg, faces.angles_deg, strict=True)
    rows = [Row(table, f"face rising to {azimuth:.0f}°, degrees", angle) for azimuth, angle in named]
    bar = (f"≤ {VICKERS_BELOW_DEG}", faces.rms_deg <= VICKERS_BELOW_DEG)
    return [*rows, Row(table, "rms deviation, degrees", faces.rms_deg, *bar), Row(table, "scale", faces.scale)]


def _real_rows(folder: Path) -> list[Row]:
    rows: list[Row] = []
    for name, measure in (("facets", facet_rows), ("vickers", vickers_rows)):
        if (folder / name).is_dir():
            rows += measure(folder / name)
    return rows


def _one_frame(folder: Path) -> tuple[NDArray[np.uint16], Instrument]:
    with open_source(str(folder)) as source:
        instrument = parse_instrument(source.info.instrument_toml, str(folder))
        return np.asarray(next(iter(source.frames())).data, dtype=np.uint16), instrument
