"""The list of keyboard shortcuts, shown over the window."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from eclips4d.viewer import theme


class KeysCard(QFrame):
    """Hidden until asked for; lies in the middle of its parent."""

    def __init__(self, parent: QWidget, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent)
        self._over = parent
        self.setObjectName("keys")
        layout = QGridLayout(self)
        layout.setContentsMargins(24, 18, 24, 18)
        layout.setHorizontalSpacing(24)
        title = QLabel("Keys and mouse")
        title.setObjectName("title")
        layout.addWidget(title, 0, 0, 1, 2)
        for row, (key, what) in enumerate(keys, start=1):
            name = QLabel(key)
            name.setStyleSheet(f"color: {theme.ACCENT}; font-weight: 600;")
            layout.addWidget(name, row, 0, Qt.AlignmentFlag.AlignRight)
            layout.addWidget(QLabel(what), row, 1)
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
