"""What lies over an image in screen pixels: the scale bar and a label in the corner."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsSimpleTextItem

from eclips4d.viewer.scale_bar import bar_length, length_text

_INSET, _PADDING, _THICK = 6.0, 6.0, 4.0
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
    """A bar of a round length in the lower left corner of the image, at most a quarter of what is visible of it."""

    def __init__(self, box: Any) -> None:
        self._plate = _plate(box)
        self._bar = QGraphicsRectItem(self._plate)
        self._bar.setBrush(QBrush(QColor("white")))
        self._bar.setPen(QPen(Qt.PenStyle.NoPen))
        self._text = _text(self._plate, 13)
        self.length_nm = 0.0

    def update(self, nm_per_pixel: float, area: QRectF) -> None:
        """Choose the length anew for this zoom; `area` is what is visible of the image, screen pixels."""
        if not nm_per_pixel > 0 or area.width() < 1:
            return
        self.length_nm = bar_length(nm_per_pixel * area.width())
        long = self.length_nm / nm_per_pixel
        self._text.setText(length_text(self.length_nm))
        words = self._text.boundingRect()
        width = max(long, words.width()) + 2 * _PADDING
        height = words.height() + _THICK + 2 * _PADDING
        self._text.setPos((width - words.width()) / 2, _PADDING - 2)
        self._bar.setRect((width - long) / 2, height - _PADDING - _THICK, long, _THICK)
        self._plate.setRect(0, 0, width, height)
        self._plate.setPos(area.left() + _INSET, area.bottom() - height - _INSET)

    def set_visible(self, visible: bool) -> None:
        """Show or hide."""
        self._plate.setVisible(visible)
