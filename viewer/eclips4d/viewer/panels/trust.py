"""Where not to believe the surface: trust, standard deviations, residual, one of them at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from eclips4d.viewer.colours import doubt_table
from eclips4d.viewer.doubt import DOUBTS
from eclips4d.viewer.lengths import Unit
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.colour_bar import ColourBar
from eclips4d.viewer.panels.map_view import MapView
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.theme import Palette


class TrustPanel:
    """Calls `on_kind(name)` when another map was chosen, `on_levels(low, high)` when one of its levels was dragged."""

    def __init__(
        self, palette: Palette, on_kind: Callable[[str], None], on_levels: Callable[[float, float], None]
    ) -> None:
        self.map = MapView(palette)
        self.bar = ColourBar(palette)
        self.bar.dragged.connect(on_levels)
        self.kinds = QComboBox()
        for name, kind in DOUBTS.items():
            self.kinds.addItem(kind.title, name)
            self.kinds.setItemData(self.kinds.count() - 1, kind.hint, Qt.ItemDataRole.ToolTipRole)
        # Keys belong to the window: a focused box would swallow them.
        self.kinds.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.kinds.currentIndexChanged.connect(lambda _: on_kind(str(self.kinds.currentData())))
        self._hint = QLabel()
        self._hint.setObjectName("info")
        self._hint.setWordWrap(True)
        body = QWidget()
        layout = QGridLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setRowStretch(0, 1)
        layout.setColumnStretch(1, 1)
        layout.addWidget(self.map, 0, 0, 1, 2)
        layout.addWidget(self.bar, 0, 2)
        layout.addWidget(self.kinds, 1, 0)
        layout.addWidget(self._hint, 1, 1, 1, 2)
        self.widget = PanelFrame("Trust", body, palette)
        self.widget.maps = (self.map,)

    def draw(self, model: Model) -> None:
        """Show the map that was chosen, of the frame whose height is shown."""
        name = model.extras.doubt_name
        image, kind = model.picture.doubt, DOUBTS[name]
        if image is not None and image.asked.name != name:
            image = None
        self._choose(name)
        self._hint.setText(kind.hint)
        note = "" if image is None else image.note
        self.map.draw(None if image is None else image.painted, model.picture.grid, note)
        unit = Unit(kind.unit, 1.0)
        table = doubt_table(less_is_worse=kind.less_is_worse)
        self.bar.show_scale(None if image is None else image.levels, table, kind.title, unit)
        self.widget.inform(f"frame {'–' if image is None else image.surface.sequence}")

    def fit(self) -> None:
        """Show the whole field."""
        self.map.fit()

    def _choose(self, name: str) -> None:
        blocker = QSignalBlocker(self.kinds)
        self.kinds.setCurrentIndex(list(DOUBTS).index(name))
        blocker.unblock()
