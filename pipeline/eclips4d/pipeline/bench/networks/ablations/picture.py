"""Learning curves of the ablations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from eclips4d.pipeline.bench.networks.ablations.trainings import EVERY

SMOOTHED = 8
"""Points of a curve that are averaged."""


def draw_curves(curves: Mapping[str, Sequence[Sequence[float]]], path: Path) -> None:
    """Loss over steps.

    Parameters
    ----------
    curves
        By what the legend says: one curve per seed, of which the mean is drawn.
    """
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for says, found in curves.items():
        mean = np.mean(np.array(found), axis=0)
        width = min(SMOOTHED, len(mean))
        smooth = np.convolve(mean, np.full(width, 1.0 / width), mode="valid")
        axes.plot(EVERY * (np.arange(len(smooth)) + width), smooth, label=says, linewidth=1.2)
    axes.set_xlabel("step")
    axes.set_ylabel("log of squared error over the closed form's")
    axes.legend(fontsize=8, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
