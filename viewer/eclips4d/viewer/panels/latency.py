"""Latencies of all committed frames, one curve for each stage, with those of the frame shown."""

from __future__ import annotations

from typing import Any

import numpy as np

from eclips4d.viewer import pace_words
from eclips4d.viewer.latency import Latency
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.plot_rows import PlotRows
from eclips4d.viewer.theme import Palette

WORDS_PX = 270


class LatencyPlot:
    """Milliseconds after a frame was acquired, on a logarithmic axis: stages differ a thousandfold."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._rows = PlotRows(palette, "frame", WORDS_PX, few_numbers=False)
        self._rows.resize_to(1)
        self._row = self._rows.rows[0]
        left = self._row.plot.getAxis("left")
        left.setLogMode(x=False, y=True)
        left.setLabel("after it was acquired (ms)")
        self._curves: list[Any] = []
        self._drawn: tuple[object, ...] = ()
        self._known: tuple[Latency | None, bool] = (None, False)
        self.widget = self._rows

    def draw(self, model: Model) -> None:
        """Show the latencies of all frames, and those of the frame shown."""
        latency = model.picture.latency
        ended = model.state is not None and model.state.ended
        beyond = tuple(pace_words.beyond(model.reaches, latency.stages if latency is not None else ()))
        now = (latency, model.current, ended, beyond)
        if now == self._drawn:
            return
        self._drawn = now
        is_told = latency is not None and bool(latency.frames.size)
        self._rows.setVisible(is_told)
        if latency is None or not is_told:
            return
        if (latency, ended) != self._known:
            self._show(latency, ended=ended)
        self._rows.show_at(model.current)
        lines = pace_words.stages(latency, model.current, ended=ended)
        told = [self._line(k, *line) for k, line in enumerate(lines)]
        self._row.words.setText("<br>".join([*told, *(self._small(*line) for line in beyond)]))

    def fit(self) -> None:
        """Show all frames at the next drawing."""
        self._rows.forget()
        self._drawn, self._known = (), (None, False)

    def _show(self, latency: Latency, *, ended: bool) -> None:
        self._known = (latency, ended)
        while len(self._curves) < len(latency.stages):
            self._curves.append(self._row.add_curve(self._colour(len(self._curves))))
        logs = np.log10(np.maximum(latency.drawn_ms, 1e-3))
        for curve, log in zip(self._curves, logs, strict=False):
            curve.setData(latency.frames, log)
        self._rows.span((0.0, float(max(1, len(latency.ms) - 1))), fixed=ended)
        if not self._rows.moved and np.isfinite(logs).any():
            self._row.reach((float(np.nanmin(logs)), float(np.nanmax(logs))), least=1.0)

    def _colour(self, k: int) -> str:
        return self._palette.series[k % len(self._palette.series)]

    def _line(self, k: int, name: str, own: str, usual: str) -> str:
        small = f"color:{self._palette.muted}; font-size:11px"
        first = f"<span style='color:{self._colour(k)}; font-size:11px'>{name}</span> <b>{own}</b>"
        return f"{first}<br><span style='{small}'>{usual}</span>"

    def _small(self, name: str, usual: str) -> str:
        return f"<span style='color:{self._palette.muted}; font-size:11px'>{name}: {usual}</span>"
