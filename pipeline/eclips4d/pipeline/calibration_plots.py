"""Pictures of a calibration: what the fit leaves over, contrast over tilt, and the control chart."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eclips4d.physics.calibration.artefact import Outcome
from eclips4d.physics.calibration.control import LIMIT, Change

_DPI = 110


def residual_plot(outcome: Outcome, names: tuple[str, ...], file: Path) -> None:
    """Residuals over tilt, and the contrast with its uncertainty."""
    assert outcome.fit is not None, "a grating has no residuals of signals"
    fit, section = outcome.fit, outcome.section
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    (left, right) = figure.subplots(1, 2)
    tilt = np.degrees(fit.cells.tilt)
    for k, name in enumerate(names):
        sd = 100 * fit.cells.sd[:, k] / fit.parameters.level[k]
        shifted = tilt + 0.12 * (k - (len(names) - 1) / 2)
        left.errorbar(shifted, 100 * fit.residual[:, k], sd, fmt="o", ms=3, lw=0.8, alpha=0.8, label=f"segment {name}")
    left.axhline(0.0, color="0.6", lw=0.8)
    left.set(xlabel="tilt of the place, degrees", ylabel="measured − fitted, % of the flat signal")
    left.set_title(f"{section.artefact}: rms {100 * fit.rms:.2g} %", fontsize=10)
    left.legend(fontsize=8)
    tilts, kappa, u = (np.asarray(v) for v in (section.tilt_deg, section.kappa, section.kappa_u))
    right.plot(tilts, kappa, color="C0")
    right.fill_between(tilts, kappa - u, kappa + u, alpha=0.25, color="C0", label="± 1 standard uncertainty")
    low, high = section.tilt_range_deg or (0.0, 0.0)
    right.axvspan(low - 0.4, high + 0.4, color="0.9", zorder=0, label="tilts of the artefact")
    right.set(xlabel="tilt, degrees", ylabel="directional contrast kappa", ylim=(0.0, None))
    right.legend(fontsize=8, loc="lower left")
    figure.savefig(file, dpi=_DPI)


def append_changes(table: Path, found: Sequence[Change], recording: str) -> None:
    """Add one check to the table of all checks."""
    fresh = not table.exists()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    with table.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["time_utc", "recording", "parameter", "now", "now_u", "before", "before_u", "z"])
        for c in found:
            writer.writerow([when, recording, c.name, c.now, c.now_u, c.before, c.before_u, f"{c.z:.4f}"])


def control_chart(table: Path, file: Path) -> None:
    """Every parameter's change in units of its uncertainty, check by check, from the table of all checks."""
    series: dict[str, list[float]] = defaultdict(list)
    with table.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            series[row["parameter"]].append(float(row["z"]))
    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axes = figure.subplots()
    kinds = list(dict.fromkeys(name.rsplit(" ", 1)[0] for name in series))
    letters = list(dict.fromkeys(name.rsplit(" ", 1)[1] for name in series))
    for name, values in series.items():
        kind, letter = name.rsplit(" ", 1)
        colour, marker = f"C{kinds.index(kind)}", "osv^D*Px"[letters.index(letter) % 8]
        checks = range(1, len(values) + 1)
        axes.plot(checks, values, ms=3.5, lw=0.8, label=name, color=colour, marker=marker)
    for limit in (-LIMIT, LIMIT):
        axes.axhline(limit, color="tab:red", lw=0.9, ls="--")
    axes.axhline(0.0, color="0.6", lw=0.8)
    longest = max(len(values) for values in series.values())
    axes.set(xlabel="check", ylabel="change / uncertainty", xlim=(0.5, longest + 0.5))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=6, ncols=1, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(file, dpi=_DPI)
