"""The list of keyboard shortcuts, shown over the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from eclips4d.viewer.theme import Palette

Group = tuple[str, Sequence[tuple[str, str]]]
"""A heading, then keys and what they do."""
MOUSE: Group = (
    "Mouse",
    [
        ("wheel", "zoom at the pointer"),
        ("drag", "move the image, the line, or a level of the colour bar"),
        ("drag on the kymograph", "draw a velocity; a click takes it away"),
        ("drag a head", "move a panel; onto another one: as its tab"),
    ],
)
_COLUMNS = 3
WORDS_PX = 230
"""Wide enough for nearly all lines, and the whole list fits into a window of 1200 pixels."""


class KeysCard(QFrame):
    """Hidden until asked for; lies in the middle of its parent."""

    def __init__(self, palette: Palette, parent: QWidget, groups: Sequence[Group]) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("keys")
        columns = QHBoxLayout(self)
        columns.setContentsMargins(24, 18, 24, 18)
        columns.setSpacing(28)
        for some in _shared_out([*groups, MOUSE], _COLUMNS):
            column = QVBoxLayout()
            for name, keys in some:
                column.addWidget(_group(name, keys, palette))
            column.addStretch(1)
            columns.addLayout(column)
        self.hide()

    def toggle(self) -> None:
        """Show or hide."""
        if self.isVisible():
            self.hide()
            return
        self.adjustSize()
        area = self._over.rect()
        self.move(area.center() - self.rect().center())
        self.show()
        self.raise_()


def _group(name: str, keys: Sequence[tuple[str, str]], palette: Palette) -> QWidget:
    made = QWidget()
    layout = QGridLayout(made)
    layout.setContentsMargins(0, 0, 0, 8)
    layout.setHorizontalSpacing(14)
    title = QLabel(name)
    title.setObjectName("title")
    layout.addWidget(title, 0, 0, 1, 2)
    for row, (key, what) in enumerate(keys, start=1):
        label = QLabel(key)
        label.setStyleSheet(f"color: {palette.accent}; font-weight: 600;")
        layout.addWidget(label, row, 0, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(_words(what), row, 1)
    layout.setColumnStretch(1, 1)
    return made


def _words(what: str) -> QLabel:
    label = QLabel(what)
    label.setWordWrap(True)
    label.setFixedWidth(WORDS_PX)
    return label


def _shared_out(groups: Sequence[Group], columns: int) -> list[list[Group]]:
    """Groups in their order, in columns of about the same length."""
    whole = sum(len(keys) + 2 for _, keys in groups)
    made: list[list[Group]] = [[] for _ in range(columns)]
    above = 0
    for group in groups:
        middle = above + (len(group[1]) + 2) / 2
        made[min(columns - 1, int(columns * middle / whole))].append(group)
        above += len(group[1]) + 2
    return [some for some in made if some]
