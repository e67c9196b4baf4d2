"""The slope map: hue tells which way is downhill, brightness how steep; the wheel beside it is the legend."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.panels.wheel import WheelLegend
from eclips4d.viewer.picture import why_empty
from eclips4d.viewer.theme import Palette


class SlopePanel:
    """Map and legend."""

    def __init__(self, palette: Palette) -> None:
        self.map = MapView(palette)
        self._wheel = WheelLegend(palette)
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.map, 1)
        layout.addWidget(self._wheel, 0, Qt.AlignmentFlag.AlignTop)
        self.widget = PanelFrame("Slope", body, palette)
        self.widget.maps = (self.map,)

    def draw(self, model: Model) -> None:
        """Show the slopes of the frame whose height is shown."""
        picture, state = model.picture, model.state
        self.map.draw(picture.painted.slope, picture.grid, _why_none(model))
        self._wheel.set_rim(picture.scales.slope_deg)
        if picture.surface is None or state is None:
            self.widget.inform("frame –")
        else:
            stack = picture.surface.stack
            self.widget.inform(f"frame {picture.surface.sequence}" + (f"   {stack.words}" if stack else ""))

    def fit(self) -> None:
        """Show the whole field."""
        self.map.fit()


def _why_none(model: Model) -> str:
    # What is said of the whole run stands in the height panel; once is enough.
    if model.picture.surface is None or model.picture.painted.slope is not None:
        return ""
    return why_empty("slope", model.picture.surface.slope)
