"""A plot in the window's look, and bands around its curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

from eclips4d.viewer import theme

Colour = tuple[int, int, int, int]
_AXIS_WIDTH = 64


def quiet_plot() -> Any:
    """A `PlotWidget` without buttons, menu and automatic ranges."""
    plot = pg.PlotWidget(background=None)
    plot.hideButtons()
    plot.setMenuEnabled(False)
    plot.disableAutoRange()
    plot.showGrid(x=True, y=True, alpha=0.15)
    for side in ("bottom", "left"):
        axis = plot.getAxis(side)
        # No automatic "knm" or "mnm".
        axis.enableAutoSIPrefix(False)
        axis.setPen(pg.mkPen(theme.EDGE))
        axis.setTextPen(pg.mkPen(theme.TEXT))
    plot.getAxis("left").setWidth(_AXIS_WIDTH)
    return plot


class Band:
    """± a standard deviation around a curve, filled; broken where either is not known."""

    def __init__(self, plot: Any, colour: Colour) -> None:
        nothing = pg.mkPen(None)
        self._low: Any = pg.PlotCurveItem(pen=nothing, connect="finite")
        self._high: Any = pg.PlotCurveItem(pen=nothing, connect="finite")
        self._fill: Any = pg.FillBetweenItem(self._low, self._high, brush=colour)
        for item in (self._low, self._high, self._fill):
            plot.addItem(item)

    def show(self, x: NDArray[np.float64], y: NDArray[np.float64], sd: NDArray[np.float64] | None) -> None:
        """Fill from `y - sd` to `y + sd`; nothing where nobody knows `sd`."""
        known = sd is not None and bool(np.isfinite(y + sd).any())
        self._fill.setVisible(known)
        if sd is not None and known:
            self._low.setData(x, y - sd)
            self._high.setData(x, y + sd)

    def hide(self) -> None:
        """Fill nothing."""
        self._fill.setVisible(False)
