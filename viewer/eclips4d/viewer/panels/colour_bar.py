"""The colour bar of the height: labelled in nm, above 10 µm in µm; drag its upper or lower half to move that level."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from eclips4d.viewer import theme
from eclips4d.viewer.colours import change_table, height_table
from eclips4d.viewer.lengths import Unit, unit_of
from eclips4d.viewer.picture import Levels
from eclips4d.viewer.ticks import tick_texts, ticks

_BAR, _TOP, _BOTTOM = 20, 28, 12


class ColourBar(QWidget):
    """Emits `dragged(low, high)` while the user moves a level and `refit` on a double click."""

    dragged = Signal(float, float)
    refit = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._levels: Levels | None = None
        self._change = False
        self._grabbed: tuple[bool, float, Levels] | None = None
        self.setFixedWidth(84)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setToolTip(
            "Height. Drag the upper half to move the upper level, the lower half for the lower one; "
            "double click or A finds both anew."
        )

    def sizeHint(self) -> QSize:
        """As Qt asks for it."""
        return QSize(84, 300)

    def set_levels(self, levels: Levels | None, *, change: bool = False) -> None:
        """Show these levels, of height or of its change."""
        if (levels, change) != (self._levels, self._change):
            self._levels, self._change = levels, change
            self.update()

    @staticmethod
    def _unit(levels: Levels | None) -> Unit:
        return unit_of(max(map(abs, levels)) if levels else 0.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt asks for it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(4, _TOP, _BAR, self.height() - _TOP - _BOTTOM)
        colours = np.ascontiguousarray((change_table() if self._change else height_table())[-2::-1].reshape(-1, 1, 3))
        image = QImage(colours.data, 1, len(colours), 3, QImage.Format.Format_RGB888)
        painter.drawImage(bar, image)
        painter.setPen(QPen(QColor(theme.EDGE)))
        painter.drawRect(bar)
        painter.setPen(QColor(theme.MUTED))
        name = f"{'Δh' if self._change else 'h'} ({self._unit(self._levels).name})"
        painter.drawText(QRectF(0, 0, self.width(), _TOP - 8), Qt.AlignmentFlag.AlignLeft, name)
        if self._levels is not None:
            self._paint_ticks(painter, bar, self._levels)
        painter.end()

    def _paint_ticks(self, painter: QPainter, bar: QRectF, levels: Levels) -> None:
        nm = self._unit(levels).nm
        low, high = (level / nm for level in levels)
        places = ticks(low, high, most=max(3, int(bar.height() / 55)))
        painter.setPen(QColor(theme.TEXT))
        for value, text in zip(places, tick_texts(places), strict=True):
            y = bar.bottom() - (value - low) / (high - low) * bar.height()
            painter.drawLine(int(bar.right()), int(y), int(bar.right()) + 4, int(y))
            painter.drawText(
                QRectF(bar.right() + 8, y - 9, self.width() - bar.right() - 8, 18),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                text,
            )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grab the nearer level."""
        if self._levels is not None:
            self._grabbed = (event.position().y() < self.height() / 2, event.position().y(), self._levels)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the grabbed level."""
        if self._grabbed is None:
            return
        upper, start, (low, high) = self._grabbed
        shift = (start - event.position().y()) / max(1, self.height() - _TOP - _BOTTOM) * (high - low)
        least = 0.01 * (high - low)
        moved = (low, max(high + shift, low + least)) if upper else (min(low + shift, high - least), high)
        self.dragged.emit(*moved)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Find the levels anew."""
        self.refit.emit()
