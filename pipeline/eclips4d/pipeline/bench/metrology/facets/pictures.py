"""The stereogram and the label map of one image of frusta."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from eclips4d.metrology.facets import orientation_histogram, stereogram
from eclips4d.pipeline.bench.metrology.facets.frusta_trials import PIXEL_NM, Trial, trial

_DPI = 110


def draw(folder: Path) -> None:
    """`metrology-stereogram.png` and `metrology-facets.png`."""
    shown = trial("100", 1000, 1)
    histogram = orientation_histogram(shown.frame, shown.grid)
    figure = stereogram(
        shown.facets.found,
        shown.systematic,
        shown.planes,
        shown.known,
        histogram,
        title="Frusta on (100), decoys of 43.31° and 40° among them",
    )
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "metrology-stereogram.png", dpi=_DPI)
    _map(shown).savefig(folder / "metrology-facets.png", dpi=_DPI)


def _map(shown: Trial) -> Figure:
    figure = Figure(figsize=(9.6, 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    reach = shown.facets.labels.shape[1] * PIXEL_NM
    extent = (0.0, reach, reach, 0.0)
    left.imshow(shown.frame.slope[0], cmap="RdBu_r", vmin=-1.5, vmax=1.5, extent=extent)
    left.set_title("dh/dx of one frame, 1000 electrons")
    names = [*shown.planes.names, "none", "undecided"]
    number = {row.facet: names.index(row.family) + 1 for row in shown.known.table.itertuples()}
    shares = np.zeros(int(shown.facets.labels.max()) + 1)
    for facet, name in number.items():
        shares[facet] = name
    drawn = shares[shown.facets.labels] + 0.35 * (shown.facets.inner & (shown.facets.labels > 0))
    right.imshow(np.where(shown.facets.labels > 0, drawn, np.nan), cmap="viridis", vmin=0.5, vmax=5.5, extent=extent)
    for facet in shown.facets.found:
        family = names[number[facet.number] - 1]
        right.annotate(family, facet.centre_nm, fontsize="x-small", ha="center", va="center", color="w")
    right.set_title("facets; bright: inner part that counts")
    for axes in (left, right):
        axes.set_xlabel("x, nm")
    left.set_ylabel("y, nm")
    return figure
