"""One segment by the exact simulator and by the vision field transformer, and what lies between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from eclips4d.inference.vft.weights import vision_field_simulator
from eclips4d.physics.bsesm.render import exact_simulator
from eclips4d.pipeline.bench.loop.vft.shaded import PIXEL_NM
from eclips4d.pipeline.bench.physics.bsesm_surfaces import TIMED
from eclips4d.pipeline.bench.physics.horizon_rendered import instrument


def draw(path: Path) -> None:
    """Islands and trenches, 256²."""
    height = TIMED["islands and trenches"](256) * PIXEL_NM
    exact = exact_simulator(instrument(), height.shape)
    images = exact(height)[0], vision_field_simulator(instrument(), height.shape)(height)[0]
    flat = float(exact(np.zeros_like(height))[0].mean())
    figure = Figure(figsize=(9.0, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 3)
    for axis, image, title in zip(axes, images, ("exact", "vision field transformer"), strict=False):
        axis.imshow(image / flat, cmap="gray", vmin=0.0, vmax=2.0)
        axis.set_title(title)
    between = axes[2].imshow(100.0 * (images[1] - images[0]) / flat, cmap="RdBu_r", vmin=-5.0, vmax=5.0)
    axes[2].set_title("transformer less exact")
    figure.colorbar(between, ax=axes[2], label="% of flat")
    for axis in axes:
        axis.set_axis_off()
    figure.savefig(path, dpi=90)
