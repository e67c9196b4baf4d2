"""The height map with its colour bar, and the line whose profile is plotted below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QFont, QTransform
from PySide6.QtWidgets import QGraphicsSimpleTextItem, QGridLayout, QWidget

from eclips4d.core.results import Status
from eclips4d.viewer import theme
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.change_bar import ChangeBar
from eclips4d.viewer.panels.colour_bar import ColourBar
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.profile import Line
from eclips4d.viewer.state_line import Tone

GRIP_PX = 7
"""Radius of the line's ends: easy to catch with a mouse."""
UNCALIBRATED = "   scale not calibrated"
"""Said when the detector's radii are not known."""
NOT_ALIGNED = "   not aligned"
"""Said of a frame whose shift was not found: it lies where it was predicted."""
MUCH_OUTSIDE = 0.10
"""Share of pixels beyond the levels (2 % by choice) from which on the panel suggests finding them anew."""


class HeightPanel:
    """Calls `on_line(line)` when the line was dragged, `on_change(wanted)` when the change of height was asked for."""

    def __init__(
        self, on_line: Callable[[Line], None], on_change: Callable[[bool], None] = lambda wanted: None
    ) -> None:
        self.map = MapView()
        self.bar = ColourBar()
        self.change_bar = ChangeBar(on_change, self.map)
        self._on_line = on_line
        self._line: Line | None = None
        self._roi: Any = None
        self._ends = [_end_label("a"), _end_label("b")]
        body = QWidget()
        layout = QGridLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowStretch(0, 1)
        layout.setColumnStretch(0, 1)
        layout.addWidget(self.map, 0, 0)
        layout.addWidget(self.bar, 0, 1)
        layout.addWidget(self.change_bar, 1, 0, 1, 2)
        self.widget = PanelFrame("Height", body)

    def draw(self, model: Model) -> None:
        """Show the newest height, or the chosen frame's, or its change, or why there is none."""
        picture, change = model.picture, model.change
        image = picture.painted.height if change is None else change.painted
        note = picture.note if change is None else change.note
        self.map.draw(image, picture.grid, picture.trouble or note, notice=change is not None and change.unobservable)
        levels = picture.scales.height if change is None else picture.scales.change
        self.bar.set_levels(levels, change=change is not None)
        self.change_bar.draw(model)
        if model.line is not None and model.line != self._line:
            self._show_line(model.line)
        if self._roi is not None:
            for item in (self._roi, *self._ends):
                item.setVisible(image is not None)
        self._inform(model)

    def fit(self) -> None:
        """Show the whole field."""
        self.map.fit()

    def _inform(self, model: Model) -> None:
        surface, raw, state = model.picture.surface, model.picture.raw, model.state
        if surface is None or state is None:
            return self.widget.inform(f"frame {model.current}: {model.picture.note}" if state else "frame –")
        text, colour = f"frame {surface.sequence}   t = {state.time_s[surface.sequence]:.2f} s", ""
        change = model.change
        if change is not None and change.change is not None:
            text = f"change since frame {change.change.reference}: {text}"
        elif surface.stack is not None:
            text += f"   {surface.stack.words}"
        if model.lagging and raw is not None:
            text = f"newest {'height: ' if change is None else ''}{text}   {raw.sequence - surface.sequence} behind raw"
            colour = theme.TONES[Tone.NOTICE]
        if change is None and surface.stack is not None and surface.stack.warning:
            text, colour = f"{text}   {surface.stack.warning}", theme.TONES[Tone.NOTICE]
        if state.status[surface.sequence] & int(Status.NOT_ALIGNED):
            text, colour = text + NOT_ALIGNED, theme.TONES[Tone.NOTICE]
        if not state.calibrated:
            text, colour = text + UNCALIBRATED, theme.TONES[Tone.NOTICE]
        outside = model.picture.painted.height_outside if change is None else change.outside
        if outside > MUCH_OUTSIDE:
            text += f"   {100 * outside:.0f} % beyond the levels (A refits)"
        return self.widget.inform(text, colour)

    def _show_line(self, line: Line) -> None:
        if self._roi is not None:
            self.map.box.removeItem(self._roi)
        pen, hover = pg.mkPen(theme.LINE, width=2), pg.mkPen("white", width=3)
        self._roi = pg.LineSegmentROI(line, pen=pen, hoverPen=hover, handlePen=pen, handleHoverPen=hover)
        self._roi.setToolTip("Drag an end or the whole line; L puts it back")
        self._roi.setZValue(20)
        for handle in self._roi.getHandles():
            handle.radius = GRIP_PX
            handle.buildPath()
        self.map.box.addItem(self._roi)
        for end in self._ends:
            if end.scene() is None:
                self.map.box.addItem(end)
        self._line = line
        self._place_ends(line)
        self._roi.sigRegionChanged.connect(self._dragged)

    def _dragged(self, roi: Any) -> None:
        a, b = (roi.mapToParent(handle.pos()) for handle in roi.getHandles()[:2])
        line = ((a.x(), a.y()), (b.x(), b.y()))
        if line != self._line:
            self._line = line
            self._place_ends(line)
            self._on_line(line)

    def _place_ends(self, line: Line) -> None:
        for end, (x, y) in zip(self._ends, line, strict=True):
            end.setPos(QPointF(x, y))


def _end_label(text: str) -> QGraphicsSimpleTextItem:
    item = QGraphicsSimpleTextItem(text)
    font = QFont()
    font.setPixelSize(15)
    font.setBold(True)
    item.setFont(font)
    item.setBrush(QBrush(QColor(theme.LINE)))
    item.setFlag(QGraphicsSimpleTextItem.GraphicsItemFlag.ItemIgnoresTransformations)
    item.setTransform(QTransform.fromTranslate(8, -24))
    item.setZValue(21)
    return item
