"""A contact sheet of all scenes, and spirals over one turn."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from eclips4d.physics.scenes import Lines, Scene, build_scene

FloatArray = NDArray[np.float64]

_SHEET: tuple[tuple[str, dict[str, object]], ...] = (
    ("copper-redox", {}),
    ("spiral", {"cores": 3}),
    ("stepflow", {}),
    ("islands", {}),
    ("steps", {}),
    ("pits", {}),
    ("pyramid", {"face_deg": "10,22,40,60"}),
    ("sphere", {}),
    ("grating", {}),
    ("rough", {"rms_nm": 20.0}),
    ("flat", {"grains": 12, "edge_yield": 0.8}),
)
_SPIRALS: tuple[tuple[str, dict[str, object]], ...] = (
    ("two cores of opposite sense", {}),
    ("two of the same sense", {"senses": "same"}),
    ("square = 1", {"square": 1.0, "orientation_deg": 20.0}),
)
_FIELD_NM = 2000.0
_COUNT = 320
_OXYGEN_S = 7.5


def draw(folder: Path) -> None:
    """Write `physics-scenes.png` and `physics-spirals.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    _sheet(folder / "physics-scenes.png")
    _turns(folder / "physics-spirals.png")


def _sheet(path: Path) -> None:
    figure = Figure(figsize=(10.0, 7.6), layout="constrained")
    axes = figure.subplots(4, 6)
    pairs = [(axes[2 * (k // 6), k % 6], axes[2 * (k // 6) + 1, k % 6]) for k in range(12)]
    for (above, below), (name, options) in zip(pairs, _SHEET, strict=False):
        made = _seen(build_scene(name, (_FIELD_NM, _FIELD_NM), 1, 12.0, **options), _OXYGEN_S)
        low, high = np.percentile(made.height, [0.5, 99.5])
        _show(above, made.height, "viridis", (low, max(high, low + 1e-9)))
        above.set_title(f"{name}, {np.ptp(made.height):.3g} nm", fontsize=8)
        _show(below, _shaded(made), "gray", (0.45, 1.5))
    for axis in pairs[11]:
        axis.set_axis_off()
    figure.supxlabel("each 2 µm wide; above height, below shaded by slope, yield and grain", fontsize=8)
    _save(figure, path, 70)


def _turns(path: Path) -> None:
    figure = Figure(figsize=(8.4, 6.4), layout="constrained")
    axes = figure.subplots(3, 4)
    for line, (title, options) in zip(axes, _SPIRALS, strict=True):
        scene = build_scene("spiral", (_FIELD_NM, _FIELD_NM), 5, 12.0, spacing_nm=200.0, apart_nm=500.0, **options)
        for axis, quarter in zip(line, range(4), strict=True):
            _show(axis, _shaded(_seen(scene, 15.0 * quarter)), "gray", (0.6, 1.4))
            axis.set_title(f"{15 * quarter} s", fontsize=8)
        line[0].set_ylabel(title, fontsize=8)
    figure.supxlabel("2 µm wide, steps of 12 nm, one turn takes 60 s", fontsize=8)
    _save(figure, path, 75)


def _save(figure: Figure, path: Path, dpi: float) -> None:
    """With as many colours as one sees: half the size."""
    drawn = BytesIO()
    figure.savefig(drawn, dpi=dpi, format="png")
    Image.open(drawn).convert("RGB").quantize(160).save(path, optimize=True)


def _seen(scene: Scene, t_s: float) -> Lines:
    step = _FIELD_NM / _COUNT
    y = (np.arange(_COUNT) + 0.5) * step - _FIELD_NM / 2.0
    return scene.lines(np.full(_COUNT, y[0]), step, _COUNT, np.asarray(y, dtype=np.float64), np.full(_COUNT, t_s))


def _shaded(made: Lines) -> FloatArray:
    q, p = np.gradient(made.height, _FIELD_NM / _COUNT)
    return np.asarray((1.0 - 0.5 * p - 0.5 * q) * made.relative_yield * (1.0 + 0.03 * (made.grain % 5)))


def _show(axis: Axes, image: FloatArray, colours: str, limits: tuple[float, float]) -> None:
    axis.imshow(image, cmap=colours, vmin=limits[0], vmax=limits[1])
    axis.set_xticks([])
    axis.set_yticks([])
