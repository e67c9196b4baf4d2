"""What the part `profiles` draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eclips4d.metrology.profiles.fit import Riser
from eclips4d.metrology.profiles.step import fitted_riser, shown_by
from eclips4d.pipeline.bench.metrology.profiles.cases import Case, Read, readings
from eclips4d.pipeline.bench.registration.drawing import new_figure, save

NAME = "metrology-profiles.png"
SHOWN = (Case(10.0, 4.0, 20.0), Case(10.0, 10.0, 45.0), Case(50.0, 4.0, 60.0))
DOSE = 1000.0


def draw(folder: Path, seeds: int) -> None:
    """Slopes across three steps with what was fitted, and heights below them."""
    figure = new_figure(11.0, 5.6)
    axes = figure.subplots(2, len(SHOWN), sharex="col")
    for column, case in enumerate(SHOWN):
        _draw_case(axes[0, column], axes[1, column], next(iter(readings(case, {DOSE: 1}))))
    axes[0, 0].set_ylabel("slope along the profile")
    axes[1, 0].set_ylabel("height / nm")
    save(figure, folder / NAME, dpi=90)


def _draw_case(above: Any, below: Any, read: Read) -> None:
    case, profile, middle = read.case, read.profile, read.case.half_nm
    found = fitted_riser(profile, *case.intervals(rises=True), case.response)
    at = profile.distance_nm - middle
    above.errorbar(at, profile.slope_along, profile.slope_sd, fmt=".", color="0.35", markersize=4, linewidth=0.8)
    if found is not None:
        above.plot(
            at, shown_by(profile, found, case.response), color="tab:red", linewidth=1.2, label="fit, as pixels show it"
        )
        above.plot(*_ramp(found, at, middle), color="tab:blue", linewidth=1.0, linestyle="--", label="riser")
    step = read.step
    above.set_title(
        f"{case.height_nm:g} nm, {case.angle_deg:g}°, {case.pixel_nm:g} nm pixels, {DOSE:g} electrons\n"
        f"h = {step.height_nm.value:.2f} ± {step.height_nm.u:.2f} nm, "
        f"{step.angle_deg.value:.1f} ± {step.angle_deg.u:.1f}°",
        fontsize=9,
    )
    above.set_ylim(top=1.35 * float(np.nanmax(profile.slope_along)))
    above.legend(fontsize=7, loc="upper left")
    below.plot(at, profile.height_nm - np.nanmin(profile.height_nm), color="0.35", linewidth=1.2)
    for edge in (-0.5, 0.5):
        below.axvline(edge * case.wall_nm, color="tab:blue", linewidth=0.8, linestyle="--")
    below.set_xlabel("from the step's middle / nm")


def _ramp(found: Riser, at: Any, middle: float) -> tuple[list[float], list[float]]:
    tilt, height, centre, width = (float(v) for v in found.theta[:4])
    left, right = centre - middle - width / 2, centre - middle + width / 2
    steep = tilt + height / width
    return [float(at[0]), left, left, right, right, float(at[-1])], [tilt, tilt, steep, steep, tilt, tilt]
