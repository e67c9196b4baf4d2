"""Pictures of the calibration: slope read over true slope, the faces of a real indent, residuals, a control chart."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eclips4d.core.instrument import Instrument
from eclips4d.physics.calibration.artefact import calibrate_on, parse_artefact
from eclips4d.physics.calibration.control import changes
from eclips4d.pipeline.bench.one_face_out import FACE_DEG, OneFaceOut, one_face_out
from eclips4d.pipeline.bench.physics.calibration_lobes import CASES, TESTED_DEG, slopes_read
from eclips4d.pipeline.bench.principal_images import face_steepness, principal_gradients, scaled_angles
from eclips4d.pipeline.bench.real_frames import one_frame
from eclips4d.pipeline.calibration_plots import append_changes, control_chart, residual_plot

_DPI = 110


def draw(folder: Path, indent: Path) -> None:
    """All of them into `folder`; those of the indent only where it is."""
    _slopes(folder / "physics-height-scale.png")
    if indent.is_dir():
        data, instrument = one_frame(indent)
        _faces(one_face_out(data, instrument), data, folder / "physics-vickers-faces.png")
        outcome = calibrate_on([data], instrument, parse_artefact("pyramid:22"))
        names = ("A", "B", "C")
        residual_plot(outcome, names, folder / "physics-calibration-residuals.png")
        _drifting(data, outcome.instrument, folder / "physics-control-chart.png")


def _slopes(file: Path) -> None:
    true = np.array(TESTED_DEG)
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    (left, right) = figure.subplots(1, 2)
    tangent = np.tan(np.radians(true))
    for i, case in enumerate(CASES):
        read = slopes_read(*case)
        material, energy, segments = case
        name = f"{material}, {energy:g} keV, {segments} segments"
        left.plot(true, np.degrees(np.arctan((1 + read.lambert / 100) * tangent)), "o--", ms=3, lw=0.9, color=f"C{i}")
        left.plot(
            true,
            np.degrees(np.arctan((1 + read.calibrated / 100) * tangent)),
            "o-",
            ms=3,
            lw=0.9,
            color=f"C{i}",
            label=name,
        )
        right.plot(true, read.calibrated, "o-", ms=3, lw=0.9, color=f"C{i}")
    left.plot([0, 50], [0, 50], color="0.6", lw=0.8)
    left.set(xlabel="true face angle, degrees", ylabel="angle read, degrees", xlim=(0, 47), ylim=(0, 55))
    left.set_title("dashed: read by Lambert's law; full: calibrated", fontsize=9)
    left.legend(fontsize=7)
    right.axhspan(-1, 1, color="0.92", zorder=0)
    right.axvspan(9.5, 40.5, ymax=0.03, color="0.5")
    right.set(xlabel="true face angle, degrees", ylabel="calibrated slope over true − 1, %", ylim=(-3, 3))
    right.set_title("grey: ± 1 %; bar below: tilts of the artefact", fontsize=9)
    figure.savefig(file, dpi=_DPI)


def _faces(out: OneFaceOut, data: NDArray[np.uint16], file: Path) -> None:
    figure = Figure(figsize=(6.2, 3.6), layout="constrained")
    axes = figure.subplots()
    peer = scaled_angles(face_steepness(principal_gradients(data), out.pyramid.faces(data.shape[1:], 1.0)), FACE_DEG)
    at = np.arange(4.0)
    rows = (
        (out.predicted_deg, "each face by the other three", "o"),
        (out.fitted_deg, "fit to all four", "s"),
        (peer, "principal images, one factor fitted to all four", "^"),
    )
    for i, (angles, name, marker) in enumerate(rows):
        rms = float(np.sqrt(np.mean((angles - FACE_DEG) ** 2)))
        axes.plot(at + 0.12 * (i - 1), angles, marker, ms=6, label=f"{name}: rms {rms:.2f}°")
    axes.axhspan(FACE_DEG - 0.25, FACE_DEG + 0.25, color="0.92", zorder=0, label="the artefact: 22 ± 0.25°")
    axes.axhline(FACE_DEG, color="0.6", lw=0.8)
    axes.set_xticks(at, [f"{azimuth:.0f}°" for azimuth in out.azimuth_deg])
    axes.set(xlabel="face, azimuth seen from the apex", ylabel="angle, degrees", ylim=(20.6, 24.4))
    axes.legend(fontsize=8, loc="upper left")
    figure.savefig(file, dpi=_DPI)


def _drifting(data: NDArray[np.uint16], before: Instrument, file: Path) -> None:
    """Checks on the same frame with fresh noise, in which segment B loses 1 % of gain a check from the fourth on."""
    blank = before.model_copy(
        update={"calibration": None, "detector": before.detector.model_copy(update={"gain": None, "offset_adu": None})}
    )
    rng = np.random.default_rng(7)
    with tempfile.TemporaryDirectory() as kept:
        table = Path(kept) / "control.csv"
        for check in range(8):
            dark = np.asarray(before.detector.offset_adu)[:, None, None]
            lost = np.array([1.0, 1.0 - 0.01 * max(check - 3, 0), 1.0])[:, None, None]
            seen = (data - dark) * lost + dark + rng.normal(0.0, 500.0, data.shape)
            frame = np.clip(np.rint(seen), 0, 65535).astype(np.uint16)
            found = calibrate_on([frame], blank, parse_artefact("pyramid:22")).instrument
            append_changes(table, changes(found, before, ("A", "B", "C")), f"check {check + 1}")
        control_chart(table, file)
