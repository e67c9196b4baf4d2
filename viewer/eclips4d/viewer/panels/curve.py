"""Curves and bands that are drawn fast: a window draws them with every frame, beside a run that needs the processor.

Qt draws smooth lines of one pixel fifty times faster than wider ones, so a wider one is drawn as several of them, each
half a pixel beside the other (docs/decisions/0350).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.functions import create_qpolygonf, ndarray_from_qpolygonf
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF, QTransform

F64 = NDArray[np.float64]
HALF_PX = 0.5
_AROUND = ((-HALF_PX, 0.0), (HALF_PX, 0.0), (0.0, -HALF_PX), (0.0, HALF_PX))
"""Where the lines lie that make one of two pixels, screen pixels."""
WIDE_PX = 1.5
"""Pens from this width on are drawn so."""
_NONE: F64 = np.empty(0)


class Curve(pg.GraphicsObject):  # type: ignore[misc]
    """A smooth line through points, broken where one of them is not finite.

    Parameters
    ----------
    pen : QPen
        Solid; its width counts in screen pixels.
    """

    def __init__(self, pen: QPen | None = None) -> None:
        super().__init__()
        self._x, self._y = _NONE, _NONE
        self._lines: list[QPolygonF] = []
        self._outline = QRectF()
        self._pen = pg.mkPen("w") if pen is None else pen

    def setPen(self, pen: QPen) -> None:
        """Another pen."""
        if pen != self._pen:
            self._pen = pen
            self.update()

    def setData(self, x: Any, y: Any) -> None:
        """Other points."""
        self._x, self._y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        self._lines = [_polygon(self._x[run], self._y[run]) for run in _runs(self._x + self._y)]
        self._place()
        self.update()

    def getData(self) -> tuple[F64, F64]:
        """The points."""
        return self._x, self._y

    def viewTransformChanged(self) -> None:
        """As pyqtgraph asks for it: the room for the width is another one."""
        super().viewTransformChanged()
        self._place()

    def boundingRect(self) -> QRectF:
        """As Qt asks for it."""
        return self._outline

    def paint(self, painter: QPainter, *_: object) -> None:
        """As Qt asks for it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        device = painter.device()
        fine = device is not None and device.devicePixelRatioF() != 1.0
        if fine or self._pen.widthF() < WIDE_PX:
            painter.setPen(self._pen)
            return self._draw(painter)
        thin = QPen(self._pen)
        thin.setWidthF(1.0)
        painter.setPen(thin)
        usual = painter.worldTransform()
        for right, down in _AROUND:
            painter.setWorldTransform(usual * QTransform.fromTranslate(right, down))
            self._draw(painter)
        return painter.setWorldTransform(usual)

    def _place(self) -> None:
        """Where it lies, with room for its width."""
        self.prepareGeometryChange()
        room = self._pen.widthF() + 1.0
        across, down = (0.0 if one is None else room * one.length() for one in self.pixelVectors())
        self._outline = _outline(self._x, self._y).adjusted(-across, -down, across, down)

    def _draw(self, painter: QPainter) -> None:
        for line in self._lines:
            painter.drawPolyline(line)


class Band(pg.GraphicsObject):  # type: ignore[misc]
    """± a standard deviation around a curve, filled; broken where either is not known.

    Parameters
    ----------
    colour : (int, int, int, int)
    """

    def __init__(self, colour: tuple[int, int, int, int]) -> None:
        super().__init__()
        self._areas: list[QPolygonF] = []
        self._outline = QRectF()
        self._brush = QBrush(QColor(*colour))

    def show_around(self, x: F64, y: F64, sd: F64 | None) -> None:
        """Fill from `y - sd` to `y + sd`; nothing where nobody knows `sd`."""
        self.prepareGeometryChange()
        x, low, high = (_NONE, _NONE, _NONE) if sd is None else (x, y - sd, y + sd)
        runs = _runs(x + high)
        self._areas = [_polygon(np.r_[x[k], x[k][::-1]], np.r_[low[k], high[k][::-1]]) for k in runs]
        self._outline = _outline(np.r_[x, x], np.r_[low, high])
        self.setVisible(bool(self._areas))
        self.update()

    def set_colour(self, colour: tuple[int, int, int, int]) -> None:
        """Another colour."""
        if QColor(*colour) != self._brush.color():
            self._brush = QBrush(QColor(*colour))
            self.update()

    def boundingRect(self) -> QRectF:
        """As Qt asks for it."""
        return self._outline

    def paint(self, painter: QPainter, *_: object) -> None:
        """As Qt asks for it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._brush)
        for area in self._areas:
            painter.drawPolygon(area)


def _runs(values: F64) -> list[slice]:
    """Neighbouring values that are finite, at least two of them."""
    known = np.r_[False, np.isfinite(values), False]
    edges = np.flatnonzero(known[1:] != known[:-1])
    return [slice(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1]


def _polygon(x: F64, y: F64) -> QPolygonF:
    polygon: QPolygonF = create_qpolygonf(x.size)
    points = ndarray_from_qpolygonf(polygon)
    points[:, 0], points[:, 1] = x, y
    return polygon


def _outline(x: F64, y: F64) -> QRectF:
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return QRectF()
    x, y = x[known], y[known]
    return QRectF(float(x.min()), float(y.min()), float(np.ptp(x)), float(np.ptp(y)))
