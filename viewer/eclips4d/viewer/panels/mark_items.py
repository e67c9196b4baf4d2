"""How lines and areas look on a map: a dark seam that stands out of every colour, names, grips at the selected one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsEllipseItem, QGraphicsItem, QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

from eclips4d.viewer.measuring.answers import SpiralReading
from eclips4d.viewer.measuring.session import Session
from eclips4d.viewer.measuring.shapes import AreaShape, Field, LineShape, Point, Shape
from eclips4d.viewer.measuring.sheet import Measurement, Sheet
from eclips4d.viewer.measuring.words import area_words, core_words
from eclips4d.viewer.panels.plot import text_item
from eclips4d.viewer.theme import DARK, Palette

GRIP_PX = 7
"""Radius of the grips: easy to catch with a mouse."""
SEAM = QColor(10, 12, 18, 150)
BAND_ALPHA = 55
LABEL_PX = 12
EDGE = 0.1
"""Of a map's width: so near to its edge names have no room beside a line."""


def colour_of(measurement: Measurement, palette: Palette) -> QColor:
    """Its colour, the same on the map and in every plot."""
    return QColor(palette.series[measurement.series % len(palette.series)])


def area_texts(session: Session, frame: int) -> dict[int, str]:
    """What areas show in this frame, by identity; nothing of those that were read in another one."""
    found = [(m.identity, session.area_reading(area)) for m, area in session.sheet.all_areas()]
    return {identity: area_words(r) for identity, r in found if r is not None and r.question.frame == frame}


class MarkItems:
    """The items of all measurements; made anew when one has changed, for there are few.

    Colours are those for a dark ground in both looks: maps are the same in both.
    """

    def __init__(self, parent: QGraphicsItem) -> None:
        self._parent = parent
        self._items: list[Any] = []
        self._visible = True
        self._field: Field = (0.0, 0.0, 1.0, 1.0)
        self.grips: list[Any] = []

    def show_all(
        self, sheet: Sheet, texts: Mapping[int, str], spirals: SpiralReading | None, field: Field | None
    ) -> None:
        """Show these, areas with their texts, and nothing else."""
        self._clear()
        self._field = field or (0.0, 0.0, 1.0, 1.0)
        if spirals is not None:
            self._add_spirals(spirals)
        for measurement in sheet.measurements:
            chosen = measurement.identity == sheet.selected
            colour = colour_of(measurement, DARK)
            self._add_shape(measurement.shape, colour, chosen)
            self._add_names(measurement, sheet, texts, colour)
            if chosen:
                self.grips = [self._grip(vertex, colour) for vertex in measurement.shape.vertices]

    def set_visible(self, visible: bool) -> None:
        """Show or hide all."""
        if visible != self._visible:
            self._visible = visible
            for item in self._items:
                item.setVisible(visible)

    def _clear(self) -> None:
        for item in self._items:
            scene = item.scene()
            item.setParentItem(None)
            if scene is not None:
                scene.removeItem(item)
        self._items, self.grips = [], []

    def _keep(self, item: Any, z: float) -> Any:
        item.setParentItem(self._parent)
        item.setZValue(z)
        item.setVisible(self._visible)
        item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._items.append(item)
        return item

    def _add_shape(self, shape: Shape, colour: QColor, chosen: bool) -> None:
        if isinstance(shape, LineShape) and shape.width_nm > 0:
            band = _path(shape.band(), closed=True)
            self._keep(_path_item(band, QPen(Qt.PenStyle.NoPen), _with_alpha(colour, BAND_ALPHA)), 0)
        path = _path(shape.vertices, closed=isinstance(shape, AreaShape))
        width = 2.6 if chosen else 1.6
        self._keep(_path_item(path, _pen(SEAM, width + (2.5 if chosen else 1.6))), 1)
        self._keep(_path_item(path, _pen(colour, width)), 2 + chosen)

    def _add_names(self, measurement: Measurement, sheet: Sheet, texts: Mapping[int, str], colour: QColor) -> None:
        shape, name = measurement.shape, measurement.name
        if isinstance(shape, AreaShape):
            top = min(shape.vertices, key=lambda vertex: (vertex[1], vertex[0]))
            self._label(f"{name}  {texts.get(measurement.identity, '')}".rstrip(), top, 0, colour)
            return
        chosen, alone = measurement.identity == sheet.line, len(sheet.measurements) == 1
        (ax, _), (bx, _) = shape.ends
        way = 1 if ax <= bx else -1
        start = ("a" if alone else f"{name} a") if chosen else name
        self._label(start, shape.ends[0], self._side_of(shape.ends[0], -way), colour)
        if chosen:
            self._label("b", shape.ends[1], self._side_of(shape.ends[1], way), colour)

    def _side_of(self, at: Point, side: int) -> int:
        """Where a name stands that is to stand there: above where the map ends beside it."""
        left, _, width, _ = self._field
        share = (at[0] - left) / width
        return 0 if min(share, 1.0 - share) < EDGE and (share < 0.5) == (side < 0) else side

    def _add_spirals(self, reading: SpiralReading) -> None:
        for core, words in zip(reading.cores, core_words(reading), strict=True):
            turn = "↻" if core.sense > 0 else "↺"
            label = self._label(f"{turn} S{core.core_id + 1}", (core.x_nm.value, core.y_nm.value), 1, QColor("white"))
            label.setToolTip(words)

    def _label(self, text: str, at: Point, side: int, colour: QColor) -> Any:
        """Left (-1) or right (1) of a place, beyond the grip; or above it (0), towards the middle of the field."""
        middle = self._field[0] + self._field[2] / 2
        label = text_item(text, colour, LABEL_PX, (float(at[0] > middle), 1.2), SEAM)
        if side:
            off = (GRIP_PX + 5) / label.boundingRect().width()
            label.setAnchor((-off if side > 0 else 1.0 + off, 0.5))
        label.setPos(*at)
        return self._keep(label, 5)

    def _grip(self, at: Point, colour: QColor) -> Any:
        grip = QGraphicsEllipseItem(QRectF(-GRIP_PX, -GRIP_PX, 2 * GRIP_PX, 2 * GRIP_PX))
        grip.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        grip.setPen(_pen(colour, 2.0))
        grip.setBrush(SEAM)
        grip.setPos(QPointF(*at))
        grip.setToolTip("Drag it; drag the outline to move the whole, Delete removes it, Ctrl+Z takes back")
        return self._keep(grip, 4)


class Preview:
    """What is being drawn."""

    def __init__(self, parent: QGraphicsItem) -> None:
        pen = _pen(QColor("white"), 1.8)
        pen.setStyle(Qt.PenStyle.DashLine)
        self._seam = _path_item(QPainterPath(), _pen(SEAM, 4.0))
        self._item = _path_item(QPainterPath(), pen)
        for z, item in ((8, self._seam), (9, self._item)):
            item.setParentItem(parent)
            item.setZValue(z)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            item.hide()

    def show(self, shape: Shape) -> None:
        """Show a shape."""
        path = _path(shape.vertices, closed=isinstance(shape, AreaShape))
        for item in (self._seam, self._item):
            item.setPath(path)
            item.show()

    def hide(self) -> None:
        """Show nothing."""
        self._seam.hide()
        self._item.hide()


def _path(vertices: tuple[Point, ...], *, closed: bool) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(*vertex) for vertex in vertices]))
    if closed:
        path.closeSubpath()
    return path


class _SmoothPath(QGraphicsPathItem):
    """Slanted lines without stairs; the images behind need no such thing."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """As Qt asks for it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        super().paint(painter, option, widget)


def _path_item(path: QPainterPath, pen: QPen, brush: QColor | None = None) -> QGraphicsPathItem:
    item = _SmoothPath(path)
    item.setPen(pen)
    if brush is not None:
        item.setBrush(brush)
    return item


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen


def _with_alpha(colour: QColor, alpha: int) -> QColor:
    return QColor(colour.red(), colour.green(), colour.blue(), alpha)
