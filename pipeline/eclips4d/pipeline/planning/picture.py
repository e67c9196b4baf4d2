"""A plan as a picture: what longer edges and larger facets gain, and where the scale stops it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from eclips4d.physics.limits.plan import make_plan
from eclips4d.physics.limits.series import Plan, Series

_POINTS = 12


def draw(series: Series, plan: Plan, path: Path) -> None:
    """Write two panels as PNG."""
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _steps(left, series)
    _angles(right, series, plan)
    figure.savefig(path, dpi=100)


def _steps(axes: Axes, series: Series) -> None:
    pixel, rows = max(series.instrument.scan.pixel_size_xy_nm), min(series.shape)
    lengths = np.geomspace(pixel, pixel * rows, _POINTS)
    found = [make_plan(replace(series, line_nm=float(length))) for length in lengths]
    axes.loglog(lengths, [p.smallest_step_nm for p in found], label="one frame")
    axes.loglog(
        lengths, [p.smallest_step_all_frames_nm for p in found], "--", label=f"mean of {series.frames}, at rest"
    )
    axes.set(xlabel="length of edge averaged / nm", ylabel=f"smallest step ({series.sigma:g} σ) / nm")
    axes.grid(alpha=0.3, which="both")
    axes.legend()


def _angles(axes: Axes, series: Series, plan: Plan) -> None:
    pixel = math.sqrt(math.prod(series.instrument.scan.pixel_size_xy_nm))
    sides = np.geomspace(2.0 * pixel, pixel * min(series.shape), _POINTS)
    random = plan.facet_random_deg * math.sqrt(plan.facet_pixels) * pixel / sides
    axes.loglog(sides, random, label="random part")
    axes.axhline(plan.facet_scale_deg, color="C3", linestyle="--", label="slope scale")
    axes.set(xlabel="side of the facet / nm", ylabel=f"sd of the angle of a {series.facet_deg:g}° facet / °")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
