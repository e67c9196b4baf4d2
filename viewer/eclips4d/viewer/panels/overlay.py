"""What lies over an image in screen pixels: the scale bar and a label in the corner."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsSimpleTextItem

from eclips4d.viewer.scale_bar import bar_length, length_text

_INSET, _PADDING, _THICK = 6.0, 6.0, 4.0
_LETTERS_PX = (13, 11, 9)
"""Of a scale bar: as large as there is room for."""
_SHADE = QColor(8, 9, 12, 165)


def _text(parent: QGraphicsRectItem, pixels: int) -> QGraphicsSimpleTextItem:
    item = QGraphicsSimpleTextItem("", parent)
    font = QFont()
    font.setPixelSize(pixels)
    font.setBold(True)
    item.setFont(font)
    item.setBrush(QBrush(QColor("white")))
    return item


def _plate(box: Any) -> QGraphicsRectItem:
    plate = QGraphicsRectItem()
    plate.setParentItem(box)
    plate.setBrush(QBrush(_SHADE))
    plate.setPen(QPen(Qt.PenStyle.NoPen))
    plate.setZValue(100)
    return plate


class CornerLabel:
    """A name in the upper left corner of a view box."""

    def __init__(self, box: Any, text: str) -> None:
        self._plate = _plate(box)
        item = _text(self._plate, 13)
        item.setText(text)
        size = item.boundingRect()
        item.setPos(6, 3)
        self._plate.setRect(0, 0, size.width() + 12, size.height() + 6)
        self._plate.setPos(_INSET, _INSET)

    def place(self, area: QRectF) -> None:
        """Into the corner of what is visible of the image."""
        self._plate.setPos(area.left() + _INSET, area.top() + _INSET)

    def set_visible(self, visible: bool) -> None:
        """Show or hide."""
        self._plate.setVisible(visible)


class ScaleBar:
    """A bar of a round length in the lower left corner of the image, at most a quarter of what is visible of it.

    Words, and the room around them, are smaller where the image is small; where not even those fit there is no bar.
    """

    def __init__(self, box: Any) -> None:
        self._plate = _plate(box)
        self._bar = QGraphicsRectItem(self._plate)
        self._bar.setBrush(QBrush(QColor("white")))
        self._bar.setPen(QPen(Qt.PenStyle.NoPen))
        self._text = _text(self._plate, _LETTERS_PX[0])
        self._wanted, self._fits = True, True
        self.length_nm = 0.0

    @property
    def place(self) -> QRectF:
        """Where it stands, screen pixels of the view box; empty where there is none."""
        return self._plate.rect().translated(self._plate.pos()) if self._plate.isVisible() else QRectF()

    def update(self, nm_per_pixel: float, area: QRectF) -> None:
        """Choose the length anew for this zoom; `area` is what is visible of the image, screen pixels."""
        if not nm_per_pixel > 0 or area.width() < 1:
            return
        self.length_nm = bar_length(nm_per_pixel * area.width())
        self._text.setText(length_text(self.length_nm))
        self._fits = any(self._set(pixels, self.length_nm / nm_per_pixel, area) for pixels in _LETTERS_PX)
        self._plate.setVisible(self._wanted and self._fits)

    def set_visible(self, visible: bool) -> None:
        """Show or hide."""
        self._wanted = visible
        self._plate.setVisible(visible and self._fits)

    def _set(self, pixels: int, long: float, area: QRectF) -> bool:
        """Words of this size above a bar so long; whether they lie within the image."""
        font = self._text.font()
        font.setPixelSize(pixels)
        self._text.setFont(font)
        inset, padding, thick = (size * pixels / _LETTERS_PX[0] for size in (_INSET, _PADDING, _THICK))
        words = self._text.boundingRect()
        width, height = max(long, words.width()) + 2 * padding, words.height() + thick + 2 * padding
        self._text.setPos((width - words.width()) / 2, padding - 2)
        self._bar.setRect((width - long) / 2, height - padding - thick, long, thick)
        self._plate.setRect(0, 0, width, height)
        self._plate.setPos(area.left() + inset, area.bottom() - height - inset)
        return width + inset <= area.width() and height + inset <= area.height()
