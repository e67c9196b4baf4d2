"""The surface in three dimensions: true aspect or stretched as it says, lit, coloured by height, slope or trust."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from eclips4d.viewer.extras import RELIEF_COLOURS, STRETCHES
from eclips4d.viewer.lengths import length_read_out
from eclips4d.viewer.model import Model
from eclips4d.viewer.panels.panel import PanelFrame
from eclips4d.viewer.picture import Relief
from eclips4d.viewer.scale_bar import bar_length, length_text
from eclips4d.viewer.theme import Palette

WITHOUT_OPENGL = ("offscreen", "minimal")
"""Platforms of Qt that cannot draw it."""
_ELEVATION, _AZIMUTH, _AWAY = 40.0, -60.0, 1.7
"""Where it is looked at from at first: degrees, and in widths of the field."""


class Surface3dPanel:
    """Calls `on_stretch(times)` and `on_colour(name)` when another one was chosen.

    What draws is made when the panel is first seen; where there is no OpenGL, words stand in its place.
    """

    def __init__(self, palette: Palette, on_stretch: Callable[[float], None], on_colour: Callable[[str], None]) -> None:
        self._palette = palette
        self.stretches = _box([(_stretch_words(times), times) for times in STRETCHES], on_stretch)
        self.colours = _box([(f"coloured by {name}", name) for name in RELIEF_COLOURS], on_colour)
        self._words = QLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self.scene: Scene | None = None
        self._making = False
        self._place = QStackedWidget()
        self._place.addWidget(self._words)
        controls = QHBoxLayout()
        controls.addWidget(self.stretches)
        controls.addWidget(self.colours)
        controls.addStretch(1)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._place, 1)
        layout.addLayout(controls)
        self.widget = PanelFrame("Surface", body, palette)
        self._shown: Relief | None = None

    def draw(self, model: Model) -> None:
        """Show the surface whose height is shown."""
        asked = model.extras.relief_asked
        _choose(self.stretches, asked.stretch)
        _choose(self.colours, asked.colour)
        relief = model.picture.relief
        words = "3-D needs OpenGL, which this screen does not offer" if without_opengl() else model.picture.note
        if relief is None or without_opengl():
            self._words.setText(words)
            self._place.setCurrentWidget(self._words)
            self._inform(None)
            return
        scene = self._made()
        if scene is None:
            return
        self._place.setCurrentWidget(scene.view)
        if relief is not self._shown:
            self._shown = relief
            scene.show(relief)
        self._inform(relief)

    def fit(self) -> None:
        """Look at the whole field from where it was looked at first."""
        if self.scene is not None and self._shown is not None:
            self.scene.look_at(self._shown.size_nm)

    def _made(self) -> Scene | None:
        """What draws; None while it is being made, for Qt asks for another drawing meanwhile."""
        if self.scene is None and not self._making:
            self._making = True
            scene = Scene(self._palette)
            self._place.addWidget(scene.view)
            self.scene = scene
            self._making = False
        return self.scene

    def _inform(self, relief: Relief | None) -> None:
        if relief is None:
            return self.widget.inform("frame –")
        stretch = "true aspect" if relief.stretch == 1.0 else f"heights × {relief.stretch:g}"
        low, high = (length_read_out(nm).replace("-", "−") for nm in relief.reach_nm)
        coarse = f"   one of {relief.step_px} × {relief.step_px} px" if relief.step_px > 1 else ""
        scale = f"bar {length_text(bar_length(relief.size_nm[0]))}"
        return self.widget.inform(f"frame {relief.surface.sequence}   {stretch}   {scale}   {low} … {high}{coarse}")


class Scene:
    """The triangles, the frame around them and a scale bar, in an OpenGL widget."""

    def __init__(self, palette: Palette) -> None:
        # Only who looks at the panel waits for OpenGL.
        import pyqtgraph.opengl as gl

        self._mesh_data: Any = gl.MeshData
        self.view: Any = gl.GLViewWidget()
        self.view.setBackgroundColor(QColor(palette.panel))
        self._mesh: Any = gl.GLMeshItem(
            vertexes=np.zeros((3, 3), np.float32),
            faces=np.array([[0, 1, 2]], np.uint32),
            smooth=True,
            computeNormals=False,
        )
        self._frame: Any = gl.GLLinePlotItem(
            color=QColor(palette.muted), width=1.0, mode="lines", antialias=True, glOptions="opaque"
        )
        self._bar: Any = gl.GLLinePlotItem(
            color=QColor(palette.text), width=3.0, mode="lines", antialias=True, glOptions="opaque"
        )
        for item in (self._mesh, self._frame, self._bar):
            self.view.addItem(item)
        self._size: tuple[float, float] | None = None

    def show(self, relief: Relief) -> None:
        """Draw this surface from where the user looks."""
        data = self._mesh_data(vertexes=relief.vertices, faces=relief.faces, vertexColors=relief.colours)
        self._mesh.setMeshData(meshdata=data)
        floor = float(relief.vertices[:, 2].min())
        if relief.size_nm != self._size:
            self._size = relief.size_nm
            self.look_at(relief.size_nm)
        self._frame.setData(pos=outline(relief.size_nm, floor))
        self._bar.setData(pos=bar(relief.size_nm, floor))

    def look_at(self, size_nm: tuple[float, float]) -> None:
        """From where it was looked at first, the whole field in sight."""
        self.view.setCameraPosition(
            pos=_origin(), distance=_AWAY * max(size_nm), elevation=_ELEVATION, azimuth=_AZIMUTH
        )


def outline(size_nm: tuple[float, float], floor: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Ends of the four sides of the field, at the height of the lowest vertex."""
    x, y = 0.5 * size_nm[0], 0.5 * size_nm[1]
    corners = [(-x, -y), (x, -y), (x, y), (-x, y)]
    ends = [corners[k % 4] for side in range(4) for k in (side, side + 1)]
    return np.array([(*end, floor) for end in ends], np.float32)


def bar(size_nm: tuple[float, float], floor: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Ends of a scale bar along the near side of the field."""
    left, y = -0.5 * size_nm[0], -0.56 * size_nm[1]
    return np.array([(left, y, floor), (left + bar_length(size_nm[0]), y, floor)], np.float32)


def without_opengl() -> bool:
    """Whether Qt draws where there is no OpenGL."""
    return QGuiApplication.platformName() in WITHOUT_OPENGL


def _origin() -> Any:
    from pyqtgraph import Vector

    return Vector(0.0, 0.0, 0.0)


def _stretch_words(times: float) -> str:
    if times == 0.0:
        return "heights stretched to be seen"
    return "true aspect" if times == 1.0 else f"heights × {times:g}"


def _box(entries: list[tuple[str, Any]], on_chosen: Callable[[Any], None]) -> QComboBox:
    box = QComboBox()
    for words, value in entries:
        box.addItem(words, value)
    box.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    box.currentIndexChanged.connect(lambda _: on_chosen(box.currentData()))
    return box


def _choose(box: QComboBox, value: Any) -> None:
    blocker = QSignalBlocker(box)
    box.setCurrentIndex(box.findData(value))
    blocker.unblock()
