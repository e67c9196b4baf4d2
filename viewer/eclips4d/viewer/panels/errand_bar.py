"""One line above the panels: what is being written, what was written, a question with its buttons. Never a dialog."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from eclips4d.viewer.errands import Choice, Errands, Says
from eclips4d.viewer.theme import Palette

BELOW = 86
"""Screen pixels below the upper edge of its parent: the state line and the heads of the upper panels stay free."""
WIDEST, MARGIN = 900, 14


class ErrandBar(QFrame):
    """Lies over the panels, so that none of them moves for it; hidden while there is nothing to say.

    Parameters
    ----------
    palette : Palette
    parent : QWidget
        Over which it lies, in the middle above.
    errands : Errands
    """

    def __init__(self, palette: Palette, parent: QWidget, errands: Errands) -> None:
        super().__init__(parent)
        self.setObjectName("note")
        self._palette, self._over, self._errands = palette, parent, errands
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self.buttons: list[QPushButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(MARGIN, 7, MARGIN, 7)
        self._row.setSpacing(8)
        self._row.addWidget(self._words, 1)
        self._drawn = Says()
        parent.installEventFilter(self)
        self.hide()

    @property
    def words(self) -> str:
        """What stands in it; empty while it is hidden."""
        return "" if self.isHidden() else self._words.text()

    def draw(self) -> None:
        """Show what there is to say."""
        says = self._errands.says
        if says == self._drawn:
            return
        if says.choices != self._drawn.choices:
            self._make_buttons(says.choices)
        self._drawn = says
        self._words.setText(says.words)
        self._words.setStyleSheet(f"color: {self._palette.tones[says.tone]}; font-weight: 600;")
        self.setVisible(bool(says.words))
        self._settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle when the window changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def _make_buttons(self, choices: tuple[Choice, ...]) -> None:
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = [self._button(choice) for choice in choices]
        for button in self.buttons:
            self._row.addWidget(button)

    def _button(self, choice: Choice) -> QPushButton:
        button = QPushButton(choice.text)
        # Keys belong to the window.
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self._choose(choice))
        return button

    def _choose(self, choice: Choice) -> None:
        choice.do()
        self.draw()

    def _settle(self) -> None:
        """Take the size that the content needs, in the middle above."""
        if self.isHidden():
            return
        words = self._words.fontMetrics().horizontalAdvance(self._words.text()) + 2 * MARGIN + 16
        buttons = sum(button.sizeHint().width() + self._row.spacing() for button in self.buttons)
        width = min(words + buttons, WIDEST, self._over.width() - 20)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((self._over.width() - width) // 2, BELOW)
        self.raise_()
