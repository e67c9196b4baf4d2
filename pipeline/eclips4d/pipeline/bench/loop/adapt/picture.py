"""A run adapted to: how it converged, and height errors of a frame held out, without and with the fine-tune module."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eclips4d.pipeline.adaptation.adapting import adapt_model, with_module
from eclips4d.pipeline.bench.loop.adapt.cases import Case
from eclips4d.pipeline.bench.loop.adapt.trials import run_of

_SCENE, _SEED = "pyramids", 100


def draw(case: Case, path: Path) -> None:
    """Write `path`."""
    run = run_of(case, _SCENE, _SEED)
    adapted = adapt_model(run.samples, run.model)
    sample, truth = run.samples[1], np.asarray(run.seen[1].height, np.float64)
    errors = [
        _levelled((model(sample.data, sample.calibration).height - truth) / run.pixel_nm)
        for model in (run.model, with_module(run.model, adapted.module))
    ]
    figure = Figure(figsize=(12.0, 3.4), layout="constrained")
    course, *maps, shape = figure.subplots(1, 4)
    course.semilogy(np.arange(len(adapted.course)), adapted.course, "o-")
    course.axhline(1.0, color="0.6", lw=1)
    course.set(xlabel="round", title="misfit, held out")
    course.set_xticks(np.arange(len(adapted.course)))
    most = float(np.quantile(np.abs(errors[0]), 0.99))
    for axes, error, name in zip(maps, errors, ("fine-tune off", "fine-tune on"), strict=True):
        shown = axes.imshow(error, vmin=-most, vmax=most, cmap="RdBu_r")
        axes.set(title=f"{name}: rms {np.std(error):.2f} px", xticks=[], yticks=[])
    figure.colorbar(shown, ax=maps, shrink=0.85)
    height = shape.imshow(truth / run.pixel_nm, cmap="viridis")
    shape.set(title="true height, px", xticks=[], yticks=[])
    figure.colorbar(height, ax=shape, shrink=0.85)
    figure.savefig(path, dpi=100)


def _levelled(error: NDArray[np.floating]) -> NDArray[np.float64]:
    y, x = np.indices(error.shape)
    plane = np.stack([np.ones(error.size), x.ravel(), y.ravel()], axis=1)
    return np.asarray(error - (plane @ np.linalg.lstsq(plane, error.ravel(), rcond=None)[0]).reshape(error.shape))
