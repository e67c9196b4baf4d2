"""One image in a view box, kept in the format that Qt puts on a screen without looking at every pixel again."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter


class MapImage(pg.GraphicsObject):  # type: ignore[misc]
    """Shows [y, x] (grey) or [y, x, rgb], uint8, y downwards, in a rectangle of the box."""

    def __init__(self) -> None:
        super().__init__()
        self._rectangle = QRectF()
        self._ready = QImage()

    def show_image(self, image: NDArray[np.uint8]) -> None:
        """Another image in the same place."""
        whole = np.ascontiguousarray(image)
        rows, columns = whole.shape[:2]
        kind = QImage.Format.Format_Grayscale8 if whole.ndim == 2 else QImage.Format.Format_RGB888
        # Converted once, and not by every paint event, and by Qt's pool of threads besides (docs/decisions/0350).
        borrowed = QImage(whole.data, columns, rows, whole.strides[0], kind)
        self._ready = borrowed.convertToFormat(QImage.Format.Format_RGB32)
        self.update()

    @property
    def shown(self) -> NDArray[np.uint8]:
        """What is shown, [y, x, rgb]."""
        bits = np.frombuffer(self._ready.constBits(), np.uint8)
        lines = bits.reshape(self._ready.height(), self._ready.width(), 4)
        return np.array(lines[..., 2::-1])

    def set_rectangle(self, rectangle: QRectF) -> None:
        """Where its outline lies."""
        if rectangle != self._rectangle:
            self.prepareGeometryChange()
            self._rectangle = QRectF(rectangle)

    def boundingRect(self) -> QRectF:
        """As Qt asks for it."""
        return self._rectangle

    def paint(self, painter: QPainter, *_: object) -> None:
        """As Qt asks for it."""
        painter.drawImage(self._rectangle, self._ready)
