"""Lines and areas on a map: drawn, taken hold of with the mouse, and drawn anew with a tool in hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QGraphicsItem

from eclips4d.viewer.measuring.drawing import Drawing, Tool
from eclips4d.viewer.measuring.grips import Grip, dragged, grip_at, picked
from eclips4d.viewer.measuring.session import Session
from eclips4d.viewer.measuring.shapes import (
    AreaShape,
    Field,
    LineShape,
    Point,
    Shape,
    inside,
    rectangle,
    worth_measuring,
)
from eclips4d.viewer.measuring.sheet import Measurement
from eclips4d.viewer.panels.mark_items import MarkItems, Preview, area_texts

REACH_PX = 9
"""How near the mouse must be to take hold of something."""
SLIP_PX = 8
"""What is smaller was drawn by mistake."""
AROUND = 4.0
"""The mouse is listened to this many fields around."""


class Marks(pg.GraphicsObject):  # type: ignore[misc]
    """Everything that is measured on one map.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
        Its places are nm.
    on_changed : callable
        Told when the mouse has changed something, so that it shows at once.
    """

    def __init__(self, box: Any, on_changed: Callable[[], None]) -> None:
        super().__init__()
        self._box, self._on_changed = box, on_changed
        self._drawing = Drawing()
        self._field: Field | None = None
        self._drawn: object = None
        self._grip: tuple[Grip, Measurement, Point] | None = None
        self._from: Point | None = None
        self._corners: list[Point] = []
        self._items = MarkItems(self)
        self._preview = Preview(self)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsFocusable)
        self.setZValue(20)
        box.addItem(self)

    def show_session(self, session: Session, field: Field | None, frame: int, *, visible: bool) -> None:
        """Show what is drawn; does nothing when nothing has changed."""
        if field != self._field:
            self.prepareGeometryChange()
            self._field = field
        self._drawing = session.drawing
        if self._drawing.tool is not Tool.POLYGON and self._corners:
            self._drop()
        self._items.set_visible(visible)
        now = (session.sheet, area_texts(session, frame), session.answers.spirals, field)
        if now != self._drawn:
            self._drawn = now
            self._items.show_all(*now)

    @property
    def grips(self) -> list[Any]:
        """Items at the vertices of the selected measurement."""
        return self._items.grips

    def boundingRect(self) -> QRectF:
        """As Qt asks for it: wherever the mouse may go."""
        if self._field is None:
            return QRectF()
        left, top, width, height = self._field
        return QRectF(left - AROUND * width, top - AROUND * height, (1 + 2 * AROUND) * width, (1 + 2 * AROUND) * height)

    def paint(self, painter: QPainter, *_: object) -> None:
        """As Qt asks for it: items of their own are painted instead."""

    def mouseDragEvent(self, event: Any) -> None:
        """As pyqtgraph asks for it."""
        at = _point(event.pos())
        if event.button() != Qt.MouseButton.LeftButton or self._field is None:
            return _refuse(event)
        if event.isStart() and not self._begin(_point(event.buttonDownPos()), event.modifiers()):
            return _refuse(event)
        event.accept()
        if self._from is not None:
            self._draw_to(at, event.isFinish())
        elif self._grip is not None:
            grip, before, start = self._grip
            self._drawing.reshape(grip.identity, dragged(before, grip, start, at, self._field))
            if event.isFinish():
                self._grip = None
                self._drawing.release()
            self._on_changed()
        return None

    def mouseClickEvent(self, event: Any) -> None:
        """As pyqtgraph asks for it."""
        at = _point(event.pos())
        if self._field is None:
            return _refuse(event)
        if event.button() == Qt.MouseButton.RightButton and self._drawing.tool is not None:
            event.accept()
            return self._put_away()
        if event.button() != Qt.MouseButton.LeftButton:
            return _refuse(event)
        if self._drawing.tool is Tool.POLYGON:
            event.accept()
            return self._corner(at, last=event.double())
        identity = picked(self._drawing.sheet, at, self._reach_nm)
        if identity is None:
            return _refuse(event)
        event.accept()
        self._drawing.select(identity)
        return self._on_changed()

    def hoverEvent(self, event: Any) -> None:
        """As pyqtgraph asks for it: the pointer's shape tells what a press would do."""
        if event.isExit() or self._field is None:
            return self._usual_pointer()
        at = _point(event.pos())
        if self._corners:
            self._preview.show(_open_polygon([*self._corners, inside(at, self._field)]))
        grip = grip_at(self._drawing.sheet, at, self._reach_nm)
        if self._drawing.tool is not None:
            self.setCursor(Qt.CursorShape.CrossCursor)
        elif grip is None:
            return self._usual_pointer()
        else:
            whole = Qt.CursorShape.SizeAllCursor
            self.setCursor(whole if grip.vertex is None else Qt.CursorShape.PointingHandCursor)
        event.acceptDrags(Qt.MouseButton.LeftButton)
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As Qt asks for it: Esc puts the tool away."""
        if event.key() == Qt.Key.Key_Escape and self._drawing.tool is not None:
            self._put_away()
        else:
            event.ignore()

    def _usual_pointer(self) -> None:
        self.unsetCursor()

    @property
    def _reach_nm(self) -> float:
        return REACH_PX * float(self._box.viewRect().width() / max(self._box.rect().width(), 1))

    def _begin(self, at: Point, modifiers: Qt.KeyboardModifier) -> bool:
        assert self._field is not None
        with_shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        if self._drawing.tool in (Tool.LINE, Tool.RECTANGLE) or with_shift:
            self._from = inside(at, self._field)
            return True
        grip = grip_at(self._drawing.sheet, at, self._reach_nm)
        measurement = None if grip is None else self._drawing.sheet.get(grip.identity)
        if grip is None or measurement is None:
            return False
        self._grip = grip, measurement, at
        return True

    def _draw_to(self, at: Point, finished: bool) -> None:
        assert self._from is not None and self._field is not None
        start, end = self._from, inside(at, self._field)
        shape: Shape = LineShape((start, end))
        if self._drawing.tool is Tool.RECTANGLE:
            shape = rectangle(start, end)
        if not finished:
            return self._preview.show(shape)
        self._from = None
        self._preview.hide()
        return self._keep(shape)

    def _corner(self, at: Point, *, last: bool) -> None:
        assert self._field is not None
        corner = inside(at, self._field)
        closes = len(self._corners) > 2 and picked_first(self._corners, corner, self._reach_nm)
        if not (closes or last):
            self._corners.append(corner)
            return self._preview.show(_open_polygon(self._corners))
        shape = AreaShape(tuple(self._corners))
        self._drop()
        return self._keep(shape)

    def _keep(self, shape: Shape) -> None:
        if worth_measuring(shape, SLIP_PX / REACH_PX * self._reach_nm):
            self._drawing.draw(shape)
        self._on_changed()

    def _put_away(self) -> None:
        self._drop()
        self._drawing.take_tool(None)
        self._on_changed()

    def _drop(self) -> None:
        self._corners = []
        self._preview.hide()


def _refuse(event: Any) -> None:
    """Let what lies below have it."""
    event.ignore()


def picked_first(corners: list[Point], at: Point, reach_nm: float) -> bool:
    """Whether a place is that of the first corner."""
    (x, y), (fx, fy) = at, corners[0]
    return (x - fx) ** 2 + (y - fy) ** 2 <= reach_nm**2


def _open_polygon(corners: list[Point]) -> Shape:
    return AreaShape(tuple(corners)) if len(corners) > 2 else LineShape((corners[0], corners[-1]))


def _point(at: QPointF) -> Point:
    return float(at.x()), float(at.y())
