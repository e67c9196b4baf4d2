"""The height along the line, with its standard deviation as a band, and what it measures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from eclips4d.viewer.asking import steps_shown
from eclips4d.viewer.lengths import Unit, length_read_out, unit_of, with_uncertainty
from eclips4d.viewer.measuring.answers import LineReading
from eclips4d.viewer.measuring.words import wall_words
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.curve import Band, Curve
from eclips4d.viewer.panels.elided import Holder
from eclips4d.viewer.panels.mark_items import colour_of
from eclips4d.viewer.panels.other_profiles import OtherProfiles
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.panels.plot import quiet_plot
from eclips4d.viewer.panels.step_labels import StepLabels
from eclips4d.viewer.panels.wall_field import WallField
from eclips4d.viewer.profile import Line, Profile, ReadOut
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

_DISTANCE, _HEIGHT, _CHANGE = "distance from a", "height", "change"
"""Short enough to be read whole beside a low plot."""
BAND_ALPHA = 80
READ_OUT_PX = 190
ROOM_ABOVE, ROOM_BELOW = 0.55, 0.12
"""Shares of the height's range: above the curve labels of steps find a place."""
Row: TypeAlias = tuple[str, str, str]
"""Name, value, more about its uncertainty."""


class ProfilePanel:
    """Its axes move when the line was moved or on request, never because a frame came.

    Parameters
    ----------
    palette : Palette
    on_wall : callable
        Told what was typed of how steep the walls of steps are.
    """

    def __init__(self, palette: Palette, on_wall: Callable[[str], None]) -> None:
        self._palette = palette
        self._plot: Any = quiet_plot(palette)
        self._others = OtherProfiles(self._plot, palette)
        self._band = Band(palette.band)
        self._curve = Curve(pg.mkPen(palette.line, width=2))
        for item in (self._band, self._curve):
            self._plot.addItem(item)
        self._labels = StepLabels(self._plot, palette)
        self._read_out = QLabel()
        self._read_out.setTextFormat(Qt.TextFormat.RichText)
        self._read_out.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        self._read_out.setToolTip(
            "From end a to end b of the line, ± one standard deviation of the random part. "
            "The uncertainty of the slope scale comes on top: it stretches all heights alike and does not average out."
        )
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._plot, 1)
        layout.addWidget(Holder(self._read_out, READ_OUT_PX))
        self.widget = PanelFrame("Profile a → b", body, palette)
        self.walls = WallField(palette, on_wall)
        self.widget.corner.addWidget(self.walls)
        self._drawn: tuple[object, ...] = ()
        self._fitted_to: Line | None = None
        self._axes: tuple[Unit, Unit, str] | None = None
        self._left = _HEIGHT

    def draw(self, model: Model) -> None:
        """Sample what the map shows along the line: the height, or its change."""
        reading = steps_shown(model)
        self.walls.show_wall(model.measuring.wall, () if reading is None else wall_words(reading))
        now = (model.picture.surface, model.change, model.measuring.sheet, reading, model.measuring.words)
        if now == self._drawn:
            return
        heights, steps = now[:3] != self._drawn[:3], now[1:4] != self._drawn[1:4]
        self._drawn = now
        self._left = _HEIGHT if model.change is None else _CHANGE
        found = model.profile()
        self._plot.setVisible(found is not None)
        if found is None:
            self._curve.setData([], [])
            self._band.hide()
            self._labels.clear()
            self._read_out.setText("")
            if model.line is None:
                self.widget.inform("no line: press D and drag one over the height")
            if model.change is not None:
                self.widget.inform(model.change.note, Tone.NOTICE if model.change.unobservable else Tone.PLAIN)
            return
        profile, measured = found
        axes = self._axes
        if heights:
            self._show(model, profile)
            rows = _rows(measured) if model.change is None else _change_rows(profile, measured)
            self._read_out.setText(_lines(rows, self._palette.muted))
        if self._axes is not None and (steps or axes != self._axes):
            self._labels.show(reading, self._axes[:2])
        self._inform(model, reading)
        if model.line != self._fitted_to:
            self._fitted_to = model.line
            self._fit(profile)

    def fit(self) -> None:
        """Show the whole profile at the next drawing."""
        self._fitted_to, self._drawn = None, ()

    def _inform(self, model: Model, reading: LineReading | None) -> None:
        frame, line = model.picture.surface, model.measuring.sheet.chosen_line
        if frame is None or line is None:
            return self.widget.inform("")
        words, tone = model.measuring.words
        if words:
            return self.widget.inform(words, tone)
        shape = model.measuring.drawing.line_shape
        wide = f", {length_read_out(shape.width_nm)} wide" if shape is not None and shape.width_nm else ""
        text = f"{line.name}{wide}   frame {frame.sequence}   band: ± 1 sd"
        if reading is not None:
            count = len(reading.steps)
            text += f"   {reading.note or f'{count} step' + 's' * (count != 1)}"
            text += "" if reading.question.frame == frame.sequence else f" of frame {reading.question.frame}"
            text += "" if reading.calibrated else "   scale not calibrated"
        hidden = self._labels.hidden
        text += f"   {hidden} label{'s find' if hidden > 1 else ' finds'} no room" if hidden else ""
        return self.widget.inform(text)

    def _show(self, model: Model, profile: Profile) -> None:
        x_unit, h_unit = units = self._choose_units(profile)
        self._others.show(model, units)
        line = model.measuring.sheet.chosen_line
        if line is not None:
            colour = colour_of(line, self._palette)
            self._curve.setPen(pg.mkPen(colour, width=2))
            self._band.set_colour((colour.red(), colour.green(), colour.blue(), BAND_ALPHA))
        x, h = profile.distance_nm / x_unit.nm, profile.height_nm / h_unit.nm
        self._curve.setData(x, h)
        sd = None if profile.sd_nm is None else profile.sd_nm / h_unit.nm
        self._band.show_around(x, h, sd)

    def _choose_units(self, profile: Profile) -> tuple[Unit, Unit]:
        finite = np.abs(profile.height_nm[np.isfinite(profile.height_nm)])
        units = unit_of(float(profile.distance_nm[-1])), unit_of(float(finite.max()) if finite.size else 0.0)
        if (*units, self._left) != self._axes:
            # Numbers in another unit, or of another thing, need axes that are found anew.
            self._axes, self._fitted_to = (*units, self._left), None
            for side, text, unit in zip(("bottom", "left"), (_DISTANCE, self._left), units, strict=True):
                self._plot.getAxis(side).setLabel(f"{text} ({unit.name})")
        return units

    def _fit(self, profile: Profile) -> None:
        x_unit, h_unit = self._choose_units(profile)
        self._plot.setXRange(0.0, max(float(profile.distance_nm[-1]) / x_unit.nm, 1e-3), padding=0.01)
        finite = profile.height_nm[np.isfinite(profile.height_nm)] / h_unit.nm
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
            span = max(high - low, 1e-2)
            self._plot.setYRange(low - ROOM_BELOW * span, high + ROOM_ABOVE * span, padding=0)


def _rows(r: ReadOut) -> list[Row]:
    height = unit_of(r.height_nm)
    u_nm = r.height_u_nm / height.nm
    return [
        ("length", length_read_out(r.length_nm), ""),
        ("height b − a", *with_uncertainty(r.height_nm / height.nm, u_nm, height.name, r.scale_u)),
        ("mean slope", *with_uncertainty(r.angle_deg, r.angle_u_deg, "°", r.scale_u)),
    ]


def _change_rows(profile: Profile, r: ReadOut) -> list[Row]:
    """The change at both ends; the datum's uncertainty is common to them, so that their difference is more certain."""
    rows = [("length", length_read_out(r.length_nm), "")]
    for end, k in (("a", 0), ("b", -1)):
        unit = unit_of(float(profile.height_nm[k]))
        u_nm = math.nan if profile.sd_nm is None else float(profile.sd_nm[k]) / unit.nm
        words, _ = with_uncertainty(float(profile.height_nm[k]) / unit.nm, u_nm, unit.name)
        rows.append((f"change at {end}", words, ""))
    return rows


def _lines(rows: Sequence[Row], muted: str) -> str:
    small = f"color:{muted}; font-size:11px"
    return "<br>".join(
        f"<span style='{small}'>{name}</span><br>"
        f"<span style='font-size:15px; font-weight:bold'>{value}</span><br>"
        f"<span style='{small}'>{more}</span>" + ("<br>" if more else "")
        for name, value, more in rows
    )
