"""A field for how steep the walls of all steps are, for who knows that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

if TYPE_CHECKING:
    from eclips4d.metrology.profiles.wall import Wall

WIDTH_PX = 86
HINT = (
    "How steep the walls of the steps are, such as a crystal's faces: DEG, or DEG:U with the standard uncertainty, "
    "1 when not given; empty where nobody knows. Heights of steps whose walls are narrower than a pixel depend on it. "
    "Enter declares it, for all lines of this window; it is noted with the steps, and stands in the table of steps."
)


class WallField(QWidget):
    """Its caption stands out while something is to be said of walls, which its tooltip then says first.

    Parameters
    ----------
    palette : Palette
    on_declared : callable
        Called with Enter, or once the keys belong to something else, with what was typed. It may refuse: what holds
        is then put back.
    """

    def __init__(self, palette: Palette, on_declared: Callable[[str], None]) -> None:
        super().__init__()
        self._palette, self._on_declared = palette, on_declared
        self._wall: Wall | None = None
        self._words: tuple[str, ...] | None = None
        self.caption, self.field = QLabel("walls °"), _Field(self._put_back)
        self.field.editingFinished.connect(self._declare)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(6)
        for widget in (self.caption, self.field):
            layout.addWidget(widget)
        self.show_wall(None, ())

    def show_wall(self, wall: Wall | None, words: Sequence[str]) -> None:
        """Show what holds, unless something else is being typed, and what is to be said of walls."""
        if wall != self._wall:
            self._wall = wall
            if not self.field.hasFocus():
                self._put_back()
        if tuple(words) != self._words:
            self._words = tuple(words)
            self.setToolTip("\n".join((*words, HINT)))
            colour = self._palette.tones[Tone.NOTICE] if words else self._palette.muted
            self.caption.setStyleSheet(f"color: {colour};")

    def _declare(self) -> None:
        if self.field.isModified():
            self.field.setModified(False)
            self._on_declared(self.field.text())
            self._put_back()
        self.field.clearFocus()

    def _put_back(self) -> None:
        wall = self._wall
        self.field.setText("" if wall is None else f"{wall.angle_deg:g}:{wall.u_deg:g}")


class _Field(QLineEdit):
    """Takes the keys only where it is clicked on, and gives them back to the window; Esc leaves what was."""

    def __init__(self, on_leave: Callable[[], None]) -> None:
        super().__init__()
        self._on_leave = on_leave
        self.setObjectName("small")
        self.setFixedWidth(WIDTH_PX)
        self.setMaxLength(20)
        self.setPlaceholderText("not told")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As a line edit does, but for Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self._on_leave()
            self.clearFocus()
        else:
            super().keyPressEvent(event)
