"""With which calibration the frames became heights."""

from __future__ import annotations

import numpy as np
import pandas as pd

from eclips4d.core.calibration import Calibration
from eclips4d.core.results import Status
from eclips4d.pipeline.run_report.content import Content
from eclips4d.pipeline.run_report.markup import Html, facts, heading, joined, listed, note
from eclips4d.pipeline.run_report.numbers import counted, number
from eclips4d.pipeline.run_report.section import Section, nothing
from eclips4d.pipeline.run_report.tables import Column, table

TITLE = "Calibration"
_DARK = {
    "given": "given in the instrument file",
    "measured": "measured in every frame with the beam blanked",
    "dose": "from the stated dose",
    "noise": "from the noise",
    "assumed": "assumed to be zero",
}


def section(content: Content) -> Section:
    """Every snapshot: scale, gains, dark levels, and where they are from."""
    if not content.calibrations:
        return nothing(TITLE, "no frame was inverted yet")
    parts = [_snapshot(content, k, calibration) for k, calibration in enumerate(content.calibrations)]
    missing = []
    if not content.held.calibrated:
        missing.append("Absolute scale of slopes and heights: not calibrated; numbers of nm and degrees are nominal.")
    differs = content.instrument.calibration_differences()
    if differs:
        missing.append(f"The artefact's calibration does not hold for this run: {'; '.join(differs)}.")
    section_of = content.instrument.calibration
    unfixed = [heading("What the artefact could not tell"), listed(section_of.not_fixed)] if section_of else []
    remarks = [note(line) for line in missing]
    return Section(
        TITLE,
        joined([*remarks, *parts, *(unfixed if section_of and section_of.not_fixed else [])]),
        tuple(missing),
        (("height scale", scale_words(content)), ("pixel size", pixel_words(content))),
    )


def scale_words(content: Content) -> str:
    """How well the scale of heights is known."""
    if not content.held.calibrated:
        return "nominal, not calibrated"
    return f"calibrated, ± {number(100 * content.held.scale_u, 2)} % (standard uncertainty, common to all pixels)"


def pixel_words(content: Content) -> str:
    """How well the scale of lengths in the image is known."""
    x, y = content.held.pixel_size_nm
    known = content.instrument.calibration.pixel_scale_u if content.instrument.calibration else None
    told = "uncertainty not stated" if known is None else f"± {number(100 * known, 2)} % (common to all lengths)"
    return f"{number(x)} × {number(y)} nm, {told}"


def _snapshot(content: Content, index: int, calibration: Calibration) -> Html:
    done = content.run["status"].values.astype(np.int64) & int(Status.DONE) > 0
    frames = int(((content.run["calibration"].values == index) & done).sum())
    kappa = [float(np.hypot(*c) / flat) for c, flat in zip(calibration.contrast, calibration.flat, strict=True)]
    rows = [
        ("holds", f"from frame {calibration.valid_from} on, used for {counted(frames, 'frame')}"),
        ("directional contrast kappa", f"{number(float(np.mean(kappa)))}, mean over the segments"),
        ("its standard uncertainty", f"{number(100 * calibration.kappa_u, 2)} %, common to all pixels and frames"),
        ("scale fixed by", _fixed_by(calibration)),
        ("gains", "estimated from the frames" if calibration.gain_estimated else "given"),
        ("dark levels", _DARK[calibration.offset_source]),
        ("contrast over tilt", _tilt_words(calibration)),
        ("noise", f"{number(calibration.noise_correlation_px)} px share one value along x"),
        ("gas", _gas_words(calibration)),
        ("fingerprint", calibration.fingerprint),
    ]
    segments = pd.DataFrame(
        {
            "segment": content.held.source.segments,
            "azimuth": [float(a) for a in content.instrument.detector.azimuths_deg],
            "gain": calibration.gain,
            "dark": calibration.offset_adu,
            "kappa": kappa,
            "flat": calibration.flat,
        }
    )
    columns = [
        Column("segment", "segment"),
        Column("azimuth", "azimuth in the file, °"),
        Column("gain", "gain"),
        Column("dark", "dark level, adu"),
        Column("kappa", "kappa"),
        Column("flat", "solid-angle weight"),
    ]
    title = f"Snapshot {index}" if len(content.calibrations) > 1 else "Snapshot"
    return joined([heading(title), facts(rows), table(segments, columns, "Segments")])


def _fixed_by(calibration: Calibration) -> str:
    if calibration.artefact:
        return f"the artefact {calibration.artefact}"
    return "the detector's radii and Lambert's law" if calibration.calibrated else "nothing: it is nominal"


def _tilt_words(calibration: Calibration) -> str:
    if not calibration.contrast_tilt_deg:
        return "the same at all tilts (Lambert's law)"
    return f"a table up to {calibration.contrast_tilt_deg[-1]:g}°"


def _gas_words(calibration: Calibration) -> str:
    if calibration.gas is None:
        return "its dilution of contrast is not known and not corrected"
    return f"corrected by {', '.join(name for name, _ in calibration.gas.per_unit)}"
