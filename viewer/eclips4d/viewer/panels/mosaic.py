"""Tiles of one shape packed side by side, as large as the room allows, in the middle of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRect
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

GAP_PX = 4


class Mosaic(QWidget):
    """Holds tiles in reading order."""

    def __init__(self) -> None:
        super().__init__()
        self._tiles: list[QWidget] = []
        self._aspect = 1.0
        self.setMinimumSize(130, 130)

    def set_tiles(self, tiles: Sequence[QWidget]) -> None:
        """Show these tiles instead of those before, which are deleted."""
        for tile in self._tiles:
            tile.setParent(None)
            tile.deleteLater()
        self._tiles = list(tiles)
        for tile in self._tiles:
            tile.setParent(self)
            tile.show()
        self._arrange()

    def set_aspect(self, width_over_height: float) -> None:
        """Give every tile this shape."""
        if width_over_height != self._aspect:
            self._aspect = width_over_height
            self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As Qt asks for it."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        for tile, (x, y, w, h) in zip(
            self._tiles, packed(len(self._tiles), self.width(), self.height(), self._aspect), strict=True
        ):
            tile.setGeometry(QRect(x, y, w, h))


def packed(count: int, width: int, height: int, aspect: float, gap: int = GAP_PX) -> list[tuple[int, int, int, int]]:
    """Left, top, width, height of every tile; of all numbers of columns, the one that makes the tiles largest.

    Parameters
    ----------
    aspect
        Width over height of a tile.
    gap
        Pixels between tiles.
    """
    if not count:
        return []

    def tile_width(columns: int) -> float:
        rows = math.ceil(count / columns)
        return min((width - (columns - 1) * gap) / columns, (height - (rows - 1) * gap) / rows * aspect)

    columns = max(range(1, count + 1), key=tile_width)
    w = max(1, int(tile_width(columns)))
    h = max(1, int(w / aspect))
    rows = math.ceil(count / columns)
    left = (width - columns * w - (columns - 1) * gap) // 2
    top = (height - rows * h - (rows - 1) * gap) // 2
    return [(left + k % columns * (w + gap), top + k // columns * (h + gap), w, h) for k in range(count)]
