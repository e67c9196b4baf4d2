"""The height map with its colour bar, and the line whose profile is plotted below."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QWidget

from eclips4d.core.results import Status
from eclips4d.viewer.colours import change_table, height_table
from eclips4d.viewer.lengths import unit_of
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.change_bar import ChangeBar
from eclips4d.viewer.panels.colour_bar import ColourBar
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.panels.marks import Marks
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.profile import Line
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette

UNCALIBRATED = "   scale not calibrated"
"""Said when the detector's radii are not known."""
NOT_ALIGNED = "   not aligned"
"""Said of a frame whose shift was not found: it lies where it was predicted."""
MUCH_OUTSIDE = 0.10
"""Share of pixels beyond the levels (2 % by choice) from which on the panel suggests finding them anew."""


class HeightPanel:
    """Calls `on_line(line)` when the line was dragged, `on_change(wanted)` when the change of height was asked for."""

    def __init__(
        self,
        palette: Palette,
        on_line: Callable[[Line], None],
        on_change: Callable[[bool], None] = lambda wanted: None,
    ) -> None:
        self._palette = palette
        self.map = MapView(palette)
        self.bar = ColourBar(palette)
        self.change_bar = ChangeBar(palette, on_change, self.map)
        self._on_line = on_line
        self._model: Model | None = None
        self.marks = Marks(self.map.box, self._moved)
        body = QWidget()
        layout = QGridLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowStretch(0, 1)
        layout.setColumnStretch(0, 1)
        layout.addWidget(self.map, 0, 0)
        layout.addWidget(self.bar, 0, 1)
        layout.addWidget(self.change_bar, 1, 0, 1, 2)
        self.widget = PanelFrame("Height", body, palette)
        self.widget.maps = (self.map,)

    def draw(self, model: Model) -> None:
        """Show the newest height, or the chosen frame's, or its change, or why there is none."""
        picture, change = model.picture, model.change
        image = picture.painted.height if change is None else change.painted
        note = model.note if change is None else change.note
        if model.scan is not None:
            image = model.scan.painted
        self.map.draw(image, picture.grid, picture.trouble or note, notice=change is not None and change.unobservable)
        levels = picture.scales.height if change is None else picture.scales.change
        if levels is None and model.scan is not None:
            levels = model.scan.levels
        table, name = (height_table(), "h") if change is None else (change_table(), "Δh")
        self.bar.show_scale(levels, table, name, unit_of(max(map(abs, levels)) if levels else 0.0))
        self.change_bar.draw(model)
        self._model = model
        self._show_marks(model)
        self._inform(model)

    def fit(self) -> None:
        """Show the whole field."""
        self.map.fit()

    def _inform(self, model: Model) -> None:
        surface, raw, state = model.picture.surface, model.picture.raw, model.state
        if words := _instead_of_the_frame(model):
            return self.widget.inform(words, Tone.NOTICE)
        if surface is None or state is None:
            return self.widget.inform(f"frame {model.current}: {model.picture.note}" if state else "frame –")
        text, tone = f"frame {surface.sequence}   t = {state.time_s[surface.sequence]:.2f} s", Tone.PLAIN
        change = model.change
        if change is not None and change.change is not None:
            text = f"change since frame {change.change.reference}: {text}"
        elif surface.stack is not None:
            text += f"   {surface.stack.words}"
        if model.lagging and raw is not None:
            text = f"newest {'height: ' if change is None else ''}{text}   {raw.sequence - surface.sequence} behind raw"
            tone = Tone.NOTICE
        if change is None and surface.stack is not None and surface.stack.warning:
            text, tone = f"{text}   {surface.stack.warning}", Tone.NOTICE
        if state.status[surface.sequence] & int(Status.NOT_ALIGNED):
            text, tone = text + NOT_ALIGNED, Tone.NOTICE
        if not state.calibrated:
            text, tone = text + UNCALIBRATED, Tone.NOTICE
        outside = model.picture.painted.height_outside if change is None else change.outside
        if outside > MUCH_OUTSIDE:
            text += f"   {100 * outside:.0f} % beyond the levels (A refits)"
        return self.widget.inform(text, tone)

    def _show_marks(self, model: Model) -> None:
        surface, grid = model.picture.surface, model.picture.grid
        frame = -1 if surface is None else surface.sequence
        field = None if grid is None else grid.rectangle_nm
        self.marks.show_session(model.measuring, field, frame, visible=surface is not None)

    def _moved(self) -> None:
        """The mouse has changed something."""
        if self._model is not None:
            self._show_marks(self._model)
            line = self._model.line
            if line is not None:
                self._on_line(line)

    def listen(self) -> None:
        """Take the keys, so that Esc puts a tool away."""
        self.map.view.setFocus()
        self.marks.setFocus()


def _instead_of_the_frame(model: Model) -> str:
    """What is said in the panel's head while it is not about the frame shown; empty otherwise."""
    tool, scan = model.measuring.drawing.tool, model.scan
    if tool is not None:
        return f"{tool.value}   (Esc puts it away)"
    return "" if scan is None else f"{scan.words}   {model.scan_late_s:.1f} s late"
