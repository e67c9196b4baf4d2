"""The lines that are not selected, fainter behind the one that is."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QColor

from eclips4d.viewer.lengths import Unit
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.curve import Curve
from eclips4d.viewer.panels.mark_items import colour_of
from eclips4d.viewer.profile import sample
from eclips4d.viewer.theme import Palette

MOST = 6
"""Drawn besides the selected one: each costs some tenths of a millisecond with every frame."""
ALPHA = 150


class OtherProfiles:
    """Curves from their own starts, on the axes of the selected one."""

    def __init__(self, plot: Any, palette: Palette) -> None:
        self._plot, self._palette = plot, palette
        self._curves: list[Curve] = []

    def show(self, model: Model, units: tuple[Unit, Unit]) -> None:
        """Sample them all anew: of the height, or of its change where that is shown."""
        sheet, surface, grid, change = model.measuring.sheet, model.picture.surface, model.picture.grid, model.change
        plane = None if surface is None else surface.height
        if change is not None:
            plane = None if change.change is None else change.change.nm
        others = [(m, shape) for m, shape in sheet.all_lines() if m.identity != sheet.line][-MOST:]
        if plane is None or grid is None:
            others = []
        self._provide(len(others))
        for curve, (measurement, shape) in zip(self._curves, others, strict=True):
            assert plane is not None and grid is not None
            found = sample(plane, shape.ends, grid, None, shape.width_nm)
            colour = QColor(colour_of(measurement, self._palette))
            colour.setAlpha(ALPHA)
            curve.setPen(pg.mkPen(colour, width=1))
            curve.setData(found.distance_nm / units[0].nm, found.height_nm / units[1].nm)

    def _provide(self, count: int) -> None:
        while len(self._curves) > count:
            self._plot.removeItem(self._curves.pop())
        while len(self._curves) < count:
            curve = Curve()
            self._plot.addItem(curve)
            self._curves.append(curve)
