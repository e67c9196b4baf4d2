"""A map brought onto a run as a picture: the run, the map as read, the map in its place, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.coregistration.result import Coregistration

if TYPE_CHECKING:
    from matplotlib.figure import Figure

F64 = NDArray[np.float64]

SHOWN = (0.5, 99.5)
"""Percentiles that colours span."""
BORDER = "#b2182b"


def picture(height_nm: F64, pixel_nm: tuple[float, float], found: Coregistration, title: str = "") -> Figure:
    """Four images side by side; the map's border is drawn onto the run."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15.0, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    placed, rest = found.heights.map_nm, found.heights.residual_nm
    far = max(abs(value) for value in _span(rest))
    images = (
        (height_nm, pixel_nm, "run", "viridis", _span(height_nm)),
        (found.chart.height_nm, found.chart.pixel_size_nm, "map, as read", "viridis", _span(found.chart.height_nm)),
        (placed, pixel_nm, "map, in its place", "viridis", _span(placed)),
        (rest, pixel_nm, f"left between both, rms {found.heights.rms_nm:.2f} nm", "RdBu_r", (-far, far)),
    )
    axes = figure.subplots(1, 4)
    for place, (image, pixel, name, colours, (low, high)) in zip(axes, images, strict=True):
        rows, columns = image.shape
        half = columns * pixel[0] / 2, rows * pixel[1] / 2
        extent = (-half[0], half[0], half[1], -half[1])
        shown = place.imshow(image, cmap=colours, vmin=low, vmax=high, extent=extent, interpolation="nearest")
        place.set_title(name, fontsize=10)
        place.set_xlabel("x from the middle, nm")
        figure.colorbar(shown, ax=place, label="nm", shrink=0.8)
    width, length = found.chart.size_nm
    x = np.array([-1.0, 1.0, 1.0, -1.0, -1.0]) * width / 2
    y = np.array([-1.0, -1.0, 1.0, 1.0, -1.0]) * length / 2
    limits = axes[0].get_xlim(), axes[0].get_ylim()
    axes[0].plot(*found.affine.to_grid(x, y), color=BORDER, lw=1.5)
    axes[0].set(xlim=limits[0], ylim=limits[1])
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    return figure


def _span(image: F64) -> tuple[float, float]:
    low, high = (float(value) for value in np.percentile(image[np.isfinite(image)], SHOWN))
    return low, high if high > low else low + 1e-3
