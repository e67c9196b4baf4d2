"""Pictures of the slopes: every scene by every method, error against edge width, stated against actual errors."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from eclips4d.pipeline.bench.networks.context import BenchContext
from eclips4d.pipeline.bench.networks.judge.frame import DOSES
from eclips4d.pipeline.bench.networks.judge.risers import named_risers
from eclips4d.pipeline.bench.networks.judge.surfaces import ISSUED
from eclips4d.pipeline.bench.networks.slopes.chosen import Read, best, filtered
from eclips4d.pipeline.bench.networks.slopes.coverage import EXPECTED, SCENES, bins, covered, joined, sample_of
from eclips4d.pipeline.bench.networks.slopes.edges import profile, width
from eclips4d.pipeline.bench.networks.slopes.gathered import modelled, reading, readings
from eclips4d.pipeline.bench.networks.slopes.peers import PEERS
from eclips4d.pipeline.bench.networks.slopes.scores import levelled_error, rms_error

Slopes = NDArray[np.floating]

_DOSE, _SEEDS, _CROP, _EDGE = 1000.0, 2, slice(32, 160), "risers:1"
_SHOWN = ("Gaussian", "total variation", "BM3D")


def draw(context: BenchContext, folder: Path) -> None:
    """Write `networks-slopes.png`, `networks-edge-width.png` and `networks-slope-sd.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    _sheet(context, folder / "networks-slopes.png")
    _edge_width(context, folder / "networks-edge-width.png")
    _stated(context, folder / "networks-slope-sd.png")


def _sheet(context: BenchContext, path: Path) -> None:
    """One row per scene: dh/dx of truth, closed form, the best filters, the models; same greys along a row."""
    scenes = (*ISSUED, "pits")
    columns = 2 + sum(PEERS[name].there for name in _SHOWN) + len(context.models)
    size = (1.6 * columns, 1.75 * len(scenes))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(scenes), columns, squeeze=False)
    for line, scene in zip(axes, scenes, strict=True):
        one = reading(scene, _DOSE, 0)
        high = float(np.percentile(np.abs(one.frame.slope[0]), 99.0))
        for axis, (name, slope) in zip(line, _by_method(context, scene, one).items(), strict=True):
            shown = one.frame.slope + levelled_error(slope, one.frame.slope)
            axis.imshow(shown[0][_CROP, _CROP], cmap="gray", vmin=-high, vmax=high)
            rms = rms_error(slope, one.frame.slope)
            axis.set_title(scene if name == "truth" else f"{name}: {rms:.3f}", fontsize=7)
            axis.set_xticks([])
            axis.set_yticks([])
    figure.supxlabel(f"dh/dx at {_DOSE:g} electrons per segment and pixel, with its rms error", fontsize=8)
    _save(figure, path, 90)


def _by_method(context: BenchContext, scene: str, one: Read) -> dict[str, Slopes]:
    found: dict[str, Slopes] = {"truth": one.frame.slope, "closed form": one.closed.slope}
    for name in _SHOWN:
        if PEERS[name].there:
            value = best(name, [one]).parameter
            found[f"{name} {value:g}"] = filtered(name, one, value)
    return found | {name: modelled(name, scene, _DOSE, 0)[0] for name in context.models}


def _edge_width(context: BenchContext, path: Path) -> None:
    """Error against 10–90 % width of the same risers: what lies on the Gaussian's curve adds nothing to it."""
    figure = Figure(figsize=(3.2 * len(DOSES), 3.2), layout="constrained")
    axes = figure.subplots(1, len(DOSES))
    for axis, dose in zip(axes, DOSES, strict=True):
        reads = readings(_EDGE, dose, _SEEDS)
        for name, style in (("Gaussian", "o-"), ("Gaussian, curl-free", "s-"), ("total variation", "^-")):
            curve = [_point(reads, [filtered(name, r, value) for r in reads]) for value in PEERS[name].grid]
            wide, error = np.transpose(curve)
            axis.plot(wide, error, style, markersize=3, linewidth=1, label=name)
        for name in context.models:
            wide, error = _point(reads, [modelled(name, _EDGE, dose, k)[0] for k in range(_SEEDS)])
            axis.plot(wide, error, "*", markersize=11, label=name)
        axis.axvline(_point(reads, [r.frame.slope for r in reads])[0], color="0.6", linewidth=1, label="truth's width")
        _labelled(axis, f"{dose:g} electrons", "10–90 % width of risers of 1 px, px", "rms slope error")
    axes[0].legend(fontsize=6)
    _save(figure, path, 90)


def _point(reads: Sequence[Read], slopes: Sequence[Slopes]) -> tuple[float, float]:
    """Mean 10–90 % width and mean rms error."""
    wide, error = [], []
    for frame, slope in zip((r.frame for r in reads), slopes, strict=True):
        level = frame.slope + levelled_error(slope, frame.slope)
        wide.append(width(profile(level, named_risers(_EDGE, frame.seed))))
        error.append(rms_error(slope, frame.slope))
    return float(np.mean(wide)), float(np.mean(error))


def _stated(context: BenchContext, path: Path) -> None:
    """Shares of errors within the stated sd, bin by bin."""
    count = len(context.models)
    figure = Figure(figsize=(5.0 * count, 3.6), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)
    for axis, name in zip(axes[0], context.models, strict=True):
        sample = joined(sample_of(name, scene, dose, k) for scene in SCENES for dose in DOSES for k in range(_SEEDS))
        named = {what: mask for what, mask in bins(sample).items() if mask.any()}
        for factor, expected in EXPECTED:
            shares = [covered(sample.error[mask], sample.sd[mask], factor) for mask in named.values()]
            axis.plot(shares, "o", markersize=3, label=f"within {factor:g} sd")
            axis.axhspan(expected - 5.0, expected + 5.0, color="0.9")
        axis.set_xticks(range(len(named)), list(named), rotation=90, fontsize=6)
        axis.set_title(name, fontsize=8)
        axis.set_ylabel("share of errors, %", fontsize=8)
        axis.legend(fontsize=6)
    _save(figure, path, 90)


def _labelled(axis: Axes, title: str, along: str, up: str) -> None:
    axis.set_title(title, fontsize=8)
    axis.set_xlabel(along, fontsize=7)
    axis.set_ylabel(up, fontsize=7)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.tick_params(labelsize=7, which="both")


def _save(figure: Figure, path: Path, dpi: float) -> None:
    """With as many colours as one sees: half the size."""
    drawn = BytesIO()
    figure.savefig(drawn, dpi=dpi, format="png")
    Image.open(drawn).convert("RGB").quantize(160).save(path, optimize=True)
