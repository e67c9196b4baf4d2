"""A slider over frames with marks for what happened, their words above it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QStyle, QToolTip

from eclips4d.viewer.event_marks import Mark
from eclips4d.viewer.theme import Palette

HANDLE_PX = 14
"""Width of the handle, as in the style sheet."""
LANE_PX = 13
"""Above the slider, for words."""
CATCH_PX = 6
"""As near to a mark the mouse has to be."""
WIDEST_PX = 180


class MarkedSlider(QSlider):
    """Jumps to where it is clicked; a tooltip tells what is marked there."""

    def __init__(self, palette: Palette, hint: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setObjectName("marked")
        self._palette, self._hint = palette, hint
        self._marks: tuple[Mark, ...] = ()

    def show_marks(self, marks: tuple[Mark, ...]) -> None:
        """Mark these frames."""
        if marks is not self._marks:
            self._marks = marks
            self.update()

    def x_of(self, sequence: int) -> float:
        """Where a frame lies, pixels from the left."""
        reach = max(1, self.width() - HANDLE_PX)
        at = QStyle.sliderPositionFromValue(self.minimum(), self.maximum(), sequence, reach)
        return at + HANDLE_PX / 2

    def value_at(self, x: float) -> int:
        """The frame that lies there."""
        reach = max(1, self.width() - HANDLE_PX)
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), round(x - HANDLE_PX / 2), reach)

    def words_at(self, x: float) -> str:
        """What is marked near there, a line for each; empty where nothing is."""
        return "\n".join(_told(mark) for mark in self._marks if abs(self.x_of(mark.sequence) - x) <= CATCH_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle to where it is pressed; it is dragged on from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setSliderPosition(self.value_at(event.position().x()))
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self.isSliderDown():
            self.setSliderPosition(self.value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)

    def event(self, event: QEvent) -> bool:
        """As Qt asks for it; a tooltip is the words of the marks below the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(event.pos().x()) or self._hint, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The slider, marks below it, and above it the words of the frame shown and of notes that have room."""
        super().paintEvent(event)
        painter = QPainter(self)
        for x, mark in self._by_place():
            painter.fillRect(QRectF(x - 1, self.height() / 2 + 9, 2, 7), self._colour(mark))
        self._paint_words(painter)
        painter.end()

    def _by_place(self) -> Iterable[tuple[float, Mark]]:
        """One mark for each pixel, notes rather than others."""
        places: dict[int, Mark] = {}
        for mark in self._marks:
            x = round(self.x_of(mark.sequence))
            if x not in places or mark.is_note:
                places[x] = mark
        return ((float(x), mark) for x, mark in places.items())

    def _paint_words(self, painter: QPainter) -> None:
        font = self.font()
        font.setPixelSize(11)
        painter.setFont(font)
        taken: list[QRectF] = []
        for mark in self._worth_words():
            words = painter.fontMetrics().elidedText(
                mark.words, Qt.TextElideMode.ElideRight, min(WIDEST_PX, self.width() - 4)
            )
            place = self._place_of(self.x_of(mark.sequence), QFontMetricsF(font).horizontalAdvance(words))
            if not any(place.intersects(other) for other in taken):
                taken.append(place.adjusted(-6, 0, 6, 0))
                painter.setPen(self._colour(mark))
                painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, words)

    def _worth_words(self) -> list[Mark]:
        """Those of the frame shown first, then notes, the newest first."""
        here = [mark for mark in self._marks if mark.sequence == self.value()]
        return [*here, *(mark for mark in reversed(self._marks) if mark.is_note and mark not in here)]

    def _place_of(self, x: float, width: float) -> QRectF:
        left = min(max(0.0, x - width / 2), max(0.0, self.width() - width - 2))
        return QRectF(QPointF(left, self.height() / 2 - 9 - LANE_PX), QPointF(left + width + 2, self.height() / 2 - 9))

    def _colour(self, mark: Mark) -> QColor:
        return QColor(self._palette.tones[mark.tone])


def _told(mark: Mark) -> str:
    return f"frame {mark.sequence}: {mark.words}"
