"""The state line on the screen."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.elided import Elided
from eclips4d.viewer.state_line import Cell, Mode, cells
from eclips4d.viewer.theme import Palette

KEPT_PX = 300
"""Of a cell's width, at most, once its words are shorter."""


class StateBar(QFrame):
    """One caption and value per cell; red as a whole when the picture is stale."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self.setObjectName("stateline")
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(14, 5, 14, 6)
        self._layout.setSpacing(26)
        self._layout.addStretch(1)
        self._cells: list[tuple[QWidget, QLabel, Elided]] = []
        self._shown: list[Cell] = []

    @property
    def widget(self) -> QWidget:
        """What to place."""
        return self

    def draw(self, model: Model) -> None:
        """Say how things are now."""
        condition = model.condition()
        line = cells(condition)
        if line == self._shown:
            return
        before, self._shown = self._shown, line
        while len(self._cells) < len(line):
            self._add_cell()
        for k, (box, caption, value) in enumerate(self._cells):
            box.setVisible(k < len(line))
            if k < len(line) and line[k : k + 1] != before[k : k + 1]:
                _fill(line[k], self._palette.tones[line[k].tone], box, caption, value)
        alarm = condition.mode is Mode.STALE
        if self.property("alarm") != alarm:
            self.setProperty("alarm", alarm)
            self.style().unpolish(self)
            self.style().polish(self)

    def fit(self) -> None:
        """Nothing to fit."""

    def _add_cell(self) -> None:
        caption, value = QLabel(), Elided()
        caption.setObjectName("caption")
        value.setObjectName("value")
        box = QWidget()
        box.setStyleSheet("background: transparent;")
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(caption)
        column.addWidget(value)
        self._layout.insertWidget(len(self._cells), box)
        self._cells.append((box, caption, value))


def _fill(cell: Cell, colour: str, box: QWidget, caption: QLabel, value: Elided) -> None:
    caption.setText(cell.caption)
    value.setText(cell.text if len(cell.text) <= 60 else cell.text[:59] + "…")
    if value.styleSheet() != f"color: {colour};":
        value.setStyleSheet(f"color: {colour};")
    box.setToolTip(cell.hint)
    # A cell grows with its text but seldom shrinks again, so that its neighbours do not dance.
    needed, there = value.width_of_words, box.minimumWidth()
    if needed > there or there > KEPT_PX:
        box.setMinimumWidth(max(needed, min(there, KEPT_PX)))
