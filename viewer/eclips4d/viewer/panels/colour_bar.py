"""A colour bar labelled with its unit; drag its upper or lower half to move that level."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from eclips4d.viewer.colours import Image8, height_table
from eclips4d.viewer.lengths import Unit
from eclips4d.viewer.picture import Levels
from eclips4d.viewer.theme import Palette
from eclips4d.viewer.ticks import tick_texts, ticks

_BAR, _TOP, _BOTTOM = 20, 28, 12


class ColourBar(QWidget):
    """Emits `dragged(low, high)` while the user moves a level and `refit` on a double click."""

    dragged = Signal(float, float)
    refit = Signal()

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._levels: Levels | None = None
        self._table: Image8 = height_table()
        self._unit = Unit("nm", 1.0)
        self.name = ""
        self._grabbed: tuple[bool, float, Levels] | None = None
        self.setFixedWidth(84)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        self.setToolTip(
            "Drag the upper half to move the upper level, the lower half for the lower one; "
            "double click or A finds both anew."
        )

    def sizeHint(self) -> QSize:
        """As Qt asks for it."""
        return QSize(84, 300)

    def show_scale(self, levels: Levels | None, table: Image8, name: str, unit: Unit) -> None:
        """Show what colours mean.

        Parameters
        ----------
        levels : (float, float) or None
            Of the first and the last colour.
        table : uint8 [256, rgb]
            The last entry is for pixels without a value.
        name, unit
            Of the quantity; a unit without a name is not shown.
        """
        if (levels, name, unit) != (self._levels, self.name, self._unit) or table is not self._table:
            self._levels, self._table, self.name, self._unit = levels, table, name, unit
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt asks for it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(4, _TOP, _BAR, self.height() - _TOP - _BOTTOM)
        colours = np.ascontiguousarray(self._table[-2::-1].reshape(-1, 1, 3))
        image = QImage(colours.data, 1, len(colours), 3, QImage.Format.Format_RGB888)
        painter.drawImage(bar, image)
        painter.setPen(QPen(QColor(self._palette.edge)))
        painter.drawRect(bar)
        painter.setPen(QColor(self._palette.muted))
        name = f"{self.name} ({self._unit.name})" if self._unit.name else self.name
        painter.drawText(QRectF(0, 0, self.width(), _TOP - 8), Qt.AlignmentFlag.AlignLeft, name)
        if self._levels is not None:
            self._paint_ticks(painter, bar, self._levels)
        painter.end()

    def _paint_ticks(self, painter: QPainter, bar: QRectF, levels: Levels) -> None:
        low, high = (level / self._unit.nm for level in levels)
        places = ticks(low, high, most=max(3, int(bar.height() / 55)))
        painter.setPen(QColor(self._palette.text))
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
