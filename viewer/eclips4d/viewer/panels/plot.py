"""A plot in the window's look, and words in it."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem

from eclips4d.viewer.theme import Palette

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


def text_item(text: str, colour: QColor, pixels: int, anchor: tuple[float, float], fill: QColor) -> Any:
    """Words in a plot that keep their size, on a ground that lets what lies behind shine through a little."""
    ground = QColor(fill)
    ground.setAlpha(200)
    item = pg.TextItem(text, color=colour, anchor=anchor, fill=ground)
    font = item.textItem.font()
    font.setPixelSize(pixels)
    item.setFont(font)
    return item
