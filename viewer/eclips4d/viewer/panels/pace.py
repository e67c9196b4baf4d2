"""How the chain keeps up: latencies of all committed frames; waiting, rates, disk and stages of the last minutes."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtWidgets import QHBoxLayout, QWidget

from eclips4d.viewer.columns import PACE
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.latency import LatencyPlot
from eclips4d.viewer.panels.minutes import MinutesPlots
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette


class PacePanel:
    """Latencies come from the store, all else from what this window has seen of the run.

    Its plots are made when they are first seen: a window that begins does not wait for them.
    """

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        body = QWidget()
        self._layout = QHBoxLayout(body)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(14)
        self.widget = PanelFrame("Pace", body, palette)

    @cached_property
    def _latency(self) -> LatencyPlot:
        made = LatencyPlot(self._palette)
        self._layout.insertWidget(0, made.widget, 1)
        return made

    @cached_property
    def _minutes(self) -> MinutesPlots:
        made = MinutesPlots(self._palette)
        self._layout.addWidget(made.widget, 1)
        return made

    def draw(self, model: Model) -> None:
        """Show what is known now."""
        self._latency.draw(model)
        self._minutes.draw(model)
        self._inform(model)

    def fit(self) -> None:
        """Show everything at the next drawing."""
        self._latency.fit()
        self._minutes.fit()

    def _inform(self, model: Model) -> None:
        if model.state is None:
            return self.widget.inform("")
        latency, is_read = model.picture.latency, PACE in model.picture.wanted.columns
        is_told = latency is not None and bool(latency.frames.size)
        parts = [] if is_told else ["the store tells no latency" if is_read else "reading …"]
        if not len(model.pace):
            parts.append("the run has ended" if model.state.ended else "watching …")
        parts.append(f"{model.dropped} dropped (view)")
        return self.widget.inform("   ".join(parts), Tone.NOTICE if model.dropped else Tone.PLAIN)
