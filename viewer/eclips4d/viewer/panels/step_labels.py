"""Steps drawn into a profile: where they are, what they measure, and the terraces between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics

from eclips4d.viewer.lengths import Unit
from eclips4d.viewer.measuring.answers import LineReading, StepRead
from eclips4d.viewer.measuring.label_places import label_places
from eclips4d.viewer.measuring.words import step_words
from eclips4d.viewer.panels.plot import text_item
from eclips4d.viewer.theme import Palette

ROWS = 2
"""Of labels, above the curve."""
LABEL_PX = 12
TOP_PX = 2


class StepLabels:
    """Labels stay where the profile's axes take them and never lie on each other.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
    palette : Palette
    """

    def __init__(self, plot: Any, palette: Palette) -> None:
        self._plot, self._palette = plot, palette
        self._marks: Any = pg.PlotCurveItem(
            pen=pg.mkPen(palette.muted, width=1, style=Qt.PenStyle.DotLine), connect="finite"
        )
        self._plateaus: Any = pg.PlotCurveItem(pen=pg.mkPen(palette.text, width=1), connect="finite", antialias=True)
        for item in (self._plateaus, self._marks):
            item.setZValue(5)
            plot.addItem(item)
        self._labels: list[Any] = []
        self._steps: tuple[StepRead, ...] = ()
        self._at: list[float] = []
        self.hidden = 0
        plot.getViewBox().sigRangeChanged.connect(self._place)
        plot.getViewBox().sigResized.connect(self._place)

    def show(self, reading: LineReading | None, units: tuple[Unit, Unit]) -> None:
        """The steps of a reading, or none, on axes in these units of distance and height."""
        steps = () if reading is None else reading.steps
        x_unit, h_unit = units
        self._at = [step.position_nm.value / x_unit.nm for step in steps]
        self._steps = steps
        pieces = () if reading is None else reading.plateaus
        x = [v for (ax, _), (bx, _) in pieces for v in (ax / x_unit.nm, bx / x_unit.nm, np.nan)]
        y = [v for (_, ay), (_, by) in pieces for v in (ay / h_unit.nm, by / h_unit.nm, np.nan)]
        self._plateaus.setData(np.array(x), np.array(y))
        self._make_labels(steps)
        self._place()

    def clear(self) -> None:
        """No steps."""
        self.show(None, (Unit("nm", 1.0), Unit("nm", 1.0)))

    @property
    def texts(self) -> list[str]:
        """What can be read, from left to right."""
        return [label.toPlainText() for label in self._labels if label.isVisible()]

    def _make_labels(self, steps: Sequence[StepRead]) -> None:
        while len(self._labels) > len(steps):
            self._plot.removeItem(self._labels.pop())
        while len(self._labels) < len(steps):
            label = text_item("", QColor(self._palette.text), LABEL_PX, (0.0, 0.0), QColor(self._palette.panel))
            label.setZValue(10)
            self._plot.addItem(label, ignoreBounds=True)
            self._labels.append(label)
        for label, step in zip(self._labels, steps, strict=True):
            label.setText(step_words(step))

    def _place(self, *_: object) -> None:
        """From the ranges: the box brings its own transform up to date only when it next paints."""
        box = self._plot.getViewBox()
        (x0, x1), (y0, y1) = box.viewRange()
        width, height = max(box.width(), 1.0), max(box.height(), 1.0)
        if not self._steps or x1 <= x0:
            self._marks.setData([], [])
            self.hidden = 0
            return
        metrics = QFontMetrics(self._labels[0].textItem.font())
        lines = [label.toPlainText().split("\n") for label in self._labels]
        widths = [10.0 + max(metrics.horizontalAdvance(line) for line in several) for several in lines]
        pixels = [(x - x0) / (x1 - x0) * width for x in self._at]
        inside = [0.0 <= x <= width for x in pixels]
        row_px = 2.0 * metrics.lineSpacing() + 8.0
        rows = max(1, min(ROWS, int(height / (2.5 * row_px))))
        seen = [k for k, there in enumerate(inside) if there]
        places = label_places([pixels[k] for k in seen], [widths[k] for k in seen], (0.0, width), rows)
        found = dict(zip(seen, places, strict=True))
        for k, label in enumerate(self._labels):
            place = found.get(k)
            label.setVisible(place is not None)
            if place is not None:
                row, left = place
                top = TOP_PX + row * row_px
                label.setPos(QPointF(x0 + left / width * (x1 - x0), y1 - top / height * (y1 - y0)))
        self.hidden = sum(place is None for place in places)
        ends = np.array([(self._at[k], y0) for k in seen]), np.array([(self._at[k], y1) for k in seen])
        marks = np.full((3 * len(seen), 2), np.nan)
        if seen:
            marks[0::3], marks[1::3] = ends
        self._marks.setData(marks[:, 0], marks[:, 1])
