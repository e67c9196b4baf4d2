"""Recordings with truth as artefacts: gains, dark levels, azimuths and contrast against what they were made with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from eclips4d.physics.calibration.artefact import calibrate_on, parse_artefact
from eclips4d.physics.calibration.outcome import tilt_range_deg
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.truth_cases import Case, recorded_cases

TABLE = "recordings as artefacts: gains, dark levels and azimuths withheld, the height map known"
CONTRAST_WITHIN = 0.01


def recording_rows(folder: Path) -> list[Row]:
    """What `calibrate … --artefact height:TRUTH` finds; the recordings were rendered with Lambert's law."""
    found: list[Row] = []
    for case in recorded_cases(folder):
        if case.recording is not None:
            found += _case_rows(case, case.recording.with_name(f"{case.name}.truth.npz"))
    return found


def _case_rows(case: Case, truth: Path) -> list[Row]:
    withheld = case.instrument.detector.model_copy(update={"gain": None, "offset_adu": None})
    blank = case.instrument.model_copy(update={"detector": withheld})
    outcome = calibrate_on([f.data for f in case.frames[:2]], blank, parse_artefact(f"height:{truth}"))
    assert outcome.fit is not None, "a height map gives a fit"
    p = outcome.fit.parameters
    gain = np.asarray(case.truth.gain) / np.mean(case.truth.gain)
    dark = (p.dark - case.truth.offset_adu) / p.gain
    low, high = tilt_range_deg(outcome.fit)
    middle = np.radians((low + high) / 2.0)
    # What a slope depends on: contrast times the signal above dark, over Lambert's with the true dark level.
    strength = float(p.law(np.array([middle]))[0] * np.mean(p.gain / (p.level - case.truth.offset_adu))) - 1.0
    return [
        Row(TABLE, f"{case.name}: gains, worst error", float(np.abs(p.gain / p.gain.mean() - gain).max())),
        Row(TABLE, f"{case.name}: dark levels over signal, mean error", float(dark.mean())),
        Row(
            TABLE,
            f"{case.name}: … standard uncertainty",
            float(np.mean(outcome.section.offset_u_adu or (0.0,)) / p.gain.mean()),
        ),
        Row(TABLE, f"{case.name}: azimuths, worst error, degrees", float(np.degrees(np.abs(p.turn)).max())),
        Row(
            TABLE,
            f"{case.name}: contrast times gain at {np.degrees(middle):.0f}°, error",
            strength,
            f"± {CONTRAST_WITHIN}",
            abs(strength) <= CONTRAST_WITHIN,
        ),
    ]
