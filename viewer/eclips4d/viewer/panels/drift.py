"""The drift over time with its standard deviation, frames that are not aligned, and changes of the reference grid."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from eclips4d.viewer.drift import DriftCurves, DriftReadOut, Range, widened
from eclips4d.viewer.lengths import Unit, unit_of, with_uncertainty
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.curve import Band, Curve
from eclips4d.viewer.panels.elided import Holder
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.panels.plot import quiet_plot
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

NOT_ALIGNED = "not aligned: predicted"
RING_PX = 8
READ_OUT_PX = 160
EVERY_S = 1.0
"""How often the plot of a run that is followed is drawn: nobody sees a drift grow from frame to frame."""
LEAST_NM = 0.5
"""Shortest height of the axis."""
_NAMES = ("x →", "y ↓")


class DriftPanel:
    """Its axes widen in steps as frames come; once moved with the mouse they stay until everything is to be shown."""

    def __init__(self, palette: Palette, clock: Callable[[], float] = time.monotonic) -> None:
        self._palette, self._clock = palette, clock
        self._rests_until = 0.0
        self._plot: Any = quiet_plot(palette)
        self._plot.getAxis("bottom").setLabel("start of the frame (s)")
        self._bands = [Band(colour) for colour in palette.along_bands]
        self._curves = [Curve(pg.mkPen(colour, width=2)) for colour in palette.along]
        self._rings = [_rings(colour, palette.panel) for colour in palette.along]
        self._shown: Any = pg.InfiniteLine(pen=pg.mkPen(palette.muted, width=1))
        self._grids: list[Any] = []
        for item in (*self._bands, *self._curves, *self._rings, self._shown):
            self._plot.addItem(item)
        self._read_out = _read_out_label()
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._plot, 1)
        layout.addWidget(Holder(self._read_out, READ_OUT_PX))
        self.widget = PanelFrame("Drift", body, palette)
        self._drawn: tuple[object, int] = (None, -1)
        self._drawn_state: object = None
        self._known: DriftCurves | None = None
        self._changes: tuple[tuple[float, int], ...] = ()
        self._unit: Unit | None = None
        self._axes: tuple[Range, Range] | None = None
        self._moved = False
        self._plot.hide()  # until there is something to show
        self._plot.getViewBox().sigRangeChangedManually.connect(self._on_manual)

    def draw(self, model: Model) -> None:
        """Show the drift of all frames, and the values of the one shown; of a run that is followed, now and then."""
        now = (model.state, model.current)
        rests = model.is_live and self._known is not None and self._clock() < self._rests_until
        if rests or now == self._drawn:
            return
        self._drawn, self._rests_until = now, self._clock() + EVERY_S
        if model.state is not self._drawn_state:
            self._drawn_state = model.state
            self._show(model)
        time_s = model.time_of(model.current)
        self._shown.setVisible(time_s is not None)
        if time_s is not None:
            self._shown.setValue(time_s)
        found = model.drift_read_out()
        self._read_out.setText("" if found is None else _words(found, self._palette))
        self._inform(model, found)

    def fit(self) -> None:
        """Show all frames at the next drawing."""
        self._axes, self._moved = None, False
        self._drawn, self._drawn_state, self._rests_until = (None, -1), None, 0.0

    def _show(self, model: Model) -> None:
        curves = None if model.state is None else model.state.drift_curves
        self._plot.setVisible(curves is not None)
        self._known = curves
        if curves is None:
            return
        unit = self._choose_unit(curves)
        for k in range(2):
            nm, u_nm = curves.nm[k] / unit.nm, curves.u_nm[k] / unit.nm
            self._bands[k].show_around(curves.time_s, nm, u_nm)
            self._curves[k].setData(curves.time_s, nm)
            self._rings[k].setData(curves.lost_s, curves.lost_nm[k] / unit.nm)
        if curves.changes != self._changes:
            self._mark_grids(curves)
        if not self._moved:
            self._widen(curves, unit, ended=model.state is not None and model.state.ended)

    def _choose_unit(self, curves: DriftCurves) -> Unit:
        unit = unit_of(max(map(abs, curves.reach_nm)))
        if unit != self._unit:
            # Numbers in another unit need axes that are found anew.
            self._unit, self._axes, self._moved = unit, None, False
            self._plot.getAxis("left").setLabel(f"drift ({unit.name})")
        return unit

    def _widen(self, curves: DriftCurves, unit: Unit, *, ended: bool) -> None:
        times, reach = self._axes or (None, None)
        times = curves.span_s if ended else widened(times, curves.span_s, both_ways=False)
        reach = widened(reach, curves.reach_nm, least=LEAST_NM)
        if (times, reach) != self._axes:
            self._axes = times, reach
            self._plot.setXRange(times[0], max(times[1], times[0] + 1.0), padding=0.02)
            self._plot.setYRange(reach[0] / unit.nm, reach[1] / unit.nm, padding=0)

    def _mark_grids(self, curves: DriftCurves) -> None:
        for line in self._grids:
            self._plot.removeItem(line)
        self._grids = [_grid_line(time, reference, self._palette.muted) for time, reference in curves.changes]
        for line in self._grids:
            self._plot.addItem(line)
        self._changes = curves.changes

    def _inform(self, model: Model, found: DriftReadOut | None) -> None:
        if self._known is None:
            return self.widget.inform("no frame has one yet" if model.state else "")
        if found is None:
            return self.widget.inform(f"frame {model.current} has none")
        text, tone = f"frame {found.frame}   band: ± 1 sd", Tone.PLAIN
        if not found.aligned:
            text, tone = f"frame {found.frame} {NOT_ALIGNED}", Tone.NOTICE
        if self._known.not_aligned:
            text += f"   {self._known.not_aligned} of {self._known.known} not aligned (rings)"
        return self.widget.inform(text, tone)

    def _on_manual(self, *_: object) -> None:
        self._moved = True


def _rings(colour: str, inside: str) -> Any:
    return pg.ScatterPlotItem(size=RING_PX, pen=pg.mkPen(colour, width=1.5), brush=pg.mkBrush(inside))


def _grid_line(time_s: float, reference: int, colour: str) -> Any:
    options = {"color": colour, "position": 0.97, "rotateAxis": (1, 0), "anchors": [(1, 0)] * 2}
    pen = pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine)
    return pg.InfiniteLine(time_s, pen=pen, label=f"grid {reference}", labelOpts=options)


def _read_out_label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
    label.setToolTip(
        "Displacement of the image content at the start of the frame relative to the start of frame 0, "
        "± one standard deviation; x to the right, y downwards. Speed: mean during the scan of the frame. "
        "The grid is that of the frame against which the shift was found; a dashed line marks where another one begins."
    )
    return label


def _words(found: DriftReadOut, palette: Palette) -> str:
    small = f"color:{palette.muted}; font-size:11px"
    lines = []
    for k, (name, colour) in enumerate(zip(_NAMES, palette.along, strict=True)):
        unit = unit_of(found.nm[k])
        nm, _ = with_uncertainty(found.nm[k] / unit.nm, found.u_nm[k] / unit.nm, unit.name)
        px, _ = with_uncertainty(found.px[k], found.u_px[k], "px")
        lines.append(f"<span style='color:{colour}; font-size:11px'>{name}</span>")
        lines.append(f"<span style='font-size:15px; font-weight:bold'>{nm}</span>")
        lines.append(f"<span style='{small}'>{px}</span>")
    speed = math.hypot(*found.velocity_nm_s)
    if math.isfinite(speed):
        lines.append(f"<span style='{small}'>speed {speed:.2g} nm/s</span>")
    lines.append(f"<span style='{small}'>grid of frame {found.reference}</span>")
    return "<br>".join(lines)
