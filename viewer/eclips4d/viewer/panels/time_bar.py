"""The slider over the frames with its marks, and the buttons beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QSpinBox, QWidget

from eclips4d.core.stacking import MOST_FRAMES
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.elided import Elided
from eclips4d.viewer.panels.marked_slider import MarkedSlider
from eclips4d.viewer.player import FASTEST, SPEEDS
from eclips4d.viewer.theme import Palette
from eclips4d.viewer.travel import Travel

PLAYING, PAUSED = "❚❚", "▶"
PLACE_PX = 210
"""For frame and time, at least."""


class TimeBar(QWidget):
    """Play, step, slide, average, follow, fit the levels, list the keys; what each does is given."""

    def __init__(
        self,
        *,
        on_select: Callable[[int], None],
        on_step: Callable[[int], None],
        on_follow: Callable[[bool], None],
        on_refit: Callable[[], None],
        on_stack: Callable[[int], None],
        on_keys: Callable[[], None],
        travel: Travel,
        palette: Palette,
    ) -> None:
        super().__init__()
        self.slider = MarkedSlider(palette, "Frame shown, counted from 0; below it what happened (N: the next)")
        self.slider.valueChanged.connect(on_select)
        self.follow = _button("Follow newest", "Show the newest frame as it comes (Space)")
        self.follow.setCheckable(True)
        self.follow.clicked.connect(on_follow)
        self.stack = _stack_box(on_stack)
        self._place = Elided()
        self._place.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._place.setFixedWidth(PLACE_PX)
        self._place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.play = _button(PAUSED, "Play, or pause (P)")
        self.play.clicked.connect(lambda: travel.play())
        self.speed = _speed_box(travel.set_speed)
        back, on = _button("‹", "One frame back (←)"), _button("›", "One frame on (→)")
        less, more = _button("−", "Mean of one frame less (−)"), _button("+", "Mean of one frame more (+)")
        less.clicked.connect(self.stack.stepDown)
        more.clicked.connect(self.stack.stepUp)
        refit = _button("Fit levels", "Find the levels anew from the frame shown (A)")
        keys = _button("?", "Keyboard shortcuts (F1 or ?)")
        back.clicked.connect(lambda: on_step(-1))
        on.clicked.connect(lambda: on_step(1))
        refit.clicked.connect(lambda: on_refit())
        keys.clicked.connect(lambda: on_keys())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(6)
        for first in (self.play, self.speed, back, on):
            layout.addWidget(first)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self._place)
        for last in (less, self.stack, more, self.follow, refit, keys):
            layout.addWidget(last)

    @property
    def widget(self) -> QWidget:
        """What to place."""
        return self

    def draw(self, model: Model) -> None:
        """Put slider and button where the model is."""
        blocker = QSignalBlocker(self.slider)
        self.slider.setRange(0, model.last)
        if not self.slider.isSliderDown():
            self.slider.setValue(model.current)
        blocker.unblock()
        self.slider.show_marks(model.marks)
        self._draw_player(model)
        if not self.stack.hasFocus():
            blocker = QSignalBlocker(self.stack)
            self.stack.setValue(model.stack)
            blocker.unblock()
        self.follow.setChecked(model.follow)
        time = model.time_of(model.current)
        words = "" if time is None else f"frame {model.current} of {model.last}    t = {time:.2f} s"
        self._place.setText(words)
        if self._place.width_of_words > self._place.width():
            self._place.setFixedWidth(self._place.width_of_words)

    def _draw_player(self, model: Model) -> None:
        text = PLAYING if model.player.playing else PAUSED
        if self.play.text() != text:
            self.play.setText(text)
        if self.speed.currentData() != model.player.speed:
            with QSignalBlocker(self.speed):
                self.speed.setCurrentIndex(SPEEDS.index(model.player.speed))

    def fit(self) -> None:
        """Nothing to fit."""


def _button(text: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(hint)
    if len(text) <= 2:
        button.setObjectName("sign")
    # Keys belong to the window: a focused button would swallow the space bar.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button


def _speed_box(on_speed: Callable[[float], None]) -> QComboBox:
    box = QComboBox()
    for speed in SPEEDS:
        box.addItem("fastest" if speed == FASTEST else f"× {speed:g}", speed)
    box.setToolTip("How many times faster than the run was ([ and ]); fastest shows every frame")
    box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    box.setCurrentIndex(SPEEDS.index(1.0))
    box.currentIndexChanged.connect(lambda k: on_speed(SPEEDS[k]))
    return box


def _stack_box(on_stack: Callable[[int], None]) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, MOST_FRAMES)
    box.setPrefix("mean of ")
    box.setSuffix(" frames")
    box.setSpecialValueText("single frames")
    box.setAlignment(Qt.AlignmentFlag.AlignCenter)
    box.setToolTip("Mean of so many aligned frames up to the one shown (+ and −); the store keeps single frames")
    # A number counts once it is typed whole, and the keys belong to the window again.
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.editingFinished.connect(box.clearFocus)
    box.valueChanged.connect(lambda _: box.clearFocus())
    box.valueChanged.connect(on_stack)
    return box
