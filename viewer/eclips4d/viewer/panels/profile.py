"""The height along the line, with its standard deviation as a band, and what it measures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from eclips4d.viewer import theme
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.profile import Line, Profile, ReadOut


class ProfilePanel:
    """Its axes move when the line was moved or on request, never because a frame came."""

    def __init__(self) -> None:
        self._plot: Any = pg.PlotWidget(background=None)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._plot.disableAutoRange()
        self._plot.showGrid(x=True, y=True, alpha=0.15)
        for side, text in (("bottom", "distance from a (nm)"), ("left", "height (nm)")):
            axis = self._plot.getAxis(side)
            # Units stay nm: no automatic "knm" or "mnm".
            axis.enableAutoSIPrefix(False)
            axis.setLabel(text)
            axis.setPen(pg.mkPen(theme.EDGE))
            axis.setTextPen(pg.mkPen(theme.TEXT))
        self._plot.getAxis("left").setWidth(64)
        nothing = pg.mkPen(None)
        self._low: Any = pg.PlotCurveItem(pen=nothing)
        self._high: Any = pg.PlotCurveItem(pen=nothing)
        self._band: Any = pg.FillBetweenItem(self._low, self._high, brush=theme.BAND)
        self._curve: Any = pg.PlotCurveItem(pen=pg.mkPen(theme.LINE, width=2), connect="finite", antialias=True)
        for item in (self._low, self._high, self._band, self._curve):
            self._plot.addItem(item)
        self._read_out = QLabel()
        self._read_out.setTextFormat(Qt.TextFormat.RichText)
        self._read_out.setFixedWidth(190)
        self._read_out.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._read_out.setToolTip("From end a to end b of the line, ± one standard deviation of the random part")
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._read_out)
        self.widget = PanelFrame("Profile a → b", body)
        self._drawn: tuple[object, Line | None] = (None, None)
        self._fitted_to: Line | None = None

    def draw(self, model: Model) -> None:
        """Sample the shown height along the line."""
        now = (model.picture.surface, model.line)
        if now == self._drawn:
            return
        self._drawn = now
        found = model.profile()
        self._plot.setVisible(found is not None)
        if found is None:
            self._curve.setData([], [])
            self._band.setVisible(False)
            self._read_out.setText("")
            return
        profile, measured = found
        self._show(profile)
        self._read_out.setText(_words(measured))
        frame = model.picture.surface
        self.widget.inform("" if frame is None else f"frame {frame.sequence}   band: ± 1 sd of the height")
        if model.line != self._fitted_to:
            self._fitted_to = model.line
            self._fit(profile)

    def fit(self) -> None:
        """Show the whole profile at the next drawing."""
        self._fitted_to, self._drawn = None, (None, None)

    def _show(self, profile: Profile) -> None:
        self._curve.setData(profile.distance_nm, profile.height_nm)
        sd = profile.sd_nm
        known = np.zeros(0, bool) if sd is None else np.isfinite(sd) & np.isfinite(profile.height_nm)
        self._band.setVisible(bool(known.any()))
        if sd is not None and known.any():
            x, h, u = profile.distance_nm[known], profile.height_nm[known], sd[known]
            self._low.setData(x, h - u)
            self._high.setData(x, h + u)

    def _fit(self, profile: Profile) -> None:
        self._plot.setXRange(0.0, max(float(profile.distance_nm[-1]), 1e-3), padding=0.01)
        finite = profile.height_nm[np.isfinite(profile.height_nm)]
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
            margin = max(0.15 * (high - low), 1e-3)
            self._plot.setYRange(low - margin, high + margin, padding=0)


def _words(r: ReadOut) -> str:
    rows = [
        ("length", f"{r.length_nm:.1f} nm"),
        ("height b − a", _with_u(r.height_nm, r.height_u_nm, "nm")),
        ("mean slope", _with_u(r.angle_deg, r.angle_u_deg, "°")),
    ]
    return "<br>".join(
        f"<span style='color:{theme.MUTED}; font-size:11px'>{name}</span><br>"
        f"<span style='font-size:15px; font-weight:bold'>{value}</span><br>"
        for name, value in rows
    )


def _with_u(value: float, u: float, unit: str) -> str:
    if not math.isfinite(value):
        return "–"
    digits = 2 if not (math.isfinite(u) and u > 0) else int(np.clip(1 - math.floor(math.log10(u)), 0, 2))
    text = f"{value:+.{digits}f}".replace("-", "−")
    spread = f" ± {u:.{digits}f}" if math.isfinite(u) else ""
    return f"{text}{spread} {unit}".replace(" °", "°")
