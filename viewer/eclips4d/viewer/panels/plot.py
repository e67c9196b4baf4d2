"""A plot in the window's look, and bands around its curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem

from eclips4d.viewer.theme import Palette

Colour = tuple[int, int, int, int]
_AXIS_WIDTH = 64


def quiet_plot(palette: Palette) -> Any:
    """A `PlotWidget` without buttons, menu and automatic ranges."""
    plot = pg.PlotWidget(background=None, enableMenu=False)
    plot.setAcceptDrops(False)  # files belong to the window
    plot.hideButtons()
    plot.disableAutoRange()
    plot.showGrid(x=True, y=True, alpha=0.15)
    for side in ("bottom", "left"):
        axis = plot.getAxis(side)
        # No automatic "knm" or "mnm".
        axis.enableAutoSIPrefix(False)
        axis.setPen(pg.mkPen(palette.edge))
        axis.setTextPen(pg.mkPen(palette.text))
        # Drawing numbers takes longer than drawing curves, and they seldom change.
        keep_drawn(axis)
    plot.getAxis("left").setWidth(_AXIS_WIDTH)
    return plot


def keep_drawn(item: Any) -> None:
    """Draw an item anew only when it changes, and not whenever something before or behind it does."""
    item.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)


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
            with QSignalBlocker(self._low):  # the area between them is found once
                self._low.setData(x, y - sd)
            self._high.setData(x, y + sd)

    def keep_drawn(self) -> None:
        """As `keep_drawn`."""
        keep_drawn(self._fill)

    def set_colour(self, colour: Colour) -> None:
        """Another colour."""
        self._fill.setBrush(colour)

    def hide(self) -> None:
        """Fill nothing."""
        self._fill.setVisible(False)


def text_item(text: str, colour: QColor, pixels: int, anchor: tuple[float, float], fill: QColor) -> Any:
    """Words in a plot that keep their size, on a ground that lets what lies behind shine through a little."""
    ground = QColor(fill)
    ground.setAlpha(200)
    item = pg.TextItem(text, color=colour, anchor=anchor, fill=ground)
    font = item.textItem.font()
    font.setPixelSize(pixels)
    item.setFont(font)
    return item
