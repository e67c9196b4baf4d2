"""How an adaptation went: misfit of frames held out by round, and where it was before and is after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from eclips4d.pipeline.adaptation.adapting import Adapted


def draw(adapted: Adapted, title: str, path: Path) -> None:
    """Write `path`."""
    figure = Figure(figsize=(9.0, 3.4), layout="constrained")
    course, squares = figure.subplots(1, 2)
    course.semilogy(np.arange(len(adapted.course)), adapted.course, "o-")
    course.axhline(1.0, color="0.6", lw=1, label="counting noise")
    course.set(xlabel="round", ylabel="misfit of frames held out", title=title)
    course.set_xticks(np.arange(len(adapted.course)))
    course.legend(fontsize="small")
    edges = np.geomspace(0.1, max(float(adapted.before.max()), 10.0), 60)
    for values, name in ((adapted.before, "fine-tune off"), (adapted.after, "fine-tune on")):
        squares.hist(values, bins=edges, histtype="step", lw=1.5, label=name)
    squares.set(xscale="log", xlabel="misfit of a square of 8 × 8 pixels", ylabel="squares")
    squares.legend(fontsize="small")
    figure.savefig(path, dpi=110)
