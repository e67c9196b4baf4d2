"""The legend of the slope map: a wheel labelled in degrees."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from eclips4d.viewer.colours import wheel_disc
from eclips4d.viewer.theme import Palette

_DISC, _WIDTH, _HEIGHT = 64, 124, 190


class WheelLegend(QWidget):
    """Azimuth of the downhill direction around, slope angle from the centre outwards."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._rim: float | None = None
        # Twice as fine as shown, so that it stays round on a high-density screen.
        self._disc = np.ascontiguousarray(wheel_disc(2 * _DISC))
        self.setFixedSize(_WIDTH, _HEIGHT)
        self.setToolTip(
            "Hue: azimuth of the downhill direction as seen on the screen, degrees, 0 right, 90 up. "
            "From the centre outwards: slope angle in degrees, 0 to the number below."
        )

    def sizeHint(self) -> QSize:
        """As Qt asks for it."""
        return QSize(_WIDTH, _HEIGHT)

    def set_rim(self, angle_deg: float | None) -> None:
        """Show this slope angle at the rim."""
        if angle_deg != self._rim:
            self._rim = angle_deg
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """As Qt asks for it."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        centre = QPointF(_WIDTH / 2, 22 + _DISC / 2)
        disc = QRectF(centre.x() - _DISC / 2, centre.y() - _DISC / 2, _DISC, _DISC)
        side = 2 * _DISC
        painter.drawImage(disc, QImage(self._disc.data, side, side, 4 * side, QImage.Format.Format_RGBA8888))
        painter.setPen(QPen(QColor(self._palette.edge), 1))
        painter.drawEllipse(disc)
        painter.setPen(QColor(self._palette.text))
        for azimuth in (0, 90, 180, 270):
            radius = _DISC / 2 + (16 if azimuth % 180 == 0 else 11)
            turn = math.radians(azimuth)
            at = centre + QPointF(radius * math.cos(turn), -radius * math.sin(turn))
            painter.drawText(QRectF(at.x() - 20, at.y() - 9, 40, 18), Qt.AlignmentFlag.AlignCenter, f"{azimuth}°")
        self._paint_words(painter, disc.bottom() + 26)
        painter.end()

    def _paint_words(self, painter: QPainter, top: float) -> None:
        rim = "" if self._rim is None else f"rim: {self._rim:g}° slope"
        painter.drawText(QRectF(0, top, _WIDTH, 18), Qt.AlignmentFlag.AlignCenter, rim)
        painter.setPen(QColor(self._palette.muted))
        words = "hue: where\ndownhill points"
        painter.drawText(QRectF(0, top + 22, _WIDTH, 40), Qt.AlignmentFlag.AlignHCenter, words)
