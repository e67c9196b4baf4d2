"""What a film is to show: asked once, with sane answers to begin with."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from eclips4d.viewer.exporting.film_plan import FASTEST, PER_SECOND, SUBJECTS, TITLES


@dataclass(frozen=True, slots=True)
class FilmAsked:
    """One of `SUBJECTS`, frames from `first` to `last`, so many a second."""

    subject: str
    first: int
    last: int
    per_second: float


class FilmDialog(QDialog):
    """Asks for it.

    Parameters
    ----------
    parent : QWidget
    subject : str
        The first proposal.
    last : int
        The newest frame.
    """

    def __init__(self, parent: QWidget, subject: str, last: int) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export a film")
        self.subject = QComboBox()
        for name in SUBJECTS:
            self.subject.addItem(TITLES[name], name)
        self.subject.setCurrentIndex(SUBJECTS.index(subject))
        self.first, self.last = _frame_box(0, last), _frame_box(last, last)
        self.per_second = QSpinBox()
        self.per_second.setRange(1, FASTEST)
        self.per_second.setValue(PER_SECOND)
        self.per_second.setSuffix(" frames/s")
        self._length = QLabel()
        self._length.setObjectName("info")
        for box in (self.first, self.last, self.per_second):
            box.valueChanged.connect(self._tell_length)
        frames = QHBoxLayout()
        for widget in (self.first, QLabel("to"), self.last):
            frames.addWidget(widget)
        frames.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Choose a file…")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("Show", self.subject)
        form.addRow("Frames", frames)
        form.addRow("Speed", self.per_second)
        form.addRow("", self._length)
        form.addRow(buttons)
        self._tell_length()

    @property
    def asked(self) -> FilmAsked:
        """What stands in it."""
        first, last = sorted((self.first.value(), self.last.value()))
        return FilmAsked(str(self.subject.currentData()), first, last, self.per_second.value())

    def _tell_length(self, *_: object) -> None:
        asked = self.asked
        frames = asked.last - asked.first + 1
        self._length.setText(
            f"{frames} frames, {frames / asked.per_second:.1f} s   mean of frames and colours as in the window"
        )


def _frame_box(value: int, last: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, last)
    box.setValue(value)
    return box
