"""The smoothed drift in the picture: over the live one, by how much the two differ, and how sure it is."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, withStroke

from eclips4d.metrology.drift import DriftSeries
from eclips4d.viewer.lengths import Unit

COLOURS = {"x, to the right": "#0072b2", "y, downwards": "#d55e00"}
"""Blue and vermilion of Okabe and Ito: told apart by every reader."""
DEFINED_PX = 1e-5
"""Below this, a place is so by definition and not found; its standard deviation is not drawn."""
DARK = ("#00344f", "#6b2f00")
"""The same hues, darker."""
DASHES = (0, (4, 2))


def add_smoothed(upper: Axes, between: Axes, lower: Axes, live: DriftSeries, smoothed: DriftSeries, unit: Unit) -> None:
    """Draw it into the axes of drift and of standard deviations, and the difference between both into its own.

    Parameters
    ----------
    upper, between, lower : Axes
        Drift in `unit`; difference and standard deviation in px.
    live, smoothed : DriftSeries
        Of the same frames.
    unit : Unit
        Of the drift.
    """
    time, nm, u_px = smoothed.time_s, smoothed.nm / unit.nm, np.where(smoothed.u_px > DEFINED_PX, smoothed.u_px, np.nan)
    apart = live.px - smoothed.px
    between.axhline(0.0, color="0.75", lw=0.8, zorder=0)
    for k, (colour, dark) in enumerate(zip(COLOURS.values(), DARK, strict=True)):
        # Columns in px are (row, column), those in nm (x, y).
        over = [withStroke(linewidth=2.2, foreground="white", alpha=0.6), Normal()]
        upper.plot(time, nm[:, k], color=dark, lw=1.1, ls=DASHES, path_effects=over, zorder=3)
        column = 1 - k
        between.plot(time, apart[:, column], color=colour, lw=1.3, marker="o" if len(live) <= 120 else None, ms=3)
        between.fill_between(time, -u_px[:, column], u_px[:, column], color=colour, alpha=0.15, lw=0)
        lower.plot(time, u_px[:, column], color=dark, lw=1.1, ls=DASHES)
    between.set_ylabel("live −\nsmoothed, px")


def legend_entry() -> Line2D:
    """What the dashed lines are."""
    return Line2D([], [], color="0.2", lw=1.1, ls=DASHES, label="smoothed, from all frames")
