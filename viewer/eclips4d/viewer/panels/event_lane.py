"""What happened to a run, above plots over its time: words of notes, and lines through the plots at every event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt

from eclips4d.viewer.events import NOTE, Event
from eclips4d.viewer.lanes import lanes, within
from eclips4d.viewer.panels.plot import quiet_plot
from eclips4d.viewer.panels.plot_rows import PlotRows
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

LANES = 2
LANE_PX = 19
MOST_WORDS = 40
MOST_LINES = 200
LONGEST = 40


class EventLane:
    """A lane above rows of plots, with their axis of time.

    Parameters
    ----------
    palette : Palette
    rows : PlotRows
    """

    def __init__(self, palette: Palette, rows: PlotRows) -> None:
        self._palette, self._rows = palette, rows
        self._of_notes = palette.tones[Tone.GOOD]
        self._plot: Any = _lane(palette)
        self._plot.setXLink(rows.axis)
        self._plot.sigXRangeChanged.connect(lambda *_: self._arrange())
        self._plot.getViewBox().sigResized.connect(lambda *_: self._arrange())
        rows.add_above(self._plot)
        self._lines: list[tuple[Any, Any]] = []
        self._words: list[tuple[Event, Any]] = []
        self._drawn: object = None

    def attach(self) -> None:
        """Draw lines into the rows that there are now."""
        self._lines = []
        for row in self._rows.rows:
            pair = tuple(_lines(colour) for colour in (self._palette.muted, self._of_notes))
            for item in pair:
                row.plot.addItem(item)
            self._lines.append((pair[0], pair[1]))
        self._drawn = None

    def show(self, events: tuple[Event, ...]) -> None:
        """Mark these; those that nobody can place are left out."""
        if events is self._drawn:
            return
        self._drawn = events
        placed = [event for event in events if event.time_s is not None]
        notes = [event for event in placed if event.kind == NOTE]
        others = [event for event in placed if event.kind != NOTE]
        for other, note in self._lines:
            other.setXVals(_times(others))
            note.setXVals(_times(notes))
        self._show_words(sorted([*notes, *_told(others)], key=lambda event: event.time_s or 0.0)[-MOST_WORDS:])

    def _show_words(self, events: Sequence[Event]) -> None:
        for _, item in self._words:
            self._plot.removeItem(item)
        self._words = [(event, self._word(event)) for event in events]
        self._plot.setVisible(bool(self._words))
        self._arrange()

    def _word(self, event: Event) -> Any:
        colour = self._of_notes if event.kind == NOTE else self._palette.muted
        item = pg.TextItem(_short(event.words), color=colour, anchor=(0, 0))
        item.setToolTip(event.words)
        self._plot.addItem(item, ignoreBounds=True)
        return item

    def _arrange(self) -> None:
        """Put words into lanes, the newest first; those without room are hidden, their lines stay."""
        left, right = self._plot.viewRange()[0]
        room = float(self._plot.getViewBox().width())
        per_s = room / max(right - left, 1e-9)
        if not per_s:
            return
        widths = [_width(item) for _, item in self._words]
        begins = [((event.time_s or 0.0) - left) * per_s for event, _ in self._words]
        places = [within(begin, width, room) for begin, width in zip(begins, widths, strict=True)]
        for (_, item), place, lane in zip(self._words, places, lanes(places, widths, LANES), strict=True):
            item.setVisible(lane is not None)
            if lane is not None:
                item.setPos(left + place / per_s, lane)


def _width(item: Any) -> float:
    """Screen pixels that the words take."""
    return float(item.boundingRect().width())


def _told(events: Sequence[Event]) -> list[Event]:
    """Of what the program says itself, what an experimenter looks for."""
    return [event for event in events if event.kind in ("frame", "alignment", "stage", "disk")]


def _times(events: Sequence[Event]) -> list[float]:
    return [event.time_s for event in events[-MOST_LINES:] if event.time_s is not None]


def _short(words: str) -> str:
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _lines(colour: str) -> Any:
    return pg.VTickGroup([], yrange=[0, 1], pen=pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))


def _lane(palette: Palette) -> Any:
    plot = quiet_plot(palette)
    plot.setFixedHeight(LANES * LANE_PX + 4)
    plot.showGrid(x=False, y=False)
    plot.setMouseEnabled(x=False, y=False)
    plot.hideAxis("bottom")
    left = plot.getAxis("left")
    left.setTicks([[]])
    left.setPen(pg.mkPen((0, 0, 0, 0)))
    plot.getViewBox().invertY(True)
    plot.setYRange(0, LANES, padding=0)
    return plot
