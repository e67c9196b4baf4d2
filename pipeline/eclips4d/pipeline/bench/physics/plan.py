"""Whether the limits that `eclips4d plan` predicts come true: simulated frames, inverted by the analytic model.

A prediction's standard deviation is compared with that of what an evaluation of the inverted frames returns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from eclips4d.physics.limits.series import Plan
from eclips4d.pipeline.bench.physics.plan_cases import CASES, SHIFTS_PX, Trial, trial
from eclips4d.pipeline.bench.physics.plan_readings import (
    edge_places,
    facet_angles,
    levelled_mean_square,
    line_slopes,
    step_heights,
)
from eclips4d.pipeline.bench.rows import Row

TITLE = "Plan: measured standard deviation over predicted"
WITHIN = 0.2


def rows(console: Console) -> list[Row]:
    """Ratios for every case, each within 20 %."""
    found = []
    for seed, case in enumerate(CASES, start=1):
        with console.status(case.name):
            measured = ratios(trial(case, seed))
        for what, ratio in measured.items():
            found.append(Row(TITLE, f"{case.name}: {what}", ratio, f"1 ± {WITHIN:g}", abs(ratio - 1.0) <= WITHIN))
    return found


def ratios(of: Trial, repeats: int = 12) -> dict[str, float]:
    """Measured over predicted sd of height, step height, facet angle, edge place and edge velocity.

    Parameters
    ----------
    repeats
        Level frames, and frames of facets; half as many series of frames with moving edges.
    """
    plan, pixel = of.plan, of.pixel_nm
    heights = [levelled_mean_square(of.level().height) for _ in range(repeats)]
    angles = np.array([facet_angles(of.roofs().slope) for _ in range(repeats)])
    series = [of.edges() for _ in range(repeats // 2)]
    read = [[step_heights(s.height, shift) for s, shift in zip(frames, SHIFTS_PX, strict=True)] for frames in series]
    steps = np.array(read)
    places = np.array(
        [
            [edge_places(surface.slope[0], shift) for surface, shift in zip(frames, SHIFTS_PX, strict=True)]
            for frames in series
        ]
    )
    return {
        "height per pixel": float(np.sqrt(np.mean(heights))) / plan.height_sd_nm,
        "step height": _sd(steps, (0, 2)) / (plan.smallest_step_nm / plan.sigma),
        "mean angle of a facet": _sd(angles, 0) / plan.facet_random_deg,
        "place of an edge": _sd(places, (0, 2)) * pixel / plan.edge_sd_nm,
        "velocity of an edge": _sd(line_slopes(places), (0, 1)) * pixel / _per_frame(plan),
    }


def _sd(values: NDArray[np.float64], axis: int | tuple[int, ...]) -> float:
    """Scatter over repeats and over pieces that are alike; what the rest differs by is no noise."""
    return float(np.sqrt(values.var(axis=axis, ddof=1).mean()))


def _per_frame(plan: Plan) -> float:
    """Predicted sd of an edge's advance per frame, nm."""
    return plan.smallest_velocity_nm_s / plan.sigma * plan.frame_s
