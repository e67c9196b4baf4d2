"""Below the height map: the button for its change in time, and what the datum, or the pointer, says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from eclips4d.viewer.datum_words import change_words, datum_line
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.elided import Elided
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

_HINT = (
    "The plane by which this frame's height lies off its reference frame's, found on what stayed the same, ± one "
    "standard deviation; it is common to all pixels and does not average out. Heights themselves are shown as stored: "
    "from frame to frame their colours compare only once this plane is taken off."
)


class ChangeBar(QWidget):
    """Calls `on_change(wanted)` when the button was pressed; follows the pointer over `over`."""

    def __init__(self, palette: Palette, on_change: Callable[[bool], None], over: MapView) -> None:
        super().__init__()
        self._palette = palette
        self._over = over
        self._pointer: QPointF | None = None
        self._model: Model | None = None
        self._said = ("", Tone.PLAIN)
        self.button = QPushButton("Change")
        self.button.setToolTip("Change of height since the reference frame instead of the height (C)")
        self.button.setCheckable(True)
        # Keys belong to the window: a focused button would swallow the space bar.
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(lambda wanted: on_change(wanted))
        self.says = Elided()
        self._colour(Tone.PLAIN)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.button)
        layout.addWidget(self.says, 1)
        over.box.scene().sigMouseMoved.connect(self._moved)

    def draw(self, model: Model) -> None:
        """Say what is known of the frame shown."""
        self._model = model
        self.button.setChecked(model.change_wanted)
        text, tone = self._at_pointer(model) or _of_frame(model)
        if (text, tone) != self._said:
            if tone is not self._said[1]:
                self._colour(tone)
            self._said = text, tone
            self.says.setText(text)
            self.says.setToolTip(f"{text}\n\n{_HINT}" if text else _HINT)

    def _colour(self, tone: Tone) -> None:
        colour = self._palette.muted if tone is Tone.PLAIN else self._palette.tones[tone]
        self.says.setStyleSheet(f"color: {colour};")

    def _at_pointer(self, model: Model) -> tuple[str, Tone] | None:
        if self._pointer is None or not self._over.underMouse():
            return None
        place = self._over.box.mapSceneToView(self._pointer)
        found = model.change_at(place.x(), place.y())
        scale_u = 0.0 if model.state is None else model.state.known_scale_u
        return None if found is None else (change_words(found, place.x(), place.y(), scale_u), Tone.PLAIN)

    def _moved(self, position: Any) -> None:
        self._pointer = position
        if self._model is not None and self._model.change is not None:
            self.draw(self._model)


def _of_frame(model: Model) -> tuple[str, Tone]:
    surface, state = model.picture.surface, model.state
    if surface is None or state is None:
        return "", Tone.PLAIN
    return datum_line(state.datum, surface.sequence)
