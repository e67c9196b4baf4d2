"""The field for a note, and what became of the last one; lies over the panels, so that none of them moves for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from eclips4d.core.note import MOST_LETTERS
from eclips4d.viewer.notes.noting import Noting
from eclips4d.viewer.notes.pad import OFFERED
from eclips4d.viewer.theme import Palette

WIDTH = 640
ABOVE = 66
"""Screen pixels above the lower edge of its parent: the time bar stays free."""
LONGEST_OFFER = 22
MARGIN = 14


class NoteBar(QFrame):
    """One line to write in, with the last texts offered; hidden while there is nothing to write or say.

    Parameters
    ----------
    palette : Palette
    parent : QWidget
        Over which it lies, in the middle below.
    noting : Noting
    """

    def __init__(self, palette: Palette, parent: QWidget, noting: Noting) -> None:
        super().__init__(parent)
        self._palette, self._over, self._noting = palette, parent, noting
        self.setObjectName("note")
        self._place, self._says = QLabel(), QLabel()
        for label in (self._place, self._says):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._says.setWordWrap(True)
        self.field = _Field(self._leave)
        self.field.returnPressed.connect(lambda: self._stamp(self.field.text()))
        self.field.textEdited.connect(self._keep)
        self._offers = [self._offer(k) for k in range(OFFERED)]
        self._drawn: object = None
        self._is_open = False
        line, offers, whole = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        line.addWidget(self._place)
        line.addWidget(self.field, 1)
        for button in self._offers:
            offers.addWidget(button)
        offers.addStretch(1)
        whole.setContentsMargins(MARGIN, 9, MARGIN, 9)
        whole.addLayout(line)
        whole.addLayout(offers)
        whole.addWidget(self._says)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """A note is to be written: the next key is its first letter."""
        self._noting.begin()
        self.draw()
        self.field.setFocus()

    def draw(self) -> None:
        """Show the field while a note waits for its words, and what became of the last one."""
        pad = self._noting.pad
        now = (pad.writing, pad.says, pad.recent)
        if now == self._drawn:
            return
        self._drawn = now
        self._show_field()
        text, tone = pad.says
        self._says.setVisible(bool(text))
        self._says.setText(text)
        self._says.setStyleSheet(f"color: {self._palette.tones[tone]}; font-weight: 600;")
        self.setVisible(bool(text) or pad.writing is not None)
        self._settle()

    def _show_field(self) -> None:
        pad = self._noting.pad
        is_open = pad.writing is not None
        opens, self._is_open = is_open and not self._is_open, is_open
        for widget in (self._place, self.field):
            widget.setVisible(is_open)
        for k, button in enumerate(self._offers):
            offered = pad.recent[k] if is_open and k < len(pad.recent) else ""
            button.setVisible(bool(offered))
            button.setText(_short(offered))
            button.setToolTip(f"Stamp “{offered}”")
        self._place.setText(f"Note {pad.writing}")
        if opens:
            self.field.begin(pad.draft, pad.recent)
            self.show()
            self.field.setFocus()

    def _settle(self) -> None:
        """Take the size that the content needs, in the middle below."""
        if self.isHidden():
            return
        words = self._says.fontMetrics().horizontalAdvance(self._says.text()) + 2 * MARGIN + 12
        width = min(WIDTH if self._noting.pad.writing else words, self._over.width() - 20)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((self._over.width() - width) // 2, self._over.height() - self.height() - ABOVE)
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle when the window changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def _keep(self, text: str) -> None:
        self._noting.pad.draft = text

    def _stamp(self, text: str) -> None:
        self._noting.stamp(text)
        self.draw()

    def _leave(self) -> None:
        self._noting.pad.leave()
        self.draw()

    def _offer(self, number: int) -> QPushButton:
        button = QPushButton()
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self._stamp(self._noting.pad.recent[number]))
        return button


class _Field(QLineEdit):
    """Up and down go through the texts offered; Esc leaves."""

    def __init__(self, on_leave: Callable[[], None]) -> None:
        super().__init__()
        self._on_leave = on_leave
        self._offered: tuple[str, ...] = ()
        self._at = -1
        self.setMaxLength(MOST_LETTERS)
        self.setPlaceholderText("what happens now, such as O2 on — Enter stamps, Esc leaves, ↑ ↓ earlier texts")

    def begin(self, text: str, offered: tuple[str, ...]) -> None:
        """With this text in it."""
        self._offered, self._at = offered, -1
        self.setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As a line edit does, but for what is said above."""
        if event.key() == Qt.Key.Key_Escape:
            self._on_leave()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._offered:
            self._turn(1 if event.key() == Qt.Key.Key_Up else -1)
        else:
            super().keyPressEvent(event)

    def _turn(self, by: int) -> None:
        self._at = min(max(self._at + by, -1), len(self._offered) - 1)
        text = "" if self._at < 0 else self._offered[self._at]
        self.setText(text)
        self.textEdited.emit(text)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_OFFER else f"{text[: LONGEST_OFFER - 1]}…"
