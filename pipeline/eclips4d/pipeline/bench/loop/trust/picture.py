"""Frames with faults beside their trust maps."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from eclips4d.pipeline.bench.loop.trust.faults import KINDS
from eclips4d.pipeline.bench.loop.trust.specimens import height_nm, instrument
from eclips4d.pipeline.bench.loop.trust.trials import inverted

SHOWN, DOSE, SEED = "granular film, slope 0.6", 300.0, 2


def picture() -> Figure:
    """For each kind of fault: the frame, what was planted, the trust."""
    figure = Figure(figsize=(7.5, 7.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(KINDS), 3, squeeze=False)
    for line, (kind, plant) in zip(axes, KINDS.items(), strict=True):
        random = np.random.default_rng(SEED)
        planted = plant(height_nm(SHOWN, SEED), 4, DOSE, random)
        data = planted.frame(random)
        trust = inverted("analytic", instrument(4), data).trust
        shown = (data.mean(axis=0), planted.where, trust)
        for axis, image, title in zip(line, shown, (kind, "planted", "trust"), strict=True):
            seen = axis.imshow(image, cmap="viridis" if title == "trust" else "gray")
            axis.set_title(title)
            axis.set_axis_off()
        figure.colorbar(seen, ax=line[2], label="0–100")
    return figure
