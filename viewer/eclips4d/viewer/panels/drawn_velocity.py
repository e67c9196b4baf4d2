"""A line that the mouse draws on a kymograph, with the velocity that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from eclips4d.metrology.quantity import Quantity
from eclips4d.viewer.lengths import Unit
from eclips4d.viewer.measuring.kymograph import Drawn, Place
from eclips4d.viewer.measuring.words import signed
from eclips4d.viewer.panels.plot import text_item
from eclips4d.viewer.theme import Palette


class DrawnVelocity(pg.GraphicsObject):  # type: ignore[misc]
    """Left drag draws; the wheel zooms, the middle button moves, a click takes the line away.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
    palette : Palette
    on_drawn : callable
        Told the line while it is drawn, None when it is taken away.
    """

    def __init__(self, box: Any, palette: Palette, on_drawn: Callable[[Drawn | None], None]) -> None:
        super().__init__()
        self._on_drawn = on_drawn
        self._within = QRectF()
        self._nm = 1.0
        self._seam: Any = pg.PlotCurveItem(pen=pg.mkPen((10, 12, 18, 170), width=5), antialias=True)
        self._line: Any = pg.PlotCurveItem(pen=pg.mkPen("white", width=2), antialias=True)
        self._words: Any = text_item("", QColor("white"), 13, (0.0, 0.0), QColor(10, 12, 18))
        for z, item in ((10, self._seam), (11, self._line), (12, self._words)):
            item.setZValue(z)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            box.addItem(item, ignoreBounds=True)
            item.hide()
        self.setZValue(9)
        self.setCursor(Qt.CursorShape.CrossCursor)
        box.addItem(self, ignoreBounds=True)

    def listen_within(self, rectangle: QRectF) -> None:
        """Where the kymograph lies, on the axes."""
        if rectangle != self._within:
            self.prepareGeometryChange()
            self._within = rectangle

    def show(self, drawn: Drawn | None, velocity: Quantity | None, unit: Unit, mark: str = "") -> None:
        """Show a line, or none, on a distance axis in this unit, and a mark below its velocity."""
        self._nm = unit.nm
        for item in (self._seam, self._line, self._words):
            item.setVisible(drawn is not None)
        if drawn is None:
            return
        (x0, t0), (x1, t1) = drawn.start, drawn.end
        for item in (self._seam, self._line):
            item.setData([x0 / self._nm, x1 / self._nm], [t0, t1])
        self._words.setText("\n".join(filter(None, ("" if velocity is None else signed(velocity, "nm/s"), mark))))
        right = x1 / self._nm > self._within.center().x()
        self._words.setAnchor((1.05 if right else -0.05, 0.5))
        self._words.setPos(QPointF(x1 / self._nm, t1))

    def boundingRect(self) -> QRectF:
        """As Qt asks for it."""
        return self._within

    def paint(self, painter: QPainter, *_: object) -> None:
        """As Qt asks for it: items of their own are painted instead."""

    def mouseDragEvent(self, event: Any) -> None:
        """As pyqtgraph asks for it."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        start, end = (self._place(at) for at in (event.buttonDownPos(), event.pos()))
        if start[1] != end[1]:
            self._on_drawn(Drawn(start, end))

    def mouseClickEvent(self, event: Any) -> None:
        """As pyqtgraph asks for it."""
        if event.button() == Qt.MouseButton.LeftButton and self._line.isVisible():
            event.accept()
            self._on_drawn(None)
        else:
            event.ignore()

    def _place(self, at: QPointF) -> Place:
        """Within the kymograph, nm and s."""
        box = self._within
        x = min(max(float(at.x()), box.left()), box.right())
        return x * self._nm, min(max(float(at.y()), box.top()), box.bottom())
