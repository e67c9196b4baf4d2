"""A line over time: its slope as an image with the steps' ways on it, and a number of each step beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from eclips4d.core.results import Status
from eclips4d.viewer.colours import UNSEEN
from eclips4d.viewer.lengths import Unit, unit_of
from eclips4d.viewer.measuring.answers import LineSeries, TrackRead
from eclips4d.viewer.measuring.axes import Span, widened
from eclips4d.viewer.measuring.kymograph import Drawn
from eclips4d.viewer.measuring.words import series_words, signed
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.drawn_velocity import DrawnVelocity
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.panels.plot import quiet_plot
from eclips4d.viewer.panels.track_items import TrackNumbers, TrackWays, track_colours
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

NUMBERS = ("velocity", "height")
LIST_WIDTH = 170
ALIASED = "aliased: more than half the spacing of the steps from frame to frame"
MOST_NAMED = 9
"""Steps whose velocities are told in words; of more, those that are seen longest."""


class KymographPanel:
    """Distance along the line to the right, time downwards; drag on the image for a velocity.

    Parameters
    ----------
    palette : Palette
    on_drawn : callable
        Told the line that was drawn on the image.
    """

    def __init__(self, palette: Palette, on_drawn: Callable[[Drawn | None], None]) -> None:
        self._palette = palette
        self._plot: Any = quiet_plot(palette)
        self._plot.invertY(True)
        self._plot.setLabel("left", "time (s)")
        self._image: Any = pg.ImageItem(axisOrder="row-major")
        self._image.setLookupTable(_grey_table())
        self._plot.addItem(self._image)
        self._ways = TrackWays(self._plot)
        self._frame: Any = pg.InfiniteLine(angle=0, pen=pg.mkPen(palette.accent, width=1, style=Qt.PenStyle.DashLine))
        self._plot.addItem(self._frame)
        self._velocity = DrawnVelocity(self._plot.getViewBox(), palette, on_drawn)
        self._side: Any = quiet_plot(palette)
        self._side.invertY(True)
        self._side.setYLink(self._plot)
        self._side.getAxis("left").setWidth(10)
        self._side.getAxis("left").setStyle(showValues=False)
        self._numbers = TrackNumbers(self._side)
        self._choice = QComboBox()
        self._choice.addItems(NUMBERS)
        self._choice.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._choice.setToolTip("What is plotted beside the kymograph")
        self._list = QLabel()
        self._list.setTextFormat(Qt.TextFormat.RichText)
        self._list.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._list.setToolTip("Velocity along the line of each step: a straight line through all its sights")
        self.widget = PanelFrame("Kymograph", self._body(), palette)
        self._drawn: tuple[object, ...] = ()
        self._shown: LineSeries | None = None
        self._unit = Unit("nm", 1.0)
        self._times: Span | None = None
        self._moved = False
        self._plot.getViewBox().sigRangeChangedManually.connect(self._on_manual)

    def _body(self) -> QWidget:
        body, aside = QWidget(), QWidget()
        aside.setFixedWidth(LIST_WIDTH)
        column = QVBoxLayout(aside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._choice)
        column.addWidget(_scrolled(self._list), 1)
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for plot in (self._plot, self._side):
            policy = plot.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            plot.setSizePolicy(policy)
        layout.addWidget(self._plot, 3)
        layout.addWidget(self._side, 1)
        layout.addWidget(aside)
        return body

    def draw(self, model: Model) -> None:
        """Show the line whose profile is shown, as far as it was followed."""
        measuring, surface = model.measuring, model.picture.surface
        series, words, choice = measuring.series(), measuring.words, self._choice.currentText()
        sequence = None if surface is None else surface.sequence
        now = (series, words, choice, measuring.sheet, measuring.drawn, sequence)
        if now == self._drawn:
            return
        self._drawn = now
        if series is not None and series is not self._shown:
            self._show(series, ended=model.state is not None and model.state.ended)
        there = series is not None and bool(series.frames)
        for item in (self._image, self._ways, self._numbers, self._frame):
            item.setVisible(there)
        for plot in (self._plot, self._side):  # axes of nothing would tell numbers
            plot.setVisible(there)
        tracks = series.tracks if series is not None else ()
        self._numbers.show(tracks, choice, self._palette, self._choice_unit(choice))
        self._list.setText(_list_of(tracks, self._palette))
        self._velocity.show(
            measuring.drawn, measuring.velocity(), self._unit, "aliased" if measuring.velocity_aliased else ""
        )
        time_s = None if sequence is None else model.time_of(sequence)
        if time_s is not None:
            self._frame.setValue(time_s)
        self._inform(model, series)

    def fit(self) -> None:
        """Show the whole line and all frames at the next drawing."""
        self._moved, self._times, self._shown, self._drawn = False, None, None, ()
        self._numbers.fit()

    def _show(self, series: LineSeries, *, ended: bool) -> None:
        other = self._shown is None or self._shown.line != series.line
        self._shown = series
        if series.image is None:
            return
        self._unit = unit_of(series.length_nm)
        self._plot.setLabel("bottom", f"distance from a ({self._unit.name})")
        (first, last), half = series.span_s, 0.5 * series.spacing_nm / self._unit.nm
        length = series.length_nm / self._unit.nm
        self._image.setImage(series.image, autoLevels=False, levels=(0, 255))
        self._image.setRect(QRectF(-half, first, length + 2 * half, last - first))
        self._ways.show(series.tracks, self._unit)
        if other:
            self._moved, self._times = False, None
        times = (first, last if ended else widened(self._times, series.span_s)[1])
        if not self._moved and times != self._times:
            self._plot.setRange(xRange=(-half, length + half), yRange=times, padding=0)
        self._times = times
        self._velocity.listen_within(self._image.mapRectToParent(self._image.boundingRect()))

    def _choice_unit(self, choice: str) -> str:
        return "nm/s" if choice == "velocity" else "nm"

    def _inform(self, model: Model, series: LineSeries | None) -> None:
        measuring = model.measuring
        failed = measuring.words if measuring.words[1] is Tone.NOTICE else None
        velocity = measuring.velocity()
        line = measuring.sheet.chosen_line
        if velocity is not None:
            drawn, aliased = f"drawn: {signed(velocity, 'nm/s')}", measuring.velocity_aliased
            words = f"   {ALIASED}" if aliased else "   Enter notes it down"
            return self.widget.inform(drawn + words, Tone.NOTICE if aliased else Tone.GOOD)
        if failed:
            return self.widget.inform(*failed)
        if line is None:
            return self.widget.inform("no line: press D and drag one over the height")
        text = series_words(series, line.name) + _left_out(model, series)
        hint = "   drag on it for a velocity" if series is not None and series.frames else ""
        return self.widget.inform(text + hint, Tone.NOTICE if series is not None and series.note else Tone.PLAIN)

    def _on_manual(self, *_: object) -> None:
        self._moved = True


def _scrolled(content: QWidget) -> QScrollArea:
    """As high as there is room: a long list makes no dock higher."""
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def _left_out(model: Model, series: LineSeries | None) -> str:
    if model.state is None or series is None or series.every > 1 or len(series.frames) < series.wanted:
        return ""
    count = model.state.with_status(Status.NOT_ALIGNED)
    return f"   {count} not aligned and left out" if count else ""


def _grey_table() -> Any:
    # The pale ends are left out: ways of steps are drawn on it in bright colours.
    grey = np.linspace(20, 215, 256).astype(np.uint8)
    table = np.stack([grey] * 3, axis=1)
    table[255] = UNSEEN
    return table


def _list_of(tracks: tuple[TrackRead, ...], palette: Palette) -> str:
    longest = sorted(tracks, key=lambda track: -track.time_s.size)[:MOST_NAMED]
    colours = track_colours(tracks)
    small = f"color:{palette.muted}; font-size:11px"
    lines = [
        f"<span style='color:{_readable(colours[t.step_id], palette)}'>■</span> "
        f"<span style='{small}'>step {t.step_id}</span><br><b>{signed(t.mean_nm_s, 'nm/s')}</b>"
        for t in sorted(longest, key=lambda track: track.step_id)
    ]
    if len(tracks) > MOST_NAMED:
        lines.append(f"<span style='{small}'>and {len(tracks) - MOST_NAMED} more</span>")
    return "<br>".join(lines)


def _readable(number: int, palette: Palette) -> str:
    return QColor(palette.series[number % len(palette.series)]).name()
