"""How a refinement converged: deviance and movement by step, and the residual before and after."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eclips4d.inference.synthesis.refine import Refined

_MOST = 3.0
"""Of the residual's colours."""


def draw(refined: Refined, segments: int, title: str, path: Path) -> None:
    """Write `path`."""
    figure = Figure(figsize=(11.0, 3.6), layout="constrained")
    course, before, after = figure.subplots(1, 3)
    number = np.arange(len(refined.steps))
    course.semilogy(number, [step.deviance for step in refined.steps], "o-", label="deviance per pixel")
    course.semilogy(number[1:], [max(step.moved_nm, 1e-6) for step in refined.steps[1:]], "s--", label="moved, nm")
    course.axhline(segments - 1, color="0.6", lw=1, label="noise, if nothing were fitted but the yield")
    course.set(xlabel="step", title=title)
    course.legend(fontsize="small")
    for axes, plane, name in ((before, refined.residual_before, "before"), (after, refined.residual, "after")):
        shown = _show(axes, plane, f"residual {name}: median {_median(plane):.2f}")
    figure.colorbar(shown, ax=[before, after], shrink=0.85)
    figure.savefig(path, dpi=110)


def _show(axes, plane: NDArray[np.float32], title: str):  # type: ignore[no-untyped-def]  # matplotlib's are untyped
    axes.set(title=title, xticks=[], yticks=[])
    return axes.imshow(plane, vmin=0.0, vmax=_MOST, cmap="magma")


def _median(plane: NDArray[np.float32]) -> float:
    return float(np.nanmedian(plane)) if np.isfinite(plane).any() else float("nan")
