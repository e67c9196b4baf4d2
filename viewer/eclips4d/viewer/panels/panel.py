"""The frame around every panel: a title, what is shown right now, and the body."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from eclips4d.viewer.model import Model


class Panel(Protocol):
    """Whatever the window can place."""

    @property
    def widget(self) -> QWidget:
        """What to place."""

    def draw(self, model: Model) -> None:
        """Show what the model holds; called often, so it does nothing when nothing has changed."""

    def fit(self) -> None:
        """Show everything: the one way, besides the mouse, in which a zoom changes."""


class PanelFrame(QFrame):
    """Title and information above a body."""

    def __init__(self, title: str, body: QWidget) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._title = QLabel(title)
        self._title.setObjectName("title")
        self._info = QLabel()
        self._info.setObjectName("info")
        self._info.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._title)
        head.addWidget(self._info, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 7, 10, 9)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(body, 1)

    def inform(self, text: str, colour: str = "") -> None:
        """What is shown right now, such as the frame's number."""
        if self._info.text() != text:
            self._info.setText(text)
            self._info.setToolTip(text)
            self._info.setStyleSheet(f"color: {colour};" if colour else "")
