"""Ways of steps on a kymograph, and a number of each over time; a step has the same colour in both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from eclips4d.viewer.lengths import Unit
from eclips4d.viewer.measuring.answers import TrackRead
from eclips4d.viewer.measuring.axes import Span, usual_span, widened
from eclips4d.viewer.panels.plot import text_item
from eclips4d.viewer.theme import DARK, Palette

MOST_NAMES = 12
NAME_WIDE, NAME_HIGH = 0.06, 0.06
"""Room of a name, as shares of the line and of the time."""
NOTHING: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = np.zeros(0)


def track_colours(tracks: Sequence[TrackRead]) -> dict[int, int]:
    """Place of its colour in `Palette.series` for each step; the first is the line's own and left out."""
    return {track.step_id: 1 + (track.step_id - 1) % (len(DARK.series) - 1) for track in tracks}


class TrackWays:
    """One curve for each colour, however many steps there are; colours of the dark look, for the image is the same."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self._curves = [
            pg.PlotCurveItem(pen=pg.mkPen(colour, width=1.8), connect="finite", antialias=True)
            for colour in DARK.series
        ]
        for curve in self._curves:
            curve.setZValue(5)
            plot.addItem(curve)
        self._names: list[Any] = []

    def show(self, tracks: Sequence[TrackRead], unit: Unit) -> None:
        """All steps, on an axis in this unit."""
        colours = track_colours(tracks)
        for number, curve in enumerate(self._curves):
            own = [track for track in tracks if colours[track.step_id] == number]
            curve.setData(_joined([t.position_nm / unit.nm for t in own]), _joined([t.time_s for t in own]))
        for name in self._names:
            self._plot.removeItem(name)
        self._names = [_name(track, DARK.series[colours[track.step_id]], unit) for track in _named(tracks)]
        for name in self._names:
            self._plot.addItem(name, ignoreBounds=True)

    def setVisible(self, visible: bool) -> None:
        """As of any item."""
        for item in (*self._curves, *self._names):
            item.setVisible(visible)


class TrackNumbers:
    """A number of each step over time, time downwards, with ± its uncertainty as bars."""

    def __init__(self, plot: Any) -> None:
        self._plot = plot
        self._items: list[tuple[Any, Any]] = []
        self._drawn: tuple[object, ...] = ()
        self._span: Span | None = None
        self._of = ""
        self._moved = False
        plot.getViewBox().sigRangeChangedManually.connect(self._on_manual)

    def show(self, tracks: Sequence[TrackRead], of: str, palette: Palette, unit: str) -> None:
        """`of` is `velocity` or `height`."""
        if (tracks, of) == self._drawn:
            return
        self._drawn = (tracks, of)
        if of != self._of:
            self._of, self._span, self._moved = of, None, False
            self._plot.setLabel("bottom", f"{of} ({unit})")
        self._provide(palette)
        colours = track_colours(tracks)
        for number, (curve, bars) in enumerate(self._items):
            own = [track for track in tracks if colours[track.step_id] == number]
            values = _joined([_values(track, of)[0] for track in own])
            u, times = _joined([_values(track, of)[1] for track in own]), _joined([track.time_s for track in own])
            curve.setData(values, times)
            known = np.isfinite(values + u)
            ends = np.stack([values[known] - u[known], values[known] + u[known]], axis=1).ravel()
            bars.setData(ends, np.repeat(times[known], 2))
        self._widen(tracks, of)

    def setVisible(self, visible: bool) -> None:
        """As of any item."""
        for pair in self._items:
            for item in pair:
                item.setVisible(visible)

    def fit(self) -> None:
        """Find the axis anew at the next drawing."""
        self._drawn, self._span, self._moved = (), None, False

    def _provide(self, palette: Palette) -> None:
        if self._items:
            return
        for colour in palette.series:
            faint = QColor(colour)
            faint.setAlpha(110)
            bars = pg.PlotCurveItem(pen=pg.mkPen(faint, width=2), connect="pairs")
            curve = pg.PlotCurveItem(pen=pg.mkPen(colour, width=1.6), connect="finite", antialias=True)
            for item in (bars, curve):
                self._plot.addItem(item)
            self._items.append((curve, bars))

    def _widen(self, tracks: Sequence[TrackRead], of: str) -> None:
        found = [_values(track, of) for track in tracks]
        if not found:
            return
        values, u = (np.concatenate([pair[k] for pair in found]) for k in (0, 1))
        needed = usual_span(values, u)
        if needed is None:
            return
        span = widened(self._span, needed)
        if not self._moved and span != self._span:
            self._plot.setXRange(*span, padding=0)
        self._span = span

    def _on_manual(self, *_: object) -> None:
        self._moved = True


def _named(tracks: Sequence[TrackRead]) -> list[TrackRead]:
    """The longest that do not begin where a longer one does."""
    found: list[TrackRead] = []
    if not tracks:
        return found
    length = max(float(track.position_nm.max()) for track in tracks) or 1.0
    duration = float(np.ptp(np.concatenate([track.time_s for track in tracks]))) or 1.0

    def apart(a: TrackRead, b: TrackRead) -> bool:
        x = abs(float(a.position_nm[0] - b.position_nm[0])) / length
        return x > NAME_WIDE or abs(float(a.time_s[0] - b.time_s[0])) / duration > NAME_HIGH

    for track in sorted(tracks, key=lambda track: -track.time_s.size):
        if len(found) < MOST_NAMES and all(apart(track, other) for other in found):
            found.append(track)
    return found


def _values(track: TrackRead, of: str) -> tuple[Any, Any]:
    if of == "velocity":
        return track.velocity_nm_s, track.velocity_u_nm_s
    return track.height_nm, track.height_u_nm


def _joined(pieces: Sequence[Any]) -> Any:
    """One after the other, with a gap between them."""
    return np.concatenate([np.append(piece, np.nan) for piece in pieces]) if pieces else NOTHING


def _name(track: TrackRead, colour: str, unit: Unit) -> Any:
    name = text_item(str(track.step_id), QColor(colour), 11, (0.5, 0.0), QColor(10, 12, 18))
    name.setPos(float(track.position_nm[0]) / unit.nm, float(track.time_s[0]))
    name.setZValue(6)
    name.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
    return name
