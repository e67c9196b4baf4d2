"""The frame around every panel: a head with its title and what is shown right now, and the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.elided import Elided
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette


class Drawing(Protocol):
    """Whatever draws what the model holds."""

    def draw(self, model: Model) -> None:
        """Show what the model holds; called often, so it does nothing when nothing has changed."""

    def fit(self) -> None:
        """Show everything: the one way, besides the mouse, in which a zoom changes."""


class Panel(Drawing, Protocol):
    """Whatever the window can dock."""

    @property
    def widget(self) -> PanelFrame:
        """What to place."""


class PanelFrame(QFrame):
    """A body, and the head that stands above it once both are placed in a dock."""

    def __init__(self, title: str, body: QWidget, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.title = title
        self.maps: Sequence[MapView] = ()
        """Those in the body, where there are any."""
        self._palette = palette
        self._tone = Tone.PLAIN
        self._info = Elided()
        self._info.setObjectName("info")
        self.corner = QHBoxLayout()
        self.corner.setSpacing(0)
        self.head = _head(self, title, self._info, self.corner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 2, 10, 9)
        layout.addWidget(body, 1)

    def inform(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """What is shown right now, such as the frame's number."""
        if self._info.text() != text:
            self._info.setText(text)
            self._info.setToolTip(text)
        if tone is not self._tone:
            self._tone = tone
            self._info.setStyleSheet("" if tone is Tone.PLAIN else f"color: {self._palette.tones[tone]};")


def _head(frame: QFrame, title: str, info: QLabel, corner: QHBoxLayout) -> QFrame:
    head = QFrame(frame)
    head.setObjectName("head")
    name = QLabel(title)
    name.setObjectName("title")
    layout = QHBoxLayout(head)
    layout.setContentsMargins(10, 5, 6, 3)
    layout.setSpacing(12)
    layout.addWidget(name)
    layout.addWidget(info, 1)
    layout.addLayout(corner)
    return head
