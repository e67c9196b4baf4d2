"""Small plots one above the other, which share their axis of time, with words beside each."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from eclips4d.viewer.drift import Range, widened
from eclips4d.viewer.panels.curve import Curve
from eclips4d.viewer.panels.plot import quiet_plot
from eclips4d.viewer.theme import Palette
from eclips4d.viewer.ticks import ticks

AXIS_PX = 42
LEAST_PX = 16
"""Height of a plot, at least."""
LEAST_S = 1.0
NUMBER_PX = 22


class PlotRow:
    """One plot; curves are added to `plot`, words stand in `words`."""

    def __init__(self, palette: Palette, words_px: int) -> None:
        self.plot: Any = quiet_plot(palette)
        self.plot.setMinimumHeight(LEAST_PX)
        self.plot.getAxis("bottom").setStyle(showValues=False)
        self.plot.getAxis("left").setTextPen(pg.mkPen(palette.muted))
        self.shown: Any = pg.InfiniteLine(pen=pg.mkPen(palette.muted, width=1))
        self.shown.hide()
        self.plot.addItem(self.shown)
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setFixedWidth(words_px)
        # Neither plots nor words make a window grow.
        self.words.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self.words.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._reach: Range | None = None

    def add_curve(self, colour: str) -> Curve:
        """A curve in this colour, broken where its values are NaN."""
        curve = Curve(pg.mkPen(colour, width=2))
        self.plot.addItem(curve)
        return curve

    def reach(self, needed: Range, *, least: float, zero: bool = False) -> None:
        """Show these values; the axis moves seldom. `zero`: it begins there."""
        if zero:
            needed = (0.0, needed[1])
        found = widened(self._reach, needed, both_ways=not zero, least=least)
        if found != self._reach:
            self._reach = found
            self.plot.setYRange(*found, padding=0.04)

    def forget(self) -> None:
        """Find the axis anew the next time."""
        self._reach = None

    def put_few_numbers(self) -> None:
        """At the axis, so that they have room in a low plot."""
        self.plot.getAxis("left").tickSpacing = _few  # what pyqtgraph offers for it: to be replaced


class PlotRows(QWidget):
    """Rows, and the axis of time below them.

    Parameters
    ----------
    palette : Palette
    label : str
        Of the axis.
    words_px : int
        Width of the words beside the plots, screen pixels.
    few_numbers : bool
        Whether plots are low.
    """

    def __init__(self, palette: Palette, label: str, words_px: int = 150, *, few_numbers: bool = True) -> None:
        super().__init__()
        self.rows: list[PlotRow] = []
        self.moved = False
        """An axis was moved with the mouse: all stay until `forget`."""
        self._palette, self._words_px, self._few_numbers = palette, words_px, few_numbers
        self._span: Range | None = None
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setHorizontalSpacing(10)
        self._layout.setVerticalSpacing(2)
        self.axis: Any = _axis_below(palette, label)
        self._layout.addWidget(self.axis, 1, 0)

    def resize_to(self, count: int) -> None:
        """Have so many rows."""
        while len(self.rows) > count:
            row = self.rows.pop()
            for widget in (row.plot, row.words):
                self._layout.removeWidget(widget)
                widget.deleteLater()
        while len(self.rows) < count:
            self.rows.append(self._new_row())
        for k, row in enumerate(self.rows):
            self._layout.addWidget(row.plot, k + 1, 0)
            self._layout.addWidget(row.words, k + 1, 1)
            self._layout.setRowStretch(k + 1, 1)
        for k in range(count + 1, self._layout.rowCount()):
            self._layout.setRowStretch(k, 0)
        self._layout.addWidget(self.axis, count + 1, 0)

    def add_above(self, widget: QWidget) -> None:
        """Something above the first row."""
        self._layout.addWidget(widget, 0, 0, 1, 2)

    def span(self, needed: Range, *, fixed: bool = False) -> None:
        """Show these times; the axis is widened in steps, or `fixed` to them. Stays where the mouse has put it."""
        if self.moved:
            return
        found = needed if fixed else widened(self._span, needed, both_ways=False, least=LEAST_S)
        if found != self._span:
            self._span = found
            self.axis.setXRange(found[0], max(found[1], found[0] + LEAST_S), padding=0.02)

    def show_at(self, time_s: float | None) -> None:
        """Where the frame shown stands."""
        for row in self.rows:
            row.shown.setVisible(time_s is not None)
            if time_s is not None:
                row.shown.setValue(time_s)

    def forget(self) -> None:
        """Find all axes anew."""
        self._span, self.moved = None, False
        for row in self.rows:
            row.forget()

    def _new_row(self) -> PlotRow:
        row = PlotRow(self._palette, self._words_px)
        if self._few_numbers:
            row.put_few_numbers()
        row.plot.setXLink(self.axis)
        row.plot.getViewBox().sigRangeChangedManually.connect(self._on_manual)
        return row

    def _on_manual(self, *_: object) -> None:
        self.moved = True


def _few(low: float, high: float, length_px: float) -> list[tuple[float, float]]:
    """Distance of the ticks of an axis, and where the first one lies."""
    room = max(2, int(length_px // NUMBER_PX))
    # One number tells no scale: then there are rather more than fit well.
    tried = (ticks(low, high, most=most) for most in (room, 2 * room))
    return next(([(places[1] - places[0], 0.0)] for places in tried if len(places) > 1), [])


def _axis_below(palette: Palette, label: str) -> Any:
    """A plot of which only the lower axis is seen; its ticks stand below those of all rows."""
    plot = quiet_plot(palette)
    plot.setFixedHeight(AXIS_PX)
    plot.getAxis("bottom").setLabel(label)
    left = plot.getAxis("left")
    left.setTicks([[]])
    left.setPen(pg.mkPen((0, 0, 0, 0)))
    plot.setMouseEnabled(x=False, y=False)
    return plot
