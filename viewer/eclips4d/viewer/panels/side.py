"""Side values over time: one plot each, with the frame shown and what happened."""

from __future__ import annotations

from html import escape
from typing import Any

from eclips4d.viewer.columns import SIDE
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.event_lane import EventLane
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.panels.plot_rows import PlotRows
from eclips4d.viewer.side_values import SideValue, SideValues
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

LEAST_OF_VALUE = 1e-3
"""Shortest axis, of the value itself: noise of the last digit is no curve."""


class SidePanel:
    """Its axes widen in steps as frames come; once moved with the mouse they stay until everything is to be shown."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._rows = PlotRows(palette, "start of the frame (s)")
        self._lane = EventLane(palette, self._rows)
        self._rows.hide()
        self._curves: list[Any] = []
        self.widget = PanelFrame("Side values", self._rows, palette)
        self._drawn: tuple[object, ...] = ()
        self._known: tuple[SideValues | None, bool] = (None, False)

    def draw(self, model: Model) -> None:
        """Show the values of all frames, and those of the frame shown."""
        picture = model.picture
        ended = model.state is not None and model.state.ended
        now = (picture.side, picture.events, model.current, ended, SIDE in picture.wanted.columns)
        if now == self._drawn:
            return
        self._drawn = now
        if SIDE in picture.wanted.columns:
            self._draw(model, ended=ended)
        else:
            self.widget.inform("reading …")

    def _draw(self, model: Model, *, ended: bool) -> None:
        picture = model.picture
        if (picture.side, ended) != self._known:
            self._show(picture.side, ended=ended)
        self._rows.show_at(model.time_of(model.current))
        self._lane.show(picture.events)
        for row, value in zip(self._rows.rows, self._shown, strict=True):
            row.words.setText(_words(value, model.current, self._palette))
        self._inform(model)

    def fit(self) -> None:
        """Show all frames at the next drawing."""
        self._rows.forget()
        self._drawn, self._known = (), (None, False)

    @property
    def _shown(self) -> tuple[SideValue, ...]:
        side, _ = self._known
        return () if side is None else side.shown

    def _show(self, side: SideValues | None, *, ended: bool) -> None:
        self._known = (side, ended)
        count = 0 if side is None else len(side.shown)
        if count != len(self._rows.rows):
            self._make_rows(count)
        self._rows.setVisible(bool(count))
        if side is None:
            return
        self._rows.span(side.span_s, fixed=ended)
        for row, curve, value in zip(self._rows.rows, self._curves, side.shown, strict=True):
            curve.setData(value.time_s, value.drawn)
            if value.reach is not None and not self._rows.moved:
                row.reach(value.reach, least=max(LEAST_OF_VALUE * max(map(abs, value.reach)), 1e-12))

    def _make_rows(self, count: int) -> None:
        self._rows.resize_to(count)
        self._curves = [
            row.add_curve(self._palette.series[(k + 1) % len(self._palette.series)])
            for k, row in enumerate(self._rows.rows)
        ]
        self._lane.attach()
        self._rows.forget()

    def _inform(self, model: Model) -> None:
        side, _ = self._known
        if side is None:
            told = model.state is not None and bool(model.state.recorded)
            self.widget.inform("the source tells none" if told else "")
        elif side.others:
            plural = "is" if len(side.others) == 1 else "are"
            text = f"frame {model.current}   not shown {plural} {', '.join(side.others)}"
            self.widget.inform(text, Tone.NOTICE)
        else:
            self.widget.inform(f"frame {model.current}")


def _words(value: SideValue, frame: int, palette: Palette) -> str:
    name = f"<span style='color:{palette.muted}; font-size:11px'>{escape(value.name)}</span>"
    return f"{name}<br><span style='font-size:15px; font-weight:bold'>{escape(value.words(frame))}</span>"
