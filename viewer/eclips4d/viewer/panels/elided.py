"""Words that change with every frame, without anything around them being laid out anew.

A label of Qt tells its neighbours whenever its words change, and all layouts up to the window are gone through: with
a dozen of them that took longer than to paint the maps (docs/decisions/0350).
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class Elided(QLabel):
    """One line of words that ends in … where there is no room for all of it; `text` is the whole of it."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def setText(self, text: str) -> None:
        """Say something else in the same place."""
        if text != self._words:
            self._words = text
            self.setAccessibleName(text)
            self.update()

    def text(self) -> str:
        """What is said, whole."""
        return self._words

    @property
    def width_of_words(self) -> int:
        """Screen pixels that they need."""
        return self.fontMetrics().horizontalAdvance(self._words) + 1

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt asks for it."""
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, area.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(area, self.alignment(), shown)
        painter.end()


class Holder(QWidget):
    """A place of fixed width for a label of several lines."""

    def __init__(self, label: QLabel, width_px: int) -> None:
        super().__init__()
        self._label = label
        label.setParent(self)
        self.setFixedWidth(width_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As Qt asks for it."""
        super().resizeEvent(event)
        self._label.setGeometry(self.rect())
