"""The slider over the frames, and the buttons beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QSpinBox, QWidget

from eclips4d.core.stacking import MOST_FRAMES
from eclips4d.viewer.model import Model


class TimeBar(QWidget):
    """Step, slide, average, follow, fit the levels, list the keys; what each does is given."""

    def __init__(
        self,
        *,
        on_select: Callable[[int], None],
        on_step: Callable[[int], None],
        on_follow: Callable[[bool], None],
        on_refit: Callable[[], None],
        on_stack: Callable[[int], None],
        on_keys: Callable[[], None],
    ) -> None:
        super().__init__()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setToolTip("Frame shown; frames are counted from 0")
        self.slider.valueChanged.connect(on_select)
        self.follow = _button("Follow newest", "Show the newest frame as it comes (Space)")
        self.follow.setCheckable(True)
        self.follow.clicked.connect(on_follow)
        self.stack = _stack_box(on_stack)
        self._place = QLabel()
        self._place.setMinimumWidth(230)
        self._place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        back, on = _button("◀", "One frame back (←)"), _button("▶", "One frame on (→)")
        refit = _button("Fit levels", "Find the levels anew from the frame shown (A)")
        keys = _button("?", "Keyboard shortcuts (F1 or ?)")
        back.clicked.connect(lambda: on_step(-1))
        on.clicked.connect(lambda: on_step(1))
        refit.clicked.connect(lambda: on_refit())
        keys.clicked.connect(lambda: on_keys())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(8)
        layout.addWidget(back)
        layout.addWidget(on)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._place)
        layout.addWidget(self.stack)
        for button in (self.follow, refit, keys):
            layout.addWidget(button)

    @property
    def widget(self) -> QWidget:
        """What to place."""
        return self

    def draw(self, model: Model) -> None:
        """Put slider and button where the model is."""
        blocker = QSignalBlocker(self.slider)
        self.slider.setRange(0, model.last)
        self.slider.setValue(model.current)
        blocker.unblock()
        if not self.stack.hasFocus():
            blocker = QSignalBlocker(self.stack)
            self.stack.setValue(model.stack)
            blocker.unblock()
        self.follow.setChecked(model.follow)
        time = model.time_of(model.current)
        words = "" if time is None else f"frame {model.current} of {model.last}    t = {time:.2f} s"
        if words != self._place.text():
            self._place.setText(words)

    def fit(self) -> None:
        """Nothing to fit."""


def _button(text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(hint)
    # Keys belong to the window: a focused button would swallow the space bar.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


def _stack_box(on_stack: Callable[[int], None]) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, MOST_FRAMES)
    box.setPrefix("mean of ")
    box.setSuffix(" frames")
    box.setSpecialValueText("single frames")
    box.setToolTip("Mean of so many aligned frames up to the one shown (+ and −); the store keeps single frames")
    # A number counts once it is typed whole, and the keys belong to the window again.
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.editingFinished.connect(box.clearFocus)
    box.valueChanged.connect(lambda _: box.clearFocus())
    box.valueChanged.connect(on_stack)
    return box
