"""The newest raw frame: one tile per detector segment, zoomed together."""

from __future__ import annotations

from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.panels.mosaic import Mosaic
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette


class SegmentsPanel:
    """Tiles in reading order A, B, C, …; as many as the detector has segments."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._tiles: list[MapView] = []
        self._mosaic = Mosaic()
        self.widget = PanelFrame("Segments", self._mosaic, palette)

    def draw(self, model: Model) -> None:
        """Show the raw frame with its number, which may be ahead of the height's."""
        picture = model.picture
        labels = [picture.segments.label(k) for k in range(len(picture.segments.names))]
        if len(labels) != len(self._tiles) and labels:
            self._build(labels)
        if picture.raw_grid is not None:
            _, _, width, height = picture.raw_grid.rectangle_nm
            self._mosaic.set_aspect(width / height)
        for k, tile in enumerate(self._tiles):
            painted = picture.painted.raw
            tile.draw(painted[k] if k < len(painted) else None, picture.raw_grid, "not recorded")
            if k < len(picture.scales.raw):
                low, high = picture.scales.raw[k]
                tile.setToolTip(f"Segment {labels[k]}: recorded signal, black {low:.0f} adu, white {high:.0f} adu")
        self._inform(model)

    def fit(self) -> None:
        """Show the whole field in every tile."""
        for tile in self._tiles:
            tile.fit()

    def _inform(self, model: Model) -> None:
        raw, state = model.picture.raw, model.state
        if raw is None or state is None:
            return self.widget.inform("raw frame –")
        tone = Tone.NOTICE if model.lagging else Tone.PLAIN
        which = "newest raw" if model.lagging else "raw"
        return self.widget.inform(f"{which} frame {raw.sequence}   t = {state.time_s[raw.sequence]:.2f} s", tone)

    def _build(self, labels: list[str]) -> None:
        self._tiles = [MapView(self._palette, label, scale_bar=k == 0, raw=True) for k, label in enumerate(labels)]
        for tile in self._tiles[1:]:
            tile.box.setXLink(self._tiles[0].box)
            tile.box.setYLink(self._tiles[0].box)
        self._mosaic.set_tiles(self._tiles)
        self.widget.maps = self._tiles
