"""The last minutes of a run that goes on: frames that wait, rates, free disk, states of the stages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg

from eclips4d.viewer import pace_words
from eclips4d.viewer.model import Model
from eclips4d.viewer.pace_memory import COUNTED, KEPT_S, PaceMemory, Strip
from eclips4d.viewer.panels.plot_rows import PlotRow, PlotRows
from eclips4d.viewer.state_line import SETTLED, Condition, Tone
from eclips4d.viewer.theme import Palette

WORDS_PX = 170
WAITING, RATES, DISK, STAGES = range(4)
_GB = 1e9


class MinutesPlots:
    """Newest at the right; hidden once there is nothing to tell."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._rows = PlotRows(palette, "seconds ago", WORDS_PX)
        self._rows.resize_to(4)
        rows = self._rows.rows
        series = palette.series
        self._waiting: Any = pg.PlotCurveItem(pen=pg.mkPen(series[2], width=2), connect="finite", stepMode="right")
        rows[WAITING].plot.addItem(self._waiting)
        self._rates = [rows[RATES].add_curve(series[k]) for k in (1, 3, 6)]
        self._disk = rows[DISK].add_curve(series[5])
        self._strips: list[Any] = []
        self._names: list[str] = []
        rows[STAGES].plot.getAxis("left").setStyle(showValues=False)
        self._drawn: tuple[object, ...] = ()
        self.widget = self._rows

    def draw(self, model: Model) -> None:
        """Show what the window has seen since the last sample."""
        pace = model.pace
        now = (pace.newest, model.state is not None and model.state.ended)
        if now == self._drawn:
            return
        self._drawn = now
        self._rows.setVisible(bool(len(pace)))
        if not len(pace):
            return
        condition = model.condition()
        self._show_curves(pace)
        self._show_strips(pace.strips())
        self._say(pace, condition)

    def fit(self) -> None:
        """Show everything at the next drawing."""
        self._rows.forget()
        self._drawn = ()

    def _show_curves(self, pace: PaceMemory) -> None:
        at_s, rows = pace.before_s(), self._rows.rows
        self._waiting.setData(at_s, pace.series("waiting"))
        rates = pace.rates()
        for curve, rate in zip(self._rates, rates, strict=True):
            curve.setData(at_s, rate)
        free = pace.series("free_bytes") / _GB
        self._disk.setData(at_s, free)
        if self._rows.moved:
            return
        self._rows.span((min(-60.0, float(at_s[0])) if at_s[0] > -KEPT_S / 2 else -KEPT_S, 0.0), fixed=True)
        for row, values, zero in ((WAITING, pace.series("waiting"), True), (RATES, rates, True), (DISK, free, False)):
            if np.isfinite(values).any():
                least, most = float(np.nanmin(values)), float(np.nanmax(values))
                rows[row].reach((least, most), least=1.0 if zero else max(1e-3, 0.01 * most), zero=zero)

    def _show_strips(self, strips: list[Strip]) -> None:
        plot = self._rows.rows[STAGES].plot
        for item in self._strips:
            plot.removeItem(item)
        self._names = list(dict.fromkeys(strip.stage for strip in strips))
        self._strips = [self._bar(strip) for strip in strips]
        for item in self._strips:
            plot.addItem(item)
        plot.setYRange(0, max(1, len(self._names)), padding=0.02)

    def _bar(self, strip: Strip) -> Any:
        """Upwards in the order of names from the last, so that the first stands above."""
        y = len(self._names) - 1 - self._names.index(strip.stage)
        colour = self._palette.tones[_tone(strip.state)]
        width = strip.until_s - strip.from_s
        return pg.BarGraphItem(x0=strip.from_s, width=width, y0=y + 0.15, height=0.7, brush=colour, pen=None)

    def _say(self, pace: PaceMemory, condition: Condition) -> None:
        rows = self._rows.rows
        self._words(rows[WAITING], "waiting for results", *pace_words.waiting(condition))
        self._words(rows[DISK], "disk free (GB)", *pace_words.disk(condition))
        lines = [
            f"<span style='color:{self._palette.series[k]}'>{name}</span> <b>{rate}</b>"
            for k, name, rate in zip((1, 3, 6), COUNTED, pace_words.rates(pace), strict=True)
        ]
        rows[RATES].words.setText("<br>".join([self._small("frames per second"), *lines]))
        newest = {} if pace.newest is None else pace.newest.stages
        rows[STAGES].words.setText("<br>".join(self._stage(name, newest.get(name, "")) for name in self._names))

    def _words(self, row: PlotRow, caption: str, value: str, more: str) -> None:
        row.words.setText(f"{self._small(caption)}<br><b>{value}</b> {self._small(more)}")

    def _stage(self, name: str, state: str) -> str:
        colour = self._palette.tones[_tone(state)] if state not in SETTLED else self._palette.muted
        return f"<span style='font-size:11px'>{name} <span style='color:{colour}'>{state or 'unknown'}</span></span>"

    def _small(self, text: str) -> str:
        return f"<span style='color:{self._palette.muted}; font-size:11px'>{text}</span>"


def _tone(state: str) -> Tone:
    if state in SETTLED:
        return Tone.GOOD
    return Tone.NOTICE if state == "starting" else Tone.ALARM
