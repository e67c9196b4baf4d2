"""Part `resampling` of `eclips4d bench registration`: what moving a surface takes from it, by kernel."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from eclips4d.pipeline.bench.registration.context import RegistrationContext
from eclips4d.pipeline.bench.registration.resampling import figures
from eclips4d.pipeline.bench.registration.resampling.kernels import KERNELS, OURS, Kernel
from eclips4d.pipeline.bench.rows import Row, at_most

CONTRAST = "Resampling: contrast left by frequency, mean over shifts of one axis by 0 to 0.5 px"
EDGES = "Resampling: what shifting one axis by half a pixel does to an edge"
TIMES = "Resampling: five planes of 1024², ms by the clock, median"
FREQUENCIES = (0.1, 0.2, 0.25, 0.3, 0.4)
BARS = {0.1: 0.01, 0.2: 0.01, 0.25: 0.02, 0.3: 0.06, 0.4: None}
"""How far ours may be from 1, by cycles per pixel."""
MS_BAR, ROUNDS = 30.0, 8


def rows(context: RegistrationContext) -> list[Row]:
    """All tables."""
    with context.console.status("resampling"):
        return [*contrast_rows(), *edge_rows(), *time_rows(ROUNDS)]


def pictures(context: RegistrationContext, folder: Path) -> None:
    """Nothing to see."""


def contrast_rows() -> list[Row]:
    """Ours as the value, the others beside it."""
    made = []
    for frequency in FREQUENCIES:
        left = {kernel.name: figures.contrast(kernel, frequency) for kernel in KERNELS}
        others = " · ".join(f"{name} {mean:.3f}" for name, (mean, _, _) in left.items() if name != OURS)
        mean, least, most = left[OURS]
        bar = BARS[frequency]
        said = f"{frequency:g} cycles/px: ours ({least:.3f}–{most:.3f} over shifts) beside {others}"
        met = None if bar is None else abs(1 - mean) <= bar
        made.append(Row(CONTRAST, said, mean, "" if bar is None else f"1 ± {bar:g}", met))
    return made


def edge_rows() -> list[Row]:
    """Widths of an edge before and after, ringing, noise, ramps; the value is the width after."""
    before = figures.edge_width(KERNELS[0], 0.0)[0]
    made = [Row(EDGES, f"10–90 % width before, beam of {figures.BEAM_PX:g} px sd, px", before)]
    for kernel in KERNELS:
        width, overshoot = figures.edge_width(kernel, 0.5)
        half, mean = figures.noise_left(kernel)
        said = f"{kernel.name}: width, px; a sharp step overshoots by {100 * overshoot:.0f} %, noise left {half:.2f}"
        made.append(Row(EDGES, f"{said} (mean over shifts {mean:.2f}), {_ramp(kernel)}, {_missing(kernel)}", width))
    return made


def time_rows(rounds: int) -> list[Row]:
    """The budget, and a spline in the same run."""
    ours, splines = figures.times(rounds)
    low, high = np.percentile(ours, (25, 75))
    return [
        Row(TIMES, "cores", len(os.sched_getaffinity(0))),
        at_most(TIMES, f"ours [quartiles {low:.1f}, {high:.1f}]", float(np.median(ours)), MS_BAR),
        Row(TIMES, "SciPy's cubic B-spline (ndimage.shift) over ours", float(np.median(splines / ours))),
    ]


def _ramp(kernel: Kernel) -> str:
    error = figures.ramp_error(kernel)
    return f"ramp off by {error:.3f} of a pixel's step" if error > 1e-4 else "ramp exact"


def _missing(kernel: Kernel) -> str:
    return (
        "a missing pixel spoils its row"
        if kernel.recursive
        else f"a missing pixel reaches {len(kernel.weights(0.5)) // 2} px"
    )
