"""One image in nm: y downwards, true aspect, a scale bar that resizes; its zoom moves only when the user moves it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from eclips4d.viewer.panels.map_image import MapImage
from eclips4d.viewer.panels.overlay import CornerLabel, ScaleBar
from eclips4d.viewer.picture import Grid
from eclips4d.viewer.shrinking import covered_px, halvings
from eclips4d.viewer.state_line import Tone
from eclips4d.viewer.theme import Palette


class MapView(QWidget):
    """Shows images of [y, x] (grey) or [y, x, rgb], uint8, painted elsewhere.

    Parameters
    ----------
    palette : Palette
    label : str
        Stands in the upper left corner.
    scale_bar : bool
        Whether to draw one.
    raw : bool
        Whether it shows a frame as recorded, and not its surface.
    """

    def __init__(self, palette: Palette, label: str = "", *, scale_bar: bool = True, raw: bool = False) -> None:
        super().__init__()
        self.raw = raw
        self._palette = palette
        self.view: Any = pg.GraphicsView(background=palette.panel)
        self.box: Any = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False, defaultPadding=0)
        self.box.disableAutoRange()
        self.view.setCentralItem(self.box)
        self.view.setMinimumSize(60, 60)
        self.view.setAcceptDrops(False)  # files belong to the window
        self._image = MapImage()
        self.box.addItem(self._image)
        self._label = CornerLabel(self.box, label) if label else None
        self._bar = ScaleBar(self.box) if scale_bar else None
        self._message = QLabel(self.view)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.setStyleSheet(_message_style(palette.muted))
        self._notice = False
        self._message.hide()
        self._grid: Grid | None = None
        self._size: tuple[int, ...] = ()
        self._fitted = True
        self._shown: NDArray[np.uint8] | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.box.sigRangeChangedManually.connect(self._on_manual)
        self.box.sigRangeChanged.connect(self._on_range)
        self.box.sigResized.connect(self._on_resized)

    def draw(
        self, image: NDArray[np.uint8] | None, grid: Grid | None, message: str = "", *, notice: bool = False
    ) -> None:
        """Show an image, or nothing but a message, which may be one to be noticed.

        The image may be smaller than the grid; its pixels then stand for several (`shrinking`).
        """
        if image is not None and grid is not None:
            if grid != self._grid:
                self._grid, self._size = grid, ()
                self.fit()
            if image is not self._shown:
                self._image.show_image(image)
                self._spread(image.shape[:2], grid)
        self._shown = image
        self._image.setVisible(image is not None)
        for overlay in (self._bar, self._label):
            if overlay is not None:
                overlay.set_visible(image is not None)
        self._message.setText(message)
        if notice != self._notice:
            self._notice = notice
            self._message.setStyleSheet(
                _message_style(self._palette.tones[Tone.NOTICE] if notice else self._palette.muted)
            )
        self._message.setVisible(bool(message) and image is None)

    def fit(self) -> None:
        """Show the whole field."""
        self._fitted = True
        if self._grid is not None:
            self.box.setRange(QRectF(*self._grid.rectangle_nm), padding=0)

    @property
    def halvings(self) -> int:
        """How often what is shown may be halved, and still has a pixel for each one of the screen."""
        if self._grid is None:
            return 0
        return halvings(self.nm_per_pixel / self.devicePixelRatioF() / max(self._grid.pixel_size_nm))

    @property
    def nm_per_pixel(self) -> float:
        """How many nm one screen pixel covers."""
        return float(self.box.viewRect().width() / max(self.box.rect().width(), 1))

    def _spread(self, shape: tuple[int, ...], grid: Grid) -> None:
        """Put an image of this shape where its pixels belong."""
        if shape == self._size:
            return
        self._size = shape
        (rows, columns), (dx, dy) = grid.shape, grid.pixel_size_nm
        left, top, _, _ = grid.rectangle_nm
        self._image.set_rectangle(
            QRectF(left, top, covered_px(columns, shape[1]) * dx, covered_px(rows, shape[0]) * dy)
        )

    def _visible_image(self, grid: Grid) -> QRectF:
        # From the ranges: the box brings its own transform up to date only when it next paints.
        area, seen = self.box.rect(), self.box.viewRect()
        left, top, width, height = grid.rectangle_nm
        nx, ny = seen.width() / max(area.width(), 1), seen.height() / max(area.height(), 1)
        outline = QRectF((left - seen.left()) / nx, (top - seen.top()) / ny, width / nx, height / ny)
        return outline.intersected(QRectF(0, 0, area.width(), area.height()))

    def _on_manual(self, *_: object) -> None:
        self._fitted = False

    def _on_resized(self, *_: object) -> None:
        self._message.setGeometry(self.view.rect().adjusted(12, 12, -12, -12))
        if self._fitted:
            self.fit()
        self._on_range()  # the range may be the same as before, in another room

    def _on_range(self, *_: object) -> None:
        if self._grid is not None:
            area = self._visible_image(self._grid)
            if self._bar is not None:
                self._bar.update(self.nm_per_pixel, area)
            if self._label is not None:
                self._label.place(area)
            # Many image pixels on one screen pixel are blended; few are shown as the squares they are.
            blend = self.nm_per_pixel > 0.5 * min(self._grid.pixel_size_nm)
            self.view.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, blend)


def _message_style(colour: str) -> str:
    return f"color: {colour}; font-size: 15px;"
