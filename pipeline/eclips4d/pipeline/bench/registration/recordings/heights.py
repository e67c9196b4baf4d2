"""What drift costs in height: the whole chain over the floor, and a metric correction given the true drift."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from eclips4d.core.results import Drift
from eclips4d.inference.calibrate import estimate_calibration
from eclips4d.inference.integrate import integrate
from eclips4d.inference.models import load_model
from eclips4d.pipeline.bench import scores
from eclips4d.pipeline.bench.over_floor import over_floor_row
from eclips4d.pipeline.bench.registration.recordings.datum import datum_rows
from eclips4d.pipeline.bench.rows import Row
from eclips4d.pipeline.bench.truth_cases import Case
from eclips4d.pipeline.bench.whole_chain import CLASSICAL_CHAIN, run_chain
from eclips4d.registration.resample import resample
from eclips4d.storage import open as open_store

CHAIN = "Recordings, drift and calibration estimated: height error over the floor"
METRIC = "Recordings, true drift given, calibration estimated: height error, nm"
MODELS = ("analytic", "live")
BARS = {"granular_afm": 1.3, "spiral": 1.25, "stepflow": 1.5}


def chain_rows(case: Case) -> list[Row]:
    """Heights of the store that the stages write, everything estimated."""
    made = []
    for model in MODELS:
        errors, datum = _chain(case, model)
        classical = CLASSICAL_CHAIN.get(case.name)
        beside = f" (classical chain: {classical[0]:g})" if classical else ""
        what = f"{case.name}, {len(case.frames)} frames: model {model}{beside}"
        bar = BARS.get(case.name)
        made.append(over_floor_row(CHAIN, what, scores.rms(errors), case.instrument, case.truth, bar=bar))
        rest = scores.rms(errors[1:])
        made.append(over_floor_row(CHAIN, f"{what}, frame 0 left out", rest, case.instrument, case.truth))
        made += datum
    return made


def _chain(case: Case, model: str) -> tuple[list[float], list[Row]]:
    """Height error of each frame, nm, and how good the datum is."""
    with (
        tempfile.TemporaryDirectory(prefix="eclips4d-registration-") as folder,
        open_store(run_chain(case, Path(folder), model)) as store,
    ):
        heights, truth = store["height"].values, np.asarray(case.truth.height_nm, np.float64)
        datum = datum_rows(f"{case.name}, model {model}", store, truth)
        return [scores.height_error(h, t) for h, t in zip(heights, case.truth.height_nm, strict=True)], datum


def metric_rows(case: Case) -> list[Row]:
    """Heights moved as they are, and with the row pitch and shear that drift within a frame causes corrected before."""
    model, pixel = load_model("analytic", case.instrument), case.instrument.scan.pixel_size_xy_nm
    calibration = estimate_calibration(case.frames[0].data, case.instrument)
    errors = []
    for k, frame in enumerate(case.frames):
        surface = model(frame.data, calibration)
        start, rate = (
            (float(v[k, 0]), float(v[k, 1])) for v in (case.truth.drift_px, case.truth.drift_within_frame_px)
        )
        drift = Drift(start, rate)
        down, right = np.array(rate) / (frame.data.shape[1] - 1)
        change = -(down * surface.slope[1] + right * surface.slope[0]).astype(np.float32)
        corrected = surface.height + integrate(np.stack([np.zeros_like(change), change]), pixel)
        moved = (surface, replace(surface, height=corrected))
        errors.append([scores.height_error(resample(s, drift).height, case.truth.height_nm[k]) for s in moved])
    plain, better = np.sqrt(np.mean(np.square(errors), axis=0))
    what = f"{case.name}, {len(case.frames)} frames"
    floor = f"{what}: model analytic, given the true drift"
    return [
        over_floor_row(CHAIN, floor, float(plain), case.instrument, case.truth),
        Row(METRIC, f"{what}: moved as it is", float(plain)),
        Row(METRIC, f"{what}: row pitch and shear corrected before", float(better)),
    ]
