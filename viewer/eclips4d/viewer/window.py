"""The window: it places the panels, pulls pictures on its timer and hands key presses to the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from eclips4d.viewer import theme
from eclips4d.viewer.model import Model, first_line
from eclips4d.viewer.notices import Notices
from eclips4d.viewer.panels.drift import DriftPanel
from eclips4d.viewer.panels.height import HeightPanel
from eclips4d.viewer.panels.keys import KeysCard
from eclips4d.viewer.panels.panel import Panel
from eclips4d.viewer.panels.profile import ProfilePanel
from eclips4d.viewer.panels.segments import SegmentsPanel
from eclips4d.viewer.panels.slope import SlopePanel
from eclips4d.viewer.panels.state_bar import StateBar
from eclips4d.viewer.panels.time_bar import TimeBar
from eclips4d.viewer.profile import Line
from eclips4d.viewer.reader import Reader
from eclips4d.viewer.report import Report

TICK_MS = 33
"""How often the window looks for an answer; scrubbing is as fluid as this."""
LOOK_S = 0.1
"""How often it asks for the newest frame."""


class Window(QMainWindow):
    """One run, watched.

    Parameters
    ----------
    model : Model
        What is shown.
    reader : Reader
        Where pictures come from; closed with the window.
    title : str
        Name of the run.
    notices : Notices, optional
        What the store's owner publishes; closed with the window.
    report : Report, optional
        Is told how many frames were not shown.
    """

    def __init__(
        self,
        model: Model,
        reader: Reader,
        *,
        title: str,
        notices: Notices | None = None,
        report: Report | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self._reader = reader
        self._notices = notices
        self._report = report
        self._asked: tuple[object, float] = (None, 0.0)
        self.setWindowTitle(f"{title} · eclips4d")
        self.setStyleSheet(theme.STYLE)
        self.state_bar = StateBar()
        self.segments = SegmentsPanel()
        self.height_map = HeightPanel(self._move_line, self._show_change)
        self.slope_map = SlopePanel()
        self.profile = ProfilePanel()
        self.drift = DriftPanel()
        self.time_bar = TimeBar(
            on_select=self._select,
            on_step=self._step,
            on_follow=self._follow,
            on_refit=self._refit,
            on_stack=self._stack,
            on_keys=self._keys,
        )
        self.panels: list[Panel] = [
            self.state_bar,
            self.segments,
            self.height_map,
            self.slope_map,
            self.profile,
            self.drift,
            self.time_bar,
        ]
        self.height_map.bar.dragged.connect(self._set_levels)
        self.height_map.bar.refit.connect(self._refit)
        self.keys = KeysCard(self._place(), self._bind_keys())
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.pull)
        self.draw()

    def start(self) -> None:
        """Begin to pull."""
        self._timer.start(TICK_MS)
        self.pull()

    def load(self, timeout_s: float) -> None:
        """Wait for the first picture and draw it, without the timer; for painting."""
        self._reader.ask(self.model.wanted)
        picture = self._reader.wait(timeout_s)
        if picture is not None:
            self.model.accept(picture)
        self.draw()

    def pull(self) -> None:
        """Take the newest answer if there is one, draw it, and ask again when it is time."""
        picture = self._reader.take()
        if picture is not None:
            self.model.accept(picture)
        if self._notices is not None and (notice := self._notices.newest()) is not None:
            self.model.accept_notice(notice)
        if self._report is not None:
            self._report.say(self.model.dropped)
        self.draw()
        wanted, now = self.model.wanted, time.monotonic()
        if wanted != self._asked[0] or now - self._asked[1] >= LOOK_S:
            self._asked = (wanted, now)
            self._reader.ask(wanted)

    def draw(self) -> None:
        """Let every panel show what the model holds."""
        for panel in self.panels:
            panel.draw(self.model)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop the timer and the thread before the widgets go."""
        self._timer.stop()
        self._reader.close()
        if self._notices is not None:
            self._notices.close()
            self._notices = None
        super().closeEvent(event)

    def _place(self) -> QWidget:
        top = _side_by_side(((self.segments, 460), (self.height_map, 590), (self.slope_map, 540)))
        below = _side_by_side(((self.profile, 940), (self.drift, 650)))
        both = QSplitter(Qt.Orientation.Vertical)
        both.addWidget(top)
        both.addWidget(below)
        both.setStretchFactor(0, 63)
        both.setStretchFactor(1, 37)
        both.setSizes([545, 315])
        both.setHandleWidth(8)
        both.setChildrenCollapsible(False)
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.state_bar)
        layout.addWidget(both, 1)
        layout.addWidget(self.time_bar)
        self.setCentralWidget(middle)
        return middle

    def _bind_keys(self) -> list[tuple[str, str]]:
        bound: list[tuple[tuple[str, ...], str, str, Callable[[], object]]] = [
            (("Space",), "Space", "follow the newest frame, or stay", lambda: self._follow(not self.model.follow)),
            (("Left",), "←", "one frame back", lambda: self._step(-1)),
            (("Right",), "→", "one frame on", lambda: self._step(1)),
            (("PgUp",), "Page up", "ten frames back", lambda: self._step(-10)),
            (("PgDown",), "Page down", "ten frames on", lambda: self._step(10)),
            (("Home",), "Home", "first frame", lambda: self._select(0)),
            (("End",), "End", "newest frame, and follow", lambda: self._follow(True)),
            (("A",), "A", "find the levels anew from the frame shown", self._refit),
            (("C",), "C", "change of height since the reference frame, or height", self._toggle_change),
            (("+", "="), "+", "mean of one frame more", lambda: self._stack(self.model.stack + 1)),
            (("-",), "−", "mean of one frame less", lambda: self._stack(self.model.stack - 1)),
            (("Z",), "Z", "show the whole field, profile and drift", self._fit),
            (("L",), "L", "put the line back", self._reset_line),
            (("F11",), "F11", "full screen", self._full_screen),
            (("F1", "?"), "F1 or ?", "this list", self._keys),
            (("Ctrl+Q", "Ctrl+W"), "Ctrl+Q", "close the window; the run goes on", self.close),
        ]
        for sequences, _, _, do in bound:
            for sequence in sequences:
                QShortcut(QKeySequence(sequence), self).activated.connect(do)
        mouse = [("wheel", "zoom at the pointer"), ("drag", "move the image, the line, or a level of the colour bar")]
        return [(name, what) for _, name, what, _ in bound] + mouse

    def _select(self, sequence: int) -> None:
        self.model.select(sequence)
        self.pull()

    def _step(self, frames: int) -> None:
        self.model.step(frames)
        self.pull()

    def _follow(self, follow: bool) -> None:
        self.model.set_follow(follow)
        self.pull()

    def _refit(self) -> None:
        self.model.refit()
        self.profile.fit()
        self.pull()

    def _stack(self, frames: int) -> None:
        self.model.set_stack(frames)
        self.pull()

    def _show_change(self, wanted: bool) -> None:
        self.model.change_wanted = wanted
        self.pull()

    def _toggle_change(self) -> None:
        self._show_change(not self.model.change_wanted)

    def _set_levels(self, low: float, high: float) -> None:
        self.model.set_height_levels((low, high))
        self.pull()

    def _fit(self) -> None:
        for panel in self.panels:
            panel.fit()
        self.draw()

    def _move_line(self, line: Line) -> None:
        self.model.line = line
        self.profile.draw(self.model)

    def _reset_line(self) -> None:
        if self.model.picture.grid is not None:
            self._move_line(first_line(self.model.picture.grid))
            self.draw()

    def _keys(self) -> None:
        self.keys.toggle()

    def _full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()


def _side_by_side(panels: Sequence[tuple[Panel, int]]) -> QSplitter:
    """Panels in a row with handles between them; the numbers are their shares of the width."""
    row = QSplitter(Qt.Orientation.Horizontal)
    for panel, share in panels:
        row.addWidget(panel.widget)
        row.setStretchFactor(row.count() - 1, share)
    row.setSizes([share for _, share in panels])
    row.setHandleWidth(8)
    row.setChildrenCollapsible(False)
    return row
